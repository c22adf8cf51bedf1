//! The two presets of the protocol: `mainnet` and `devnet`.

use super::{
    ChainSpec, GenesisAccount, GenesisCandidate, GenesisCommittee, GenesisVote, MIN_EPOCH_BLOCKS_PER_MEMBER,
    SeatPhase, Validator,
};
use crate::{Address, Param, Params, RAU_PER_COIN, U256};
use alloy_primitives::address;
use std::collections::BTreeMap;

/// The ten accounts of the mnemonic "test test test test test test test test test test test junk".
/// Their keys are public: they exist on devnets only.
pub const DEVNET_ACCOUNTS: [Address; 10] = [
    address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
    address!("70997970C51812dc3A010C7d01b50e0d17dc79C8"),
    address!("3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
    address!("90F79bf6EB2c4f870365E785982E1f101E93b906"),
    address!("15d34AAf54267DB7D7c367839AAf71A00a2C6A65"),
    address!("9965507D1a55bcC2695C58ba16FB37d819B0A4dc"),
    address!("976EA74026E726554dB657fA54763abd0C3a0aa9"),
    address!("14dC79964da2C08b23698B3D3cc7Ca32193d9955"),
    address!("23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"),
    address!("a0Ee7A142d267C1f36714E4a8F75612F20a79720"),
];

/// The next ten accounts of the mnemonic: what a devnet's nodes earn goes there, so that the balances of
/// [`DEVNET_ACCOUNTS`] move by nothing but their owners' transactions.
pub const DEVNET_REWARD_ACCOUNTS: [Address; 10] = [
    address!("Bcd4042DE499D14e55001CcbB24a551F3b954096"),
    address!("71bE63f3384f5fb98995898A86B02Fb2426c5788"),
    address!("FABB0ac9d68B0B445fB7357272Ff202C5651694a"),
    address!("1CBd3b2770909D4e10f157cABC84C7264073C9Ec"),
    address!("dF3e18d64BC6A983f673Ab319CCaE4f1a57C7097"),
    address!("cd3B766CCDd6AE721141F452C550Ca635964ce71"),
    address!("2546BcD3c84621e976D8185a91A922aE77ECEc30"),
    address!("bDA5747bFD65F08deb54cb465eB87D40e51B197E"),
    address!("dD2FD4581271e230360230F9337D5c0430Bf44C0"),
    address!("8626f6940E2eb28930eFb4CeF49B2d1F2C9C1199"),
];

/// The mnemonic of [`DEVNET_ACCOUNTS`].
pub const DEVNET_MNEMONIC: &str = "test test test test test test test test test test test junk";

/// Balance of each devnet account in coins.
pub const DEVNET_COINS: u64 = 10_000_000;

const GWEI: u64 = 1_000_000_000;

/// First coins of the reward fund.
const MAINNET_FUND_COINS: u64 = 1_000_000_000;

/// Epochs of a day on a real network.
const DAY_EPOCHS: u64 = 24;

/// Seats that open first on a real network, and all.
const FIRST_SEATS: u64 = 12;
const ALL_SEATS: u64 = 36;

fn coins(coins: u64) -> U256 {
    U256::from(coins) * U256::from(RAU_PER_COIN)
}

/// Coins of the first candidate's votes on a devnet, and how many fewer each next one has.
const DEVNET_VOTES: u64 = 3_000_000;
const DEVNET_VOTES_STEP: u64 = 200_000;

/// Days for which a devnet's first votes are staked.
const DEVNET_VOTE_DAYS: u32 = 14;

impl ChainSpec {
    /// Makes nodes of a devnet candidates, each owned by one of the well-known accounts and voted for by another, with
    /// fewer votes from one to the next. Committees of `seats` are drawn out of them.
    pub fn stand_for_election(&mut self, nodes: &[Validator], seats: u64) {
        let accounts = DEVNET_ACCOUNTS.len();
        let candidate = |(index, node): (usize, &Validator)| GenesisCandidate {
            name: node.name.replace('-', ""),
            owner: DEVNET_ACCOUNTS[index % accounts],
            operator: node.operator,
            reward: node.reward,
            p2p: node.p2p.clone(),
            self_stake: U256::from(self.params.get(Param::MinSelfStake)),
            votes: vec![GenesisVote {
                voter: DEVNET_ACCOUNTS[(index + 1) % accounts],
                amount: coins(DEVNET_VOTES.saturating_sub(DEVNET_VOTES_STEP * index as u64)),
                days: DEVNET_VOTE_DAYS,
                auto_stake: true,
            }],
        };
        self.candidates = nodes.iter().enumerate().map(candidate).collect();
        self.seat_phases = vec![SeatPhase { from_epoch: 0, seats: nodes.len() as u64 }];
        let within = "a devnet's sizes are within the bounds of the parameters";
        self.params.set(Param::DelegateSeats, nodes.len() as u128).expect(within);
        self.params.set(Param::CommitteeSeats, seats.into()).expect(within);
    }
}

/// After a week twelve seats open, then one more each day.
fn mainnet_phases() -> Vec<SeatPhase> {
    let phase = |seats| SeatPhase { from_epoch: (7 + seats - FIRST_SEATS) * DAY_EPOCHS, seats };
    (FIRST_SEATS..=ALL_SEATS).map(phase).collect()
}

impl ChainSpec {
    /// The preset of a real network: one-second blocks, epochs of an hour.
    pub fn mainnet(validators: Vec<Validator>, genesis_time_ms: u64) -> Self {
        Self {
            name: "althing".into(),
            chain_id: 930_930,
            genesis_time_ms,
            block_interval_ms: 1_000,
            heartbeat_ms: 0,
            epoch_blocks: 3_600,
            base_fee: GWEI,
            params: Params::mainnet(),
            alloc: BTreeMap::new(),
            reward_fund: coins(MAINNET_FUND_COINS),
            validators,
            seat_phases: mainnet_phases(),
            candidates: Vec::new(),
            committee: GenesisCommittee::default(),
        }
    }

    /// The preset of a network on one machine: half-second blocks, short epochs, ten funded accounts.
    pub fn devnet(validators: Vec<Validator>, genesis_time_ms: u64) -> Self {
        let balance = coins(DEVNET_COINS);
        let funded = |address: &Address| (*address, GenesisAccount { balance, ..Default::default() });
        Self {
            name: "althing-devnet".into(),
            chain_id: 930_931,
            block_interval_ms: 500,
            epoch_blocks: 32.max(MIN_EPOCH_BLOCKS_PER_MEMBER * validators.len() as u64),
            params: Params::devnet(),
            alloc: DEVNET_ACCOUNTS.iter().map(funded).collect(),
            seat_phases: Vec::new(),
            ..Self::mainnet(validators, genesis_time_ms)
        }
    }
}
