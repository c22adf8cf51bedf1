//! Committees as elections decide them, or as a broken build does.

use althing_chain::Elections;
use althing_consensus::{CommitteeSource, Lineup, PublicKey};
use commonware_consensus::types::Epoch;
use commonware_utils::ordered::Set;
use std::net::SocketAddr;

/// Who serves when.
#[derive(Clone, Debug)]
pub(crate) struct Committees {
    pub(crate) elections: Elections,
    /// Whether key shares go to the delegates with the lowest keys, whoever was drawn.
    pub(crate) is_broken: bool,
}

impl CommitteeSource for Committees {
    async fn committee(&self, epoch: Epoch) -> Set<PublicKey> {
        let drawn = self.elections.committee(epoch).await;
        if !self.is_broken {
            return drawn;
        }
        let mut delegates: Vec<_> =
            self.elections.delegates(epoch.get() + 1).into_iter().map(|(key, _)| key).collect();
        delegates.sort();
        delegates.truncate(drawn.len());
        Set::from_iter_dedup(delegates)
    }

    async fn address(&self, epoch: Epoch, operator: &PublicKey) -> Option<SocketAddr> {
        if self.is_broken {
            let delegates = self.elections.delegates(epoch.get());
            return delegates.into_iter().find(|(key, _)| key == operator).map(|(_, address)| address);
        }
        self.elections.address(epoch, operator).await
    }
}

impl Lineup for Committees {
    fn leaders(&self, epoch: Epoch, members: usize) -> Option<Vec<usize>> {
        self.elections.leaders(epoch, members)
    }
}
