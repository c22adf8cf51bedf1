//! The consensus half of a block: what an Ethereum header has no room for.
//!
//! The header's `extraData` is the hash of the seal's brief form: 32 bytes, which every Ethereum library accepts, and by
//! which the block's hash commits to the seal. The seal carries the proposer's signature over the header with
//! the signature left out ([`Seal::signing_hash`]), so two signed headers of one (epoch, view) are evidence.

use crate::{Epoch, Header, OperatorKey, View};
use alloy_primitives::{B256, Bytes, FixedBytes, keccak256};
use alloy_rlp::{RlpDecodable, RlpDecodableWrapper, RlpEncodable, RlpEncodableWrapper};

/// Version of the seal's encoding.
pub const VERSION: u8 = 1;

/// Domain of the proposer's signature.
const SIGNING_DOMAIN: &[u8] = b"ALTHING_HEADER_V1";

/// What one authenticated database holds after a block: enough to verify a copy synchronized from anybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct DbCommitment {
    /// Canonical root: proves that a value is current.
    pub root: B256,
    /// Root of the operation log: verifies synchronized operations.
    pub ops_root: B256,
    /// First operation that a synchronizing node needs.
    pub start: u64,
    /// Number of operations.
    pub end: u64,
}

/// The state after a block. The header's `stateRoot` is [`StateCommitment::root`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct StateCommitment {
    /// Accounts by address.
    pub accounts: DbCommitment,
    /// Storage slots by (address, slot).
    pub slots: DbCommitment,
    /// Contract code by hash.
    pub codes: DbCommitment,
}

impl StateCommitment {
    /// The header's state root: the hash of the three canonical roots, in the order of the fields.
    pub fn root(&self) -> B256 {
        let mut bytes = [0u8; 96];
        bytes[..32].copy_from_slice(self.accounts.root.as_slice());
        bytes[32..64].copy_from_slice(self.slots.root.as_slice());
        bytes[64..].copy_from_slice(self.codes.root.as_slice());
        keccak256(bytes)
    }
}

/// Consensus metadata of a block. A field that is absent at the end is left out of the encoding.
#[derive(Clone, Debug, Default, PartialEq, Eq, RlpEncodable, RlpDecodable)]
#[rlp(trailing(canonical))]
pub struct Seal {
    /// Always [`VERSION`].
    pub version: u8,
    /// Epoch in which the block was proposed.
    pub epoch: Epoch,
    /// View in which the block was proposed.
    pub view: View,
    /// View of the parent in the same epoch; 0 for the first block of an epoch.
    pub parent_view: View,
    /// Operator key of the proposer.
    pub proposer: OperatorKey,
    /// Number of the group key that signs this block's certificate.
    pub key_id: u64,
    /// Newest hardfork that the proposer's node knows: how nodes say that they are ready for an upgrade.
    pub hardfork: u64,
    /// Unix time in milliseconds; the header's `timestamp` is this divided by 1000.
    pub time_ms: u64,
    /// State after this block.
    pub state: StateCommitment,
    /// Root of the outgoing cross-chain messages of this block.
    pub outbox_root: B256,
    /// VRF signature of the parent's round (48 bytes; empty at height 1). The header's `mixHash` derives from it.
    pub beacon: Bytes,
    /// Beacon of the view that this epoch's election waits for, in the block that reveals it (48 bytes; else empty).
    pub election: Bytes,
    /// Proof that a member proposed twice in one view, for `Conduct` to punish; mostly empty.
    pub evidence: Bytes,
    /// Resharing payload: a dealer's log, or in an epoch's last block the next epoch's committee.
    pub resharing: Bytes,
    /// Ed25519 signature of [`Seal::signing_hash`] by `proposer` (64 bytes; empty in genesis).
    pub signature: Bytes,
    /// Group key `key_id + 1`, a compressed BLS12-381 G2 point, which signs from the next epoch on; only in the last block
    /// of an epoch, and absent as long as the key stays.
    pub next_key: Option<FixedBytes<96>>,
}

