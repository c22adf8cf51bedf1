//! Clients: accounts that send transfers, deploy and call contracts, stake, vote and propose, at random nodes.

use crate::node::Live;
use alloy_consensus::{SignableTransaction as _, TxEip1559, TxEnvelope};
use alloy_eips::eip2718::Encodable2718 as _;
use alloy_primitives::TxKind;
use alloy_signer::SignerSync as _;
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::SolCall as _;
use althing_abi::{GOVERNANCE, Governance, Staking, SystemContract};
use althing_primitives::{Address, B256, Bytes, ChainSpec, GenesisAccount, RAU_PER_COIN, U256};
use rand::{RngExt as _, rngs::StdRng};

/// Accounts that send.
const CLIENTS: u8 = 12;

/// Coins of each at the start.
const COINS: u64 = 50_000_000;

/// Gas of a transaction that calls a contract.
const CALL_GAS: u64 = 3_000_000;

/// Bytes of the largest note that a transfer carries.
const MAX_NOTE_BYTES: usize = 16 * 1024;

/// Init code of a contract that stores what it is called with at slot 0.
const STORE: &[u8] =
    &[0x66, 0x60, 0x00, 0x35, 0x60, 0x00, 0x55, 0x00, 0x60, 0x00, 0x52, 0x60, 0x07, 0x60, 0x19, 0xf3];

/// All clients of a network.
pub(crate) struct Clients {
    accounts: Vec<PrivateKeySigner>,
    chain_id: u64,
}

fn account(number: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::with_last_byte(number)).expect("a small number is a secret key")
}

fn coins(coins: u64) -> U256 {
    U256::from(coins) * U256::from(RAU_PER_COIN)
}

impl Clients {
    /// Gives clients their coins in the chain spec.
    pub(crate) fn fund(spec: &mut ChainSpec) {
        for number in 1..=CLIENTS {
            let funded = GenesisAccount { balance: coins(COINS), ..Default::default() };
            spec.alloc.insert(account(number).address(), funded);
        }
    }

    pub(crate) fn new(spec: &ChainSpec) -> Self {
        Self { accounts: (1..=CLIENTS).map(account).collect(), chain_id: spec.chain_id }
    }

    /// The client whom censors do not like.
    pub(crate) fn victim(&self) -> Address {
        self.accounts[0].address()
    }

    /// One client does one thing at one node. What a node refuses is not sent again.
    pub(crate) async fn act(&self, node: &Live, rng: &mut StdRng) {
        let signer = &self.accounts[rng.random_range(0..self.accounts.len())];
        let nonce = node.nonce(signer.address()).await;
        let (to, value, input, gas_limit) = self.deed(signer.address(), rng);
        let transaction = TxEip1559 {
            chain_id: self.chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas: 100_000_000_000,
            max_priority_fee_per_gas: 1_000_000_000,
            to,
            value,
            input,
            ..Default::default()
        };
        let Ok(signature) = signer.sign_hash_sync(&transaction.signature_hash()) else { return };
        let envelope: TxEnvelope = transaction.into_signed(signature).into();
        // Refused where another of this client waits with the same nonce.
        let _ = node.submit(&envelope.encoded_2718()).await;
    }

    fn deed(&self, sender: Address, rng: &mut StdRng) -> (TxKind, U256, Bytes, u64) {
        let other = self.accounts[rng.random_range(0..self.accounts.len())].address();
        let bucket = rng.random_range(0..40_u64);
        let stake = |input: Vec<u8>| {
            (TxKind::Call(SystemContract::Staking.address()), U256::ZERO, Bytes::from(input), CALL_GAS)
        };
        let candidate = |rng: &mut StdRng| format!("node{}", rng.random_range(0..8));
        match rng.random_range(0..20) {
            0..7 => {
                (TxKind::Call(other), U256::from(rng.random_range(0..RAU_PER_COIN)), Bytes::new(), 21_000)
            }
            // Large enough that blocks with it go out without their transactions.
            7..10 => {
                let note = vec![1; rng.random_range(0..MAX_NOTE_BYTES)];
                (TxKind::Call(other), U256::ONE, note.into(), CALL_GAS)
            }
            10..12 => (TxKind::Create, U256::ZERO, STORE.to_vec().into(), 200_000),
            12..14 => {
                let at = sender.create(rng.random_range(0..8));
                let word = B256::from(U256::from(rng.random_range(0..u64::MAX)));
                (TxKind::Call(at), U256::ZERO, word.to_vec().into(), 200_000)
            }
            14 => {
                let call = Staking::createStakeCall {
                    candName: candidate(rng),
                    amount: coins(rng.random_range(100..2_000_000)),
                    duration: rng.random_range(0..30),
                    autoStake: rng.random_bool(0.5),
                    data: Vec::new(),
                };
                stake(call.abi_encode())
            }
            15 => {
                let cand_name = candidate(rng);
                stake(
                    Staking::changeCandidateCall {
                        candName: cand_name,
                        bucketIndex: bucket,
                        data: Vec::new(),
                    }
                    .abi_encode(),
                )
            }
            16 => stake(Staking::unstakeCall { bucketIndex: bucket, data: Vec::new() }.abi_encode()),
            17 => stake(Staking::withdrawStakeCall { bucketIndex: bucket, data: Vec::new() }.abi_encode()),
            18 => {
                let call = Governance::proposeCall {
                    targets: Vec::new(),
                    values: Vec::new(),
                    calldatas: Vec::new(),
                    description: format!("simulated idea {}", rng.random_range(0..1_000_000)),
                };
                (TxKind::Call(GOVERNANCE), coins(1_000), call.abi_encode().into(), CALL_GAS)
            }
            _ => {
                let call = Governance::castVoteCall {
                    proposalId: U256::from(rng.random_range(1..4_u8)),
                    support: rng.random_range(0..3),
                };
                (TxKind::Call(GOVERNANCE), U256::ZERO, call.abi_encode().into(), CALL_GAS)
            }
        }
    }
}
