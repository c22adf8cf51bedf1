// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Probe} from "contracts/Probe.sol";

/// The parts of Foundry's cheat codes that are used here.
interface Vm {
    function envUint(string calldata name) external view returns (uint256);
    function startBroadcast(uint256 key) external;
    function stopBroadcast() external;
}

/// Deploys two contracts and changes one, as a deployment script of a real project does.
contract Deploy {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function run() external returns (address first, address second) {
        vm.startBroadcast(vm.envUint("COMPAT_KEY"));
        Probe one = new Probe(1);
        Probe two = new Probe(2);
        one.set(21);
        vm.stopBroadcast();
        require(one.value() == 21, "the value was not set in the simulation");
        return (address(one), address(two));
    }
}