impl Seal {
    /// The seal with its payloads, `evidence` and `resharing`, each replaced by its keccak256 unless it is empty.
    pub fn brief(&self) -> SealBrief {
        let short =
            |payload: &Bytes| if payload.is_empty() { Bytes::new() } else { keccak256(payload).into() };
        let (evidence, resharing) = (short(&self.evidence), short(&self.resharing));
        SealBrief(Self { evidence, resharing, ..self.clone() })
    }

    /// The hash that the header's `extraData` must carry.
    pub fn hash(&self) -> B256 {
        self.brief().hash()
    }

    /// What the proposer signs: the header as it would be, were the signature empty.
    pub fn signing_hash(&self, header: &Header) -> B256 {
        self.brief().signing_hash(header)
    }
}

/// What hashes commit to of a seal ([`Seal::brief`]): short whatever its payloads are, so that evidence against a proposer
/// is short whatever it put into its blocks.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodableWrapper, RlpDecodableWrapper)]
pub struct SealBrief(Seal);

impl SealBrief {
    /// Its fields; payloads are hashes.
    pub fn fields(&self) -> &Seal {
        &self.0
    }

    /// The hash that the header's `extraData` must carry.
    pub fn hash(&self) -> B256 {
        keccak256(alloy_rlp::encode(self))
    }

    /// What the proposer signs: the header as it would be, were the signature empty.
    pub fn signing_hash(&self, header: &Header) -> B256 {
        let unsigned = Self(Seal { signature: Bytes::new(), ..self.0.clone() });
        let header = Header { extra_data: unsigned.hash().into(), ..header.clone() };
        let mut bytes = SIGNING_DOMAIN.to_vec();
        bytes.extend_from_slice(header.hash_slow().as_slice());
        keccak256(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_commits_to_payloads_and_a_seal_without_any_is_its_own_brief() {
        let plain = Seal { version: VERSION, view: 9, ..Seal::default() };
        assert_eq!(plain.brief().fields(), &plain);
        assert_eq!(plain.hash(), keccak256(alloy_rlp::encode(&plain)));
        let payload = Bytes::from(vec![7; 100_000]);
        let seals = [
            plain.clone(),
            Seal { resharing: payload.clone(), ..plain.clone() },
            Seal { evidence: payload.clone(), ..plain.clone() },
            Seal { resharing: payload.slice(1..), ..plain.clone() },
            Seal { resharing: vec![0].into(), ..plain.clone() },
            Seal { next_key: Some(FixedBytes::repeat_byte(7)), ..plain },
        ];
        for (index, seal) in seals.iter().enumerate() {
            assert!(seals[..index].iter().all(|other| other.hash() != seal.hash()), "{index}");
            assert!(alloy_rlp::encode(seal.brief()).len() < 600);
            assert_eq!(
                alloy_rlp::decode_exact::<SealBrief>(alloy_rlp::encode(seal.brief())),
                Ok(seal.brief())
            );
        }
    }

    #[test]
    fn an_absent_key_is_not_encoded_and_has_no_other_encoding() {
        let plain = Seal { version: VERSION, ..Seal::default() };
        let bytes = alloy_rlp::encode(&plain);
        assert_eq!(alloy_rlp::decode_exact::<Seal>(&bytes), Ok(plain.clone()));
        let fields = alloy_rlp::Header::decode_bytes(&mut bytes.as_slice(), true).unwrap();
        for stray in [0x80, 0x07] {
            let mut longer = Vec::new();
            alloy_rlp::Header { list: true, payload_length: fields.len() + 1 }.encode(&mut longer);
            longer.extend_from_slice(fields);
            longer.push(stray);
            assert!(alloy_rlp::decode_exact::<Seal>(&longer).is_err(), "{stray:#x}");
        }
        let announced = Seal { next_key: Some(FixedBytes::repeat_byte(7)), ..plain };
        let longer = alloy_rlp::encode(&announced);
        assert_eq!(longer.len(), bytes.len() + 98);
        assert_eq!(alloy_rlp::decode_exact::<Seal>(&longer), Ok(announced));
    }
}
