//! What a simulated network begins with: keys, chain spec and the state of the first block, all of them from a seed.

use crate::{
    clients::Clients,
    disk::Disk,
    host::{Host, Machine},
    scenario::Scenario,
};
use althing_chain::{Operator, genesis_block, unix_ms};
use althing_consensus::{ConsensusBlock, PrivateKey, PublicKey, Secrets, ceremony::deal_genesis};
use althing_execution::genesis_changes;
use althing_primitives::{Address, ChainSpec, Change, OperatorKey, Param, RAU_PER_COIN, U256, Validator};
use althing_state::{DatabaseConfig, StorageSettings, database_config, open_genesis};
use commonware_cryptography::Signer as _;
use commonware_runtime::{Clock as _, Supervisor as _, buffer::paged::CacheRef, deterministic};
use commonware_utils::{NZU16, NZUsize};
use std::sync::Arc;

/// Bytes of a page of a node's cache, and how many pages.
const PAGE_BYTES: std::num::NonZeroU16 = NZU16!(1_024);
const PAGES: std::num::NonZeroUsize = NZUsize!(1_024);

/// Bytes buffered before a write of a log.
const BUFFER: std::num::NonZeroUsize = NZUsize!(16 * 1024);

/// Where the rewards of node `n` go.
pub(crate) fn reward_account(index: usize) -> Address {
    Address::with_last_byte(u8::try_from(index % 200).unwrap_or(0).saturating_add(20))
}

/// Who owns the candidate of node `n`: an account of its own, as the contract wants it.
fn owner_account(index: usize) -> Address {
    Address::left_padding_from(&[0xca, u8::try_from(index).unwrap_or(u8::MAX)])
}

/// Coins of the first candidate's votes, and how many fewer each next one has.
const MOST_VOTES: u64 = 5_000_000;
const VOTES_STEP: u64 = 50_000;

/// A network that has not begun.
pub(crate) struct World {
    pub(crate) spec: Arc<ChainSpec>,
    pub(crate) genesis: ConsensusBlock,
    pub(crate) changes: Vec<Change>,
    pub(crate) members: Vec<Member>,
    /// A disk that holds the state of genesis.
    pub(crate) disk: Disk,
}

/// Who runs a node.
#[derive(Clone)]
pub(crate) struct Member {
    secret: PrivateKey,
    /// Its part of the group key, if it is of the first committee.
    share: Option<Vec<u8>>,
    pub(crate) secrets: Secrets,
}

impl Member {
    fn new(secret: PrivateKey) -> Self {
        Self { secret, share: None, secrets: Secrets::in_memory() }
    }

    /// The same keys on another machine.
    pub(crate) fn twin(&self) -> Result<Self, String> {
        let mut twin = Self::new(self.secret.clone());
        twin.take_share(self.share.clone())?;
        Ok(twin)
    }

    fn take_share(&mut self, share: Option<Vec<u8>>) -> Result<(), String> {
        if let Some(share) = &share {
            self.secrets.put_dealt_share(share).map_err(|error| error.to_string())?;
        }
        self.share = share;
        Ok(())
    }

    pub(crate) fn key(&self) -> PublicKey {
        self.secret.public_key()
    }

    pub(crate) fn operator_key(&self) -> OperatorKey {
        OperatorKey::from_slice(self.key().as_ref())
    }

    pub(crate) fn operator(&self, spec: &ChainSpec) -> Operator {
        Operator::new(self.secret.clone(), spec)
    }
}

/// How the state databases of a node are kept.
pub(crate) fn databases() -> (DatabaseConfig<Host>, CacheRef) {
    let page_cache = CacheRef::new(PAGE_BYTES, PAGES);
    let settings =
        StorageSettings { prefix: "state".into(), page_cache: page_cache.clone(), write_buffer: BUFFER };
    (database_config::<Host>(&settings), page_cache)
}

/// Makes a scenario's network: every node is a candidate, and committees are drawn out of them.
pub(crate) async fn make(context: &deterministic::Context, scenario: &Scenario) -> Result<World, String> {
    let Scenario { seed, nodes, seats, epoch_blocks, block_ms, heartbeat_ms, .. } = *scenario;
    let secret = |index: usize| PrivateKey::from_seed(seed.wrapping_mul(1_000).wrapping_add(index as u64));
    let mut members: Vec<Member> = (0..nodes).map(|index| Member::new(secret(index))).collect();
    let validator = |(index, member): (usize, &Member)| Validator {
        name: format!("node-{index}"),
        operator: member.operator_key(),
        reward: reward_account(index),
        p2p: format!("10.0.{}.{}:9650", index / 250, index % 250 + 1),
    };
    let validators: Vec<_> = members.iter().enumerate().map(validator).collect();
    let mut spec = ChainSpec::devnet(validators[..seats].to_vec(), unix_ms(context.current()));
    spec.stand_for_election(&validators, seats as u64);
    for (index, candidate) in spec.candidates.iter_mut().enumerate() {
        candidate.owner = owner_account(index);
        for vote in &mut candidate.votes {
            vote.amount = U256::from(MOST_VOTES - VOTES_STEP * index as u64) * U256::from(RAU_PER_COIN);
        }
    }
    spec.epoch_blocks = epoch_blocks;
    spec.block_interval_ms = block_ms;
    spec.heartbeat_ms = heartbeat_ms;
    // Days of a few seconds: proposals, withdrawals and probation run their course within a simulation.
    let _ = spec.params.set(Param::DaySeconds, 2);
    Clients::fund(&mut spec);
    let mut dealer = [0; 32];
    dealer[..8].copy_from_slice(&seed.to_be_bytes());
    let dealt = deal_genesis(&spec.validators, dealer).map_err(|error| error.to_string())?;
    for (operator, share) in dealt.shares {
        let member = members.iter_mut().find(|member| member.operator_key() == operator);
        member.ok_or("a share was dealt to nobody")?.take_share(Some(share))?;
    }
    spec.committee = dealt.committee;
    spec.validate().map_err(|error| error.to_string())?;
    let spec = Arc::new(spec);
    let changes = genesis_changes(&spec).map_err(|error| error.to_string())?;
    let disk = Disk::default();
    let host = Host::new(context.child("genesis"), Machine::new(context, disk.clone()));
    let commitment = {
        let state = Box::pin(open_genesis(host, databases().0, &changes)).await;
        let state = state.map_err(|error| error.to_string())?;
        state.commitment
    };
    let genesis = genesis_block(&spec, commitment).map_err(|error| error.to_string())?;
    let genesis = ConsensusBlock::new(genesis).map_err(|error| error.to_string())?;
    Ok(World { spec, genesis, changes, members, disk })
}
