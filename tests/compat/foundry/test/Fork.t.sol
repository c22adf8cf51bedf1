// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Probe} from "contracts/Probe.sol";

interface Vm {
    function envAddress(string calldata name) external view returns (address);
    function envUint(string calldata name) external view returns (uint256);
    function deal(address who, uint256 balance) external;
    function expectRevert(bytes calldata data) external;
}

/// Runs against the live chain's state: reads a contract deployed there, and changes it in the fork alone.
contract ForkTest {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    Probe private probe;

    function setUp() public {
        probe = Probe(vm.envAddress("COMPAT_PROBE"));
    }

    function test_the_chain_is_the_live_one() public view {
        require(block.chainid == vm.envUint("COMPAT_CHAIN_ID"), "another chain id");
        require(block.number > 0, "no block");
        require(address(probe).code.length > 0, "no code at the deployed address");
    }

    function test_live_state_is_read_and_changed_in_the_fork() public {
        require(probe.value() == 21, "another value than the script set");
        require(probe.set(22) == 21, "another previous value");
        require(probe.value() == 22, "the fork did not change");
    }

    function test_custom_errors_of_live_code() public {
        vm.expectRevert(abi.encodeWithSelector(Probe.TooSmall.selector, 3, 10));
        probe.failCustom(3);
    }
}
