//! Whether this node's release knows the rules of the next block.

use crate::context::Chain;
use althing_execution::{read, upgrades};
use althing_state::StateView;

impl Chain {
    /// Stops the node when the rules in force in a state are newer than its release, and warns when they will be.
    pub(crate) async fn check_rules(&self, view: &impl StateView) {
        let facts = read(view, |host| {
            Ok((upgrades::hardfork(host)?, upgrades::release(host)?, upgrades::pending(host)?))
        });
        let (hardfork, release, pending) = match facts.await {
            Ok(facts) => facts,
            Err(error) => {
                panic!(
                    "the rules in force cannot be read: {error}; restore the data folder, or synchronize anew"
                )
            }
        };
        let newest = self.newest_hardfork;
        if hardfork > newest {
            self.sink.outdated(format!(
                "hardfork {hardfork} is in force from the next block on, and this node takes part in hardforks up to {newest}: \
                 install release {release} and start the node again; nothing is lost"
            ));
            // Nothing may be executed under rules that are not known; the node is stopped from outside.
            std::future::pending::<()>().await;
        }
        let Some(pending) = pending.filter(|pending| pending.hardfork > newest) else { return };
        let (hardfork, epoch, release, artifact) =
            (pending.hardfork, pending.epoch, &pending.release, pending.artifact);
        if pending.is_decided {
            tracing::error!(
                hardfork, epoch, release, %artifact,
                "this node stops before the epoch, in which a hardfork comes into force that it does not know: install the release"
            );
        } else {
            tracing::warn!(hardfork, epoch, release, %artifact, "an upgrade is announced that this node lacks: install the release");
        }
    }
}
