//! Properties that are checked when a simulation ends, with the states of nodes.

use crate::{
    book::{Book, Conflict, Violation},
    node::Live,
    wire::Wires,
};
use althing_execution::{election, read};
use althing_light::{DrawSeed, fallback_seed, seed_of_beacon};
use althing_primitives::{
    Address, B256, ChainSpec, OperatorKey, StateCommitment, calendar::ELECTION_LEAD_EPOCHS,
};
use parking_lot::Mutex;
use std::{collections::BTreeSet, sync::Arc};

/// Most outcomes of blocks that are not final that a node may hold at rest.
const OUTCOMES: usize = 64;

/// Nobody is slashed who keeps the rules.
pub(crate) fn honest_slashes(book: &mut Book, twins: &BTreeSet<OperatorKey>) {
    let innocent: Vec<_> =
        book.slashed.keys().filter(|operator| !twins.contains(*operator)).copied().collect();
    for operator in innocent {
        book.report(Violation { property: "no honest slash", what: format!("{operator} was slashed") });
    }
}

/// Everybody is slashed whose double proposal an honest node can prove.
pub(crate) fn slashes(book: &Mutex<Book>, honest: &[(usize, Arc<Live>)]) {
    let mut book = book.lock();
    for (index, live) in honest {
        for fault in live.chain.double_proposals() {
            if !book.slashed.contains_key(&fault.operator) {
                let what = format!(
                    "node {index} can prove that {} proposed twice in view {} of epoch {}",
                    fault.operator, fault.view, fault.epoch
                );
                book.report(Violation { property: "slash", what });
            }
        }
    }
}

/// Nodes forget what is final.
pub(crate) fn memory(book: &Mutex<Book>, honest: &[(usize, Arc<Live>)]) {
    for (index, live) in honest {
        let kept = live.chain.outcomes_kept();
        if kept > OUTCOMES {
            let what = format!("node {index} keeps {kept} outcomes");
            book.lock().report(Violation { property: "bounded memory", what });
        }
    }
}

/// A member that an honest node saw vote twice is blocked by that node. Looks at what was reported since the last time.
pub(crate) fn double_votes(book: &Mutex<Book>, wires: &Wires, conflicts: Vec<Conflict>) {
    for Conflict { node, boot, epoch, place } in conflicts {
        let mut book = book.lock();
        book.double_votes += 1;
        let member = book.member(epoch, place);
        // A node that was started again begins anew.
        let blocked = wires.blocked_by(node).iter().any(|key| Some(B256::from_slice(key.as_ref())) == member);
        if wires.boot(node) == boot && !blocked {
            let what =
                format!("node {node} saw {member:?} vote twice in epoch {epoch}, and did not block it");
            book.report(Violation { property: "double votes", what });
        }
    }
}

/// The state that a node holds is that of a final block, as the block commits to it.
pub(crate) async fn state(book: &Mutex<Book>, index: usize, live: &Live) {
    let accounts = B256::from(live.state.0.0.read().await.root().0);
    let slots = B256::from(live.state.0.1.read().await.root().0);
    let mut book = book.lock();
    // The two may be of neighbouring blocks.
    let is_known = |is: &dyn Fn(&StateCommitment) -> bool| {
        is(book.first_state()) || book.newest().any(|block| is(&block.block.seal().state))
    };
    if !is_known(&|state| state.accounts.root == accounts) || !is_known(&|state| state.slots.root == slots) {
        let what = format!("node {index} holds a state that no final block commits to");
        book.report(Violation { property: "validity", what });
    }
}

/// A client whom some leave out is served by the others.
pub(crate) async fn inclusion(book: &Mutex<Book>, live: &Live, victim: Address) {
    if live.nonce(victim).await == 0 {
        let what = format!("no transaction of {victim} became final");
        book.lock().report(Violation { property: "inclusion", what });
    }
}

/// Committees are those that the public draw gives.
pub(crate) async fn draws(book: &Mutex<Book>, live: &Live, spec: &ChainSpec) {
    let last = {
        let height = book.lock().height();
        spec.calendar().epoch_of(height)
    };
    for epoch in ELECTION_LEAD_EPOCHS..=last {
        if let Err(what) = draw(book, live, spec, epoch).await {
            let what = format!("epoch {epoch}: {what}");
            book.lock().report(Violation { property: "draw", what });
        }
    }
}

async fn draw(book: &Mutex<Book>, live: &Live, spec: &ChainSpec, epoch: u64) -> Result<(), String> {
    let drawn = move |epoch| async move {
        let drawn = read(&live.state, move |host| election::drawn(host, epoch)).await;
        drawn.map_err(|error| error.to_string())
    };
    // Elections of long ago are forgotten.
    let Some(now) = drawn(epoch).await? else { return Ok(()) };
    let beacon = book.lock().beacons.get(&(epoch - ELECTION_LEAD_EPOCHS)).cloned();
    let seed = match beacon {
        Some(beacon) => Some(seed_of_beacon(&beacon)),
        None => drawn(epoch - 1).await?.map(|before| fallback_seed(before.seed, epoch)),
    };
    if seed.is_some_and(|seed| seed != now.seed) {
        return Err(format!("the seed is {}, public data give {seed:?}", now.seed));
    }
    let places = DrawSeed { chain_id: spec.chain_id, epoch, seed: now.seed }
        .committee(now.delegates.len(), now.places.len());
    let members: BTreeSet<B256> = places.iter().map(|place| now.delegates[*place].0).collect();
    let book = book.lock();
    let Some((serving, is_kept)) = book.committees.get(&epoch) else { return Ok(()) };
    let serving: BTreeSet<B256> = serving.iter().copied().collect();
    let expected = match is_kept {
        false => Some(members),
        true => book.committees.get(&(epoch - 1)).map(|(before, _)| before.iter().copied().collect()),
    };
    match expected {
        Some(expected) if expected != serving => Err(format!("{serving:?} serve, drawn were {expected:?}")),
        _ => Ok(()),
    }
}
