//! The signature scheme of each epoch, as this node takes part in it.

use crate::{PublicKey, Scheme, Variant};
use commonware_consensus::types::Epoch;
use commonware_cryptography::certificate::{Provider, Scoped};
use commonware_glue::dkg::{Registrar, types::SchemeInfo};
use parking_lot::Mutex;
use std::{collections::BTreeMap, sync::Arc};

/// Epochs whose scheme is remembered.
const EPOCHS_KEPT: usize = 8;

/// Schemes by epoch. Resharing installs one before its epoch is entered.
#[derive(Clone, Debug)]
pub struct Schemes {
    namespace: Arc<[u8]>,
    epochs: Arc<Mutex<BTreeMap<Epoch, Arc<Scheme>>>>,
}

impl Schemes {
    /// No schemes yet; `namespace` is the chain's signing domain.
    pub fn new(namespace: &[u8]) -> Self {
        Self { namespace: namespace.into(), epochs: Arc::default() }
    }

    /// Installs the scheme of an epoch.
    pub fn install(&self, epoch: Epoch, info: SchemeInfo<Variant, PublicKey>) {
        let mut epochs = self.epochs.lock();
        epochs.insert(epoch, Arc::new(registered_scheme(&self.namespace, info)));
        while epochs.len() > EPOCHS_KEPT {
            epochs.pop_first();
        }
    }
}

/// Builds the scheme that an epoch's key material describes.
///
/// # Panics
/// When a share does not belong to the epoch's polynomial: the data folder mixes two networks or two nodes.
pub fn registered_scheme(namespace: &[u8], info: SchemeInfo<Variant, PublicKey>) -> Scheme {
    match info {
        SchemeInfo::Verifier { participants, sharing } => Scheme::verifier(namespace, participants, sharing),
        SchemeInfo::Member { participants, sharing, public_key } => {
            Scheme::member(namespace, participants, sharing, &public_key)
                .expect("the resharing protocol names a member only among the participants")
        }
        SchemeInfo::Signer { participants, sharing, share } => {
            Scheme::signer(namespace, participants, sharing, share).expect(
                "the stored key share does not belong to this committee: restore the node's own secrets",
            )
        }
    }
}

impl Provider for Schemes {
    type Scope = Epoch;
    type Scheme = Scheme;

    fn scoped(&self, epoch: Epoch) -> Option<Scoped<Scheme>> {
        self.scheme(epoch).map(Scoped::scheme)
    }

    fn scheme(&self, epoch: Epoch) -> Option<Arc<Scheme>> {
        self.epochs.lock().get(&epoch).cloned()
    }
}

impl Registrar for Schemes {
    type Variant = Variant;
    type PublicKey = PublicKey;

    async fn register(&self, epoch: Epoch, info: SchemeInfo<Variant, PublicKey>) {
        self.install(epoch, info);
    }
}
