//! Whose turn a view is: the order of leaders that an epoch's seed gives. One view a turn, so that the turns that were
//! missed follow from final blocks alone.

use crate::{PublicKey, Scheme};
use althing_light::turn;
use commonware_consensus::{
    simplex::elector::{Config, Elector, Scheduled, Terms},
    types::{Epoch, Participant, Round},
};
use commonware_utils::ordered::Set;
use std::sync::{Arc, OnceLock};

/// Knows the order in which a committee's members lead.
pub trait Lineup: Clone + Send + Sync + 'static {
    /// Places in the committee sorted by key, in order of their turns; `None` while the epoch's seed is unknown.
    fn leaders(&self, epoch: Epoch, members: usize) -> Option<Vec<usize>>;
}

/// The electors of all epochs.
#[derive(Clone, Debug)]
pub struct Turns<L>(pub L);

/// The elector of one epoch.
#[derive(Clone, Debug)]
pub struct EpochTurns<L> {
    lineup: L,
    members: usize,
    order: Arc<OnceLock<Vec<Participant>>>,
}

impl<L: Lineup> Config<Scheme> for Turns<L> {
    type Elector = EpochTurns<L>;

    fn build(self, participants: &Set<PublicKey>) -> EpochTurns<L> {
        EpochTurns { lineup: self.0, members: participants.len(), order: Arc::default() }
    }
}

impl<L: Lineup> EpochTurns<L> {
    fn order(&self, epoch: Epoch) -> Vec<Participant> {
        let leaders = self.lineup.leaders(epoch, self.members).unwrap_or_else(|| {
            panic!(
                "the seed of epoch {epoch} is not in this node's state: restore the data folder or synchronize anew"
            )
        });
        leaders.into_iter().map(|place| Participant::new(place as u32)).collect()
    }
}

impl<L: Lineup> Elector<Scheme> for EpochTurns<L> {
    type Mode = Scheduled;

    fn terms(&self) -> Terms {
        Terms::rotating()
    }

    fn elect(&self, round: Round, (): ()) -> Participant {
        // An elector lives in one epoch.
        let order = self.order.get_or_init(|| self.order(round.epoch()));
        order[turn(round.view().get(), order.len())]
    }
}
