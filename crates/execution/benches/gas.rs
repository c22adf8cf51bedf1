//! What gas buys: contracts that spend a whole transaction on one operation, one precompile or one call of a system contract,
//! in a loop until they are out of gas. The dearest gas says how long a block can take that somebody makes to be slow.
//! Execution alone, over a state in memory; the shortest of some runs.

#![allow(clippy::disallowed_methods, reason = "a benchmark measures time")]

mod chain;

use alloy_primitives::{Address, Bytes, U256, hex};
use alloy_sol_types::SolCall;
use althing_abi::{
    ChainInfo, Conduct, Election, Governance, Params, Rewards, Staking, SystemContract, Upgrades,
};
use althing_primitives::{GenesisAccount, MAX_TRANSACTION_GAS};
use chain::{Chain, WARM_EPOCHS, account, spec, transaction};
use std::time::Duration;

/// Runs of each case.
const RUNS: usize = 3;
/// Gas of the block that is shown: the limit of a new network.
const BLOCK_GAS: f64 = 48e6;
/// Buckets of the network.
const BUCKETS: u64 = 10_000;

/// A contract, and what it spends its gas on.
struct Case {
    name: String,
    code: Vec<u8>,
}

/// `setup` once, then `body` until the gas is used up. The body leaves the stack as it found it.
fn looped(name: &str, setup: &str, body: &str) -> Case {
    let mut code = hex::decode(setup).expect("hexadecimal");
    let start = code.len() as u16;
    code.push(0x5b);
    code.extend(hex::decode(body).expect("hexadecimal"));
    code.push(0x61);
    code.extend(start.to_be_bytes());
    code.push(0x56);
    Case { name: name.into(), code }
}

/// Calls an address with the same input until the gas is used up.
fn calls(name: impl Into<String>, to: Address, input: &[u8]) -> Case {
    const HEAD: usize = 8;
    let length = (input.len() as u16).to_be_bytes();
    let call =
        [&[0x5f, 0x5f, 0x61][..], &length, &[0x5f, 0x5f, 0x73], to.as_slice(), &[0x5a, 0xf1, 0x50]].concat();
    // CODECOPY of the input, JUMPDEST, the call, a jump back, the input.
    let input_at = ((HEAD + 1 + call.len() + 3) as u16).to_be_bytes();
    let copy = [&[0x61][..], &length, &[0x61], &input_at, &[0x5f, 0x39]].concat();
    let code = [&copy[..], &[0x5b], &call, &[0x60, HEAD as u8, 0x56], input].concat();
    Case { name: name.into(), code }
}

fn opcodes() -> Vec<Case> {
    let max = "7f".to_string() + &"ff".repeat(32);
    let three = max.clone() + &max + &max;
    vec![
        looped("ADD", "", "5f5f0150"),
        looped("MUL of 256 bits", "", &format!("{max}{max}0250")),
        looped("DIV of 256 bits", "", &format!("6103e8{max}0450")),
        looped("MULMOD of 256 bits", "", &format!("{three}0950")),
        looped("EXP of 256 bits", "", &format!("{max}{max}0a50")),
        looped("KECCAK256 of nothing", "", "5f5f2050"),
        looped("KECCAK256 of 4 KiB", "", "6110005f2050"),
        looped("MLOAD and MSTORE", "", "5f515f52"),
        looped("MCOPY of 4 KiB", "", "6110005f5f5e"),
        looped("CALLDATACOPY of 4 KiB", "", "6110005f5f37"),
        looped("SLOAD, cold", "5f", "600101805450"),
        looped("SLOAD, warm", "", "5f5450"),
        looped("SSTORE, new", "5f", "600101808055"),
        looped("SSTORE, dirty", "5f", "600101805f55"),
        looped("TSTORE", "5f", "60010180805d"),
        looped("BALANCE, cold", "5f", "600101803150"),
        looped("EXTCODEHASH, cold", "5f", "600101803f50"),
        looped("BLOCKHASH", "", "5f4050"),
        looped("LOG0 of 4 KiB", "", "6110005fa0"),
        looped("LOG4", "", "5f5f5f5f5f5fa4"),
        looped("CALL of an account", "61ffff", "6001015f5f5f5f5f855af150"),
        looped("CREATE2 of nothing", "5f", "600101805f5f5ff550"),
        looped("CREATE of 1 KiB", "646104005ff35f52", "6005601b5ff050"),
    ]
}

