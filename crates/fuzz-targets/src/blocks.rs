//! What validators and followed nodes send: blocks with their seals, certificates, beacons; and evidence against validators.

use crate::{NAMESPACE, committee};
use alloy_rlp::{Decodable as _, Header as RlpHeader};
use althing_consensus::{ConsensusBlock, encode_payload};
use althing_light::{Announcement, DoubleProposal, Finalization, verify_beacon, verify_proposer};
use althing_primitives::{Block, Bytes, Header, Seal};
use althing_txpool::recover;
use commonware_codec::{Copying, DecodeExt as _, Encode as _};
use commonware_consensus::{
    CertifiableBlock as _, Heightable as _,
    types::{Epoch, Round, View},
};
use commonware_cryptography::Digestible as _;
use commonware_glue::dkg::ReshareBlock as _;

pub(crate) fn block(data: &[u8]) -> bool {
    let Ok(block) = Block::decode(data) else { return reassembled(data).is_some() };
    assert_eq!(block.encode(), data, "a block has one encoding");
    assert_eq!(block.hash(), block.header().hash_slow());
    let _ = verify_proposer(NAMESPACE, block.header(), block.seal());
    true
}

/// Parts whose commitments do not fit, put together anew: a mutation that only a hash betrays goes on from here.
fn reassembled(data: &[u8]) -> Option<Block> {
    let mut rest = data;
    let mut parts = RlpHeader::decode_bytes(&mut rest, true).ok()?;
    let header = Header::decode(&mut parts).ok()?;
    let seal = Seal::decode(&mut parts).ok()?;
    let raw = Vec::<Bytes>::decode(&mut parts).ok()?;
    let transactions =
        raw.iter().map(|raw| recover(raw).ok().map(|tx| tx.into_inner())).collect::<Option<_>>()?;
    let block = Block::new(header, seal, transactions);
    assert_eq!(Block::decode(&block.encode()), Ok(block.clone()), "a block that was made is read");
    Some(block)
}

/// The bytes of a block on the wire of consensus, or those of a block whose commitments are made anew.
pub(crate) fn consensus_block(data: &[u8]) -> bool {
    let block = match ConsensusBlock::decode(Copying(data)) {
        Ok(block) => {
            assert_eq!(block.encode(), data, "a block has one encoding");
            block
        }
        Err(_) => match reassembled(data).map(ConsensusBlock::new) {
            Some(Ok(block)) => block,
            _ => return false,
        },
    };
    assert_eq!(block.digest().0, block.block().hash().0);
    assert_eq!(block.height().get(), block.block().height());
    assert_eq!(block.context().round, block.round());
    let payload = encode_payload(block.payload().as_ref());
    assert_eq!(payload, block.block().seal().resharing, "a resharing payload has one encoding");
    true
}

pub(crate) fn certificate(data: &[u8]) -> bool {
    if let Ok(finalization) = Finalization::decode(Copying(data)) {
        assert_eq!(finalization.encode(), data, "a certificate has one encoding");
    }
    let verifier = &committee().verifier;
    let certified = verifier.verify(data);
    assert_eq!(certified, verifier.verify(data), "the same certificate proves the same");
    certified.is_ok()
}

/// A new group key, under the corpus's key.
pub(crate) fn announcement(data: &[u8]) -> bool {
    let Ok(announcement) = Announcement::decode(data) else { return false };
    assert_eq!(announcement.encode(), data, "an announcement has one encoding");
    let mut keys = committee().keys.clone();
    let first_epoch = announcement.seal.fields().epoch.saturating_add(1);
    let taken = keys.announce(announcement.clone());
    assert_eq!(keys.newest(), u64::from(taken.is_ok()));
    assert_eq!(keys.id_of(first_epoch), keys.newest());
    assert!(keys.announce(announcement).is_err(), "no announcement is taken twice");
    taken.is_ok()
}

pub(crate) fn evidence(data: &[u8]) -> bool {
    let Ok(evidence) = DoubleProposal::decode(data) else { return false };
    assert_eq!(evidence.encode(), data, "evidence has one encoding");
    let DoubleProposal { first, second } = evidence.clone();
    let swapped = DoubleProposal { first: second, second: first };
    assert_eq!(evidence.verify(NAMESPACE).ok(), swapped.verify(NAMESPACE).ok(), "the order proves nothing");
    true
}

/// Epoch and view in eight bytes each, then the beacon.
pub(crate) fn beacon(data: &[u8]) -> bool {
    let Some((round, beacon)) = data.split_first_chunk::<16>() else { return false };
    let (epoch, view) = round.split_at(8);
    let number = |bytes: &[u8]| bytes.iter().fold(0u64, |sum, byte| (sum << 8) | u64::from(*byte));
    let round = Round::new(Epoch::new(number(epoch)), View::new(number(view)));
    let verifier = &committee().verifier;
    let valid = verify_beacon(verifier.scheme(), round, beacon);
    assert!(!valid || beacon.len() == althing_light::BEACON_BYTES);
    valid
}
