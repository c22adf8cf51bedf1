// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// @title SystemErrors
/// @notice Errors that every system contract may revert with.
interface SystemErrors {
    /// @notice The contract has no function with this selector.
    error UnknownFunction(bytes4 selector);

    /// @notice The bytes after the selector are not the function's arguments.
    error MalformedArguments(bytes4 selector);

    /// @notice Coins were sent to a function that takes none.
    error NotPayable();

    /// @notice System contracts can be called, but their code cannot be run in another contract's name.
    error DelegateCallRefused();

    /// @notice A function that changes state was called in a static call.
    error WriteInStaticCall();

    /// @notice Only a proposal that passed may do this.
    error OnlyGovernance(address caller);

    /// @notice An account has fewer coins than a transfer needs.
    error InsufficientBalance(address account, uint256 balance, uint256 needed);
}
