//! A state that is fetched from a node which may lie, fail, and move on.

use super::{Context, Set, account, apply, assert_equal, block, settings};
use crate::*;
use althing_primitives::{
    Address, Bytes, OperationsRequest, StateCommitment, StateDatabase, StateDatabase::*, U256,
};
use commonware_glue::stateful::db::DatabaseSet;
use commonware_runtime::{Runner as _, Supervisor as _, deterministic};
use std::{
    num::NonZeroU64,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// Blocks of the serving node.
const BLOCKS: u64 = 12;

/// A node with some blocks, which has pruned what is older than block 4, and what each block's state is.
struct Server {
    databases: Set,
    states: Vec<(StateCommitment, MemoryState)>,
}

/// Enough accounts and slots for several answers.
fn first_block() -> Vec<Change> {
    let mut changes = block(0, &MemoryState::default());
    for number in 0..2 * MAX_OPERATIONS.get() {
        let address = Address::from_word(U256::from(0x1_0000 + number).into());
        let (before, after) = (None, Some(account(number + 1)));
        changes.push(Change { key: StateKey::Account(address), before, after });
        let (before, after) = (None, Some(StateValue::Slot(U256::from(number + 1))));
        changes.push(Change { key: StateKey::Slot(address, U256::ZERO), before, after });
    }
    changes
}

impl Server {
    async fn new(context: &Context) -> Self {
        let config = database_config::<Context>(&settings("server"));
        let databases = <Set as DatabaseSet<Context>>::init(context.child("server"), config, None).await;
        let (mut state, mut states) = (MemoryState::default(), Vec::new());
        for number in 0..BLOCKS {
            let changes = if number == 0 { first_block() } else { block(number, &state) };
            state.apply(&changes);
            states.push((apply(&databases, &changes).await, state.clone()));
        }
        let oldest = sync_targets::<Context>(&states[4].0);
        <Set as DatabaseSet<Context>>::prune(&databases, &oldest).await;
        Self { databases, states }
    }

    /// Asks it, through `change`, which is told how many answers there were before.
    fn fetch(
        &self,
        change: impl Fn(u64, OperationsRequest, Bytes) -> Result<Bytes, FetchError> + Send + Sync + 'static,
    ) -> Fetch {
        let (databases, answers, change) = (self.databases.clone(), AtomicU64::new(0), Arc::new(change));
        Arc::new(move |request| {
            let (databases, change) = (databases.clone(), change.clone());
            let number = answers.fetch_add(1, Relaxed);
            Box::pin(async move {
                let answer = operations::<Context>(&databases, request).await;
                let answer = answer.map_err(|error| FetchError::Unanswered(error.to_string()))?;
                change(number, request, answer)
            })
        })
    }

    fn honest(&self) -> Fetch {
        self.fetch(|_, _, answer| Ok(answer))
    }
}

async fn fill(
    context: &Context,
    attempt: u64,
    commitment: &StateCommitment,
    fetch: Fetch,
) -> Result<(), SyncError> {
    let context = context.child("client").with_attribute("attempt", attempt);
    synchronize(context, database_config::<Context>(&settings("client")), commitment, fetch).await
}

/// Opens the fetched databases at a block, compares them, and applies the blocks that follow.
async fn check_and_go_on(context: &Context, server: &Server, height: u64) {
    let (commitment, state) = &server.states[height as usize];
    let targets = sync_targets::<Context>(commitment);
    let config = database_config::<Context>(&settings("client"));
    let databases = <Set as DatabaseSet<Context>>::init(context.child("opened"), config, Some(targets)).await;
    assert_eq!(
        <Set as DatabaseSet<Context>>::committed_targets(&databases).await,
        sync_targets::<Context>(commitment)
    );
    assert_equal(&databases, state).await;
    let mut state = state.clone();
    for number in height + 1..BLOCKS {
        let changes = block(number, &state);
        state.apply(&changes);
        assert_eq!(apply(&databases, &changes).await, server.states[number as usize].0, "{number}");
    }
}

#[test]
fn a_fetched_state_is_that_of_the_block_and_the_next_blocks_apply_to_it() {
    for height in [4, 7, BLOCKS - 1] {
        deterministic::Runner::default().start(|context| async move {
            let server = Server::new(&context).await;
            fill(&context, 0, &server.states[height as usize].0, server.honest()).await.unwrap();
            check_and_go_on(&context, &server, height).await;
        });
    }
}

#[test]
fn a_changed_answer_is_refused_wherever_it_is_changed() {
    deterministic::Runner::default().start(|context| async move {
        let server = Server::new(&context).await;
        let commitment = server.states[8].0;
        let mut attempt = 0;
        for database in [Accounts, Slots, Codes] {
            // From the first byte to the last, by 32nds.
            for place in 0..=32 {
                let fetch = server.fetch(move |_, request, answer| {
                    let mut bytes = answer.to_vec();
                    if request.database == database {
                        let at = (bytes.len() - 1) * place / 32;
                        bytes[at] ^= 1;
                    }
                    Ok(bytes.into())
                });
                attempt += 1;
                match fill(&context, attempt, &commitment, fetch).await {
                    Err(SyncError::Forged { database: found, .. }) => assert_eq!(found, database),
                    other => panic!("{database} changed at {place}/32: {other:?}"),
                }
            }
            let cut = server.fetch(move |_, request, answer| match request.database == database {
                true => Ok(answer.slice(..answer.len() - 1)),
                false => Ok(answer),
            });
            attempt += 1;
            let error = fill(&context, attempt, &commitment, cut).await.unwrap_err();
            assert!(matches!(error, SyncError::Forged { .. }), "{error}");
        }
        // Nothing of it was kept.
        fill(&context, attempt + 1, &commitment, server.honest()).await.unwrap();
        check_and_go_on(&context, &server, 8).await;
    });
}

#[test]
fn an_answer_that_is_proven_by_another_block_is_refused() {
    deterministic::Runner::default().start(|context| async move {
        let server = Server::new(&context).await;
        let (claimed, databases) = (server.states[8].0, server.databases.clone());
        let older = server.states[7].0;
        let fetch: Fetch = Arc::new(move |request| {
            let databases = databases.clone();
            let size = older.accounts.end;
            Box::pin(async move {
                let answer = operations::<Context>(&databases, OperationsRequest { size, ..request }).await;
                answer.map_err(|error| FetchError::Unanswered(error.to_string()))
            })
        });
        let error = fill(&context, 0, &claimed, fetch).await.unwrap_err();
        assert!(matches!(error, SyncError::Forged { database: Accounts, .. }), "{error}");
    });
}

#[test]
fn an_interrupted_fetch_goes_on_with_the_same_a_newer_or_an_older_block() {
    for (interrupted, answers) in (0..10).flat_map(|n| [(6, n), (9, n), (11, n)]) {
        deterministic::Runner::default().start(|context| async move {
            let server = Server::new(&context).await;
            let away = server.fetch(move |number, _, answer| match number < answers {
                true => Ok(answer),
                false => Err(FetchError::Unanswered("away".into())),
            });
            let first = fill(&context, 0, &server.states[interrupted].0, away).await;
            if let Err(error) = first {
                assert!(matches!(error, SyncError::Unanswered { .. }), "{error}");
            }
            fill(&context, 1, &server.states[9].0, server.honest()).await.unwrap();
            check_and_go_on(&context, &server, 9).await;
        });
    }
}

#[test]
fn what_the_log_does_not_have_is_refused_in_words() {
    deterministic::Runner::default().start(|context| async move {
        let server = Server::new(&context).await;
        let end = server.states[BLOCKS as usize - 1].0.slots.end;
        let count = NonZeroU64::new(u64::MAX);
        for (size, start, count) in [
            (end + 1, 0, count),
            (u64::MAX, u64::MAX - 1, count),
            (end, end, count),
            (end, u64::MAX, None),
            (0, 0, None),
            // Within a block.
            (end - 1, 0, count),
        ] {
            let request = OperationsRequest { database: Slots, size, start, count };
            match operations::<Context>(&server.databases, request).await {
                Err(error @ StateError::Operations { database: StateDatabase::Slots, .. }) => {
                    assert!(error.to_string().contains("newer block"), "{error}");
                }
                other => panic!("{request:?}: {other:?}"),
            }
        }
        let request = OperationsRequest { database: Slots, size: end, start: 0, count };
        let answer = operations::<Context>(&server.databases, request).await.unwrap();
        assert!(answer.len() < MAX_OPERATIONS.get() as usize * 100, "{}", answer.len());
    });
}