/// The generators of BLS12-381, as EIP-2537 writes points.
const G1: &str = "0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb0000000000000000000000000000000008b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1";
const G2: &str = "00000000000000000000000000000000024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb80000000000000000000000000000000013e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e000000000000000000000000000000000ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801000000000000000000000000000000000606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be";
/// The generators of alt_bn128, as EIP-196 and EIP-197 write points.
const BN_G1: &str = "00000000000000000000000000000000000000000000000000000000000000010000000000000000000000000000000000000000000000000000000000000002";
const BN_G2: &str = "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa";
/// A signature for ECRECOVER, and one for P256VERIFY (of EIP-7951's examples).
const SIGNATURE: &str = "456e9aea5e197a1f1af7a3e85a3212fa4049a3ba34c2289b4c860fc0b0c64ef3000000000000000000000000000000000000000000000000000000000000001c9242685bf161793cc25603c231bc2f568eb630ea16aa137d2664ac80388256084f8ae3bd7535248d0bd448298cc2e2071e56992d0774dc340c368ae950852ada";
const P256: &str = "4cee90eb86eaa050036147a12d49004b6b9c72bd725d39d4785011fe190f0b4da73bd4903f0ce3b639bbbf6e8e80d16931ff4bcf5993d58468e8fb19086e8cac36dbcd03009df8c59286b162af3bd7fcc0450c9aa81be5d10d312af6c66b1d604aebd3099c618202fcfe16ae7770b0c49ab5eadf74b754204a3bb6060e44eff37618b065f9832de4ca6ca971a7a1adc826d0f7c00181a5fb2ddf79ae00b4e10e";

fn precompiles() -> Vec<Case> {
    let scalar = "ff".repeat(32);
    let word = |number: usize| format!("{number:064x}");
    let modexp = |length: usize, exponent: usize| {
        [
            word(length),
            word(exponent),
            word(length),
            "ff".repeat(length),
            "ff".repeat(exponent),
            "ff".repeat(length - 1) + "fd",
        ]
        .concat()
    };
    let blake = |rounds: u32| format!("{rounds:08x}") + &"5a".repeat(64 + 128 + 16) + "01";
    let list: Vec<(&str, u16, String)> = vec![
        ("ECRECOVER", 1, SIGNATURE.into()),
        ("SHA256 of 32 B", 2, scalar.clone()),
        ("SHA256 of 4 KiB", 2, "5a".repeat(4096)),
        ("RIPEMD160 of 4 KiB", 3, "5a".repeat(4096)),
        ("IDENTITY of 4 KiB", 4, "5a".repeat(4096)),
        ("MODEXP of 32 B", 5, modexp(32, 32)),
        ("MODEXP of 256 B", 5, modexp(256, 32)),
        ("MODEXP of 1 KiB, short exponent", 5, modexp(1024, 1)),
        ("BN254 add", 6, BN_G1.repeat(2)),
        ("BN254 mul", 7, BN_G1.to_string() + &scalar),
        ("BN254 pairing of 1", 8, BN_G1.to_string() + BN_G2),
        ("BN254 pairing of 8", 8, (BN_G1.to_string() + BN_G2).repeat(8)),
        ("BLAKE2F of 12 rounds", 9, blake(12)),
        ("BLAKE2F of 100,000 rounds", 9, blake(100_000)),
        ("BLS12 G1 add", 0x0b, G1.repeat(2)),
        ("BLS12 G1 msm of 1", 0x0c, G1.to_string() + &scalar),
        ("BLS12 G1 msm of 32", 0x0c, (G1.to_string() + &scalar).repeat(32)),
        ("BLS12 G2 add", 0x0d, G2.repeat(2)),
        ("BLS12 G2 msm of 1", 0x0e, G2.to_string() + &scalar),
        ("BLS12 G2 msm of 16", 0x0e, (G2.to_string() + &scalar).repeat(16)),
        ("BLS12 pairing of 1", 0x0f, G1.to_string() + G2),
        ("BLS12 pairing of 8", 0x0f, (G1.to_string() + G2).repeat(8)),
        ("BLS12 map to G1", 0x10, G1[..128].into()),
        ("BLS12 map to G2", 0x11, G2[..256].into()),
        ("P256VERIFY", 0x100, P256.into()),
    ];
    let case = |(name, number, input): (&str, u16, String)| {
        let to = Address::left_padding_from(&number.to_be_bytes());
        calls(name, to, &hex::decode(input).expect("hexadecimal"))
    };
    list.into_iter().map(case).collect()
}

