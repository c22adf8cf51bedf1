//! What a transaction costs before it runs: the sums of EIP-2028, 2930, 3860, 7623 and 7702.

use alloy_consensus::Transaction as _;
use althing_primitives::Transaction;

/// Largest init code in bytes (EIP-3860).
pub const MAX_INITCODE_BYTES: usize = 2 * 24_576;

const BASE: u64 = 21_000;
const CREATE: u64 = 32_000;
const INITCODE_WORD: u64 = 2;
const TOKEN: u64 = 4;
const FLOOR_TOKEN: u64 = 10;
const TOKENS_OF_NONZERO_BYTE: u64 = 4;
const ACCESS_ADDRESS: u64 = 2_400;
const ACCESS_SLOT: u64 = 1_900;
const AUTHORIZATION: u64 = 25_000;

fn tokens(data: &[u8]) -> u64 {
    let zeros = data.iter().filter(|byte| **byte == 0).count() as u64;
    zeros + (data.len() as u64 - zeros) * TOKENS_OF_NONZERO_BYTE
}

/// Gas that is taken before the first instruction.
pub fn intrinsic_gas(tx: &Transaction) -> u64 {
    let data = tx.input();
    let mut gas = BASE + tokens(data) * TOKEN;
    if tx.is_create() {
        gas += CREATE + INITCODE_WORD * data.len().div_ceil(32) as u64;
    }
    for item in tx.access_list().iter().flat_map(|list| list.iter()) {
        gas += ACCESS_ADDRESS + ACCESS_SLOT * item.storage_keys.len() as u64;
    }
    gas + AUTHORIZATION * tx.authorization_list().map_or(0, |list| list.len() as u64)
}

/// Gas that is paid at least, however little the transaction executes (EIP-7623).
pub fn floor_gas(tx: &Transaction) -> u64 {
    BASE + tokens(tx.input()) * FLOOR_TOKEN
}
