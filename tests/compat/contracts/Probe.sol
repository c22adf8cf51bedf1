// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// What every client deploys: state, events, and one function for each kind of failure.
contract Probe {
    error TooSmall(uint256 given, uint256 least);

    event ValueSet(address indexed who, uint256 value);

    uint256 public value;

    constructor(uint256 first) payable {
        value = first;
    }

    function set(uint256 next) external payable returns (uint256 previous) {
        previous = value;
        value = next;
        emit ValueSet(msg.sender, next);
    }

    function failString() external pure {
        revert("the reason is a string");
    }

    function failCustom(uint256 given) external pure {
        revert TooSmall(given, 10);
    }

    function failPanic(uint256 divisor) external pure returns (uint256) {
        return 1 / divisor;
    }

    /// A nested call, so that a call trace has two levels.
    function setThroughSelf(uint256 next) external returns (uint256) {
        return this.set(next);
    }

    function environment() external view returns (uint256 chainId, uint256 height, uint256 random) {
        return (block.chainid, block.number, block.prevrandao);
    }
}