fn system_calls(epoch: u64) -> Vec<Case> {
    fn case<C: SolCall>(contract: SystemContract, call: &C) -> Case {
        calls(format!("{contract:?}.{}", C::SIGNATURE), contract.address(), &call.abi_encode())
    }
    use SystemContract as S;
    let (voter, name) = (account("voter", 999_000), "c999".to_string());
    let indexes: Vec<u64> = (0..100).collect();
    let signed = Bytes::from(hex::decode(&SIGNATURE[64..]).expect("hexadecimal"));
    vec![
        case(S::ChainInfo, &ChainInfo::chainNameCall {}),
        case(S::ChainInfo, &ChainInfo::committeeKeyCall {}),
        case(S::Params, &Params::allCall {}),
        case(S::Params, &Params::valueOfCall { name: "blockGasLimit".into() }),
        case(S::Params, &Params::changesCall {}),
        case(S::Staking, &Staking::bucketsCall { offset: 0, limit: 1_000 }),
        case(S::Staking, &Staking::bucketsByVoterCall { voter, offset: 0, limit: 1_000 }),
        case(S::Staking, &Staking::bucketsByIndexesCall { index: indexes.clone() }),
        case(
            S::Staking,
            &Staking::bucketsByCandidateCall { candName: name.clone(), offset: 0, limit: 1_000 },
        ),
        case(S::Staking, &Staking::compositeBucketsV3Call { offset: 0, limit: 1_000 }),
        case(S::Staking, &Staking::candidatesV3Call { offset: 0, limit: 1_000 }),
        case(S::Staking, &Staking::candidatesV4Call { offset: 0, limit: 1_000 }),
        case(S::Staking, &Staking::candidateByNameV4Call { candName: name.clone() }),
        case(S::Staking, &Staking::totalStakingAmountCall {}),
        case(S::Staking, &Staking::stakeCall { candName: name.clone(), duration: 14, autoStake: true }),
        case(
            S::Staking,
            &Staking::createStakeCall {
                candName: name,
                amount: chain::coins(100),
                duration: 14,
                autoStake: true,
                data: Vec::new(),
            },
        ),
        case(
            S::Staking,
            &Staking::votesForCall {
                amount: chain::coins(100),
                duration: 1_050,
                autoStake: true,
                selfStake: true,
            },
        ),
        case(S::Election, &Election::rankingCall { epoch }),
        case(S::Election, &Election::drawCall { epoch }),
        case(S::Election, &Election::committeeCall { epoch }),
        case(S::Conduct, &Conduct::productivityCall { epoch }),
        case(S::Conduct, &Conduct::recordsCall { offset: 0, limit: 1_000 }),
        case(S::Conduct, &Conduct::reportDoubleProposalCall { evidence: vec![0x5a; 4_096].into() }),
        case(S::Governance, &Governance::proposalsCall { offset: 0, limit: 100 }),
        case(S::Governance, &Governance::getVotes_1Call { account: voter }),
        case(
            S::Governance,
            &Governance::castVoteBySigCall { proposalId: U256::ONE, support: 1, voter, signature: signed },
        ),
        case(
            S::Governance,
            &Governance::hashProposalCall {
                targets: vec![voter; 32],
                values: vec![U256::ZERO; 32],
                calldatas: vec![vec![0x5a; 64].into(); 32],
                descriptionHash: Default::default(),
            },
        ),
        case(S::Upgrades, &Upgrades::pendingCall {}),
        case(S::Rewards, &Rewards::unclaimedBalanceCall { account: voter }),
        case(S::Rewards, &Rewards::epochRewardsCall { epoch }),
        case(S::Rewards, &Rewards::claimAllCall {}),
        case(S::Rewards, &Rewards::settleCall { bucketIndexes: indexes.clone() }),
        case(S::Rewards, &Rewards::compoundCall { bucketIndexes: indexes }),
    ]
}

fn contract(index: usize) -> Address {
    account("contract", index as u64)
}

fn main() {
    let mut cases = opcodes();
    cases.extend(precompiles());
    cases.extend(system_calls(WARM_EPOCHS));
    let mut spec = spec(BUCKETS);
    for (index, case) in cases.iter().enumerate() {
        let code = case.code.clone().into();
        spec.alloc.insert(
            contract(index),
            GenesisAccount { nonce: 1, code, balance: chain::coins(1_000_000), ..Default::default() },
        );
    }
    let mut chain = Chain::new(spec);
    while chain.height + 1 < chain.spec.calendar().first_block(WARM_EPOCHS + 1) {
        chain.step(Vec::new());
    }
    let sender = account("rich", 0);
    let mut nonce = 0;
    let mut results: Vec<(f64, f64, String)> = Vec::new();
    for (index, case) in cases.into_iter().enumerate() {
        let mut run = || {
            let transaction =
                transaction(sender, nonce, contract(index), U256::ZERO, Bytes::new(), MAX_TRANSACTION_GAS);
            nonce += 1;
            let (took, outcome) = chain.step(vec![transaction]);
            (took, outcome.gas_used)
        };
        let empty = Duration::from_micros(300);
        let (took, gas) = (0..RUNS).map(|_| run()).min().expect("there are runs");
        let per_gas = took.saturating_sub(empty).as_nanos() as f64 / gas as f64;
        results.push((per_gas, gas as f64, case.name));
    }
    results.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("{:<60} {:>9} {:>12} {:>16}", "what", "ns a gas", "Mgas used", "60 Mgas take");
    for (per_gas, gas, name) in results {
        let name: String = name.chars().take(60).collect();
        println!("{name:<60} {per_gas:>9.2} {:>12.2} {:>13.0} ms", gas / 1e6, per_gas * BLOCK_GAS / 1e6);
    }
}
