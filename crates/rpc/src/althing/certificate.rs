//! Finality certificates with all that is needed to verify a block offline: the group key is the only other input.

use crate::api::BlockKey;
use crate::context::Call;
use crate::error::Fault;
use crate::registry::{Cost::Light, Param, Registry, need};
use alloy_primitives::{B256, Bytes, U64};
use althing_primitives::Block;
use serde::Serialize;

const BLOCK: &[Param] = &[need("block", "Block")];

/// A block without a certificate of its own is covered by that of a later one, at most so many blocks on.
pub(super) const MAX_DISTANCE: u64 = 256;

pub(super) fn register(r: &mut Registry) {
    let about = "Proof that a block is final: headers from it up to one that has a certificate (mostly itself), that \
                 block's seal, and the certificate. Null if the block is unknown.";
    r.add(Light, "althing_getCertificate", BLOCK, "Object", about, certificate);
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CertificateJson {
    number: U64,
    hash: B256,
    /// RLP of the asked block's header; its keccak256 is `hash`, and its `extraData` the hash of `seal` in brief.
    header: Bytes,
    /// RLP of the asked block's seal.
    seal: Bytes,
    /// The certificate, as consensus encodes it.
    certificate: Bytes,
    certified_number: U64,
    certified_hash: B256,
    /// Headers of the blocks after the asked one up to the certified one; each names its parent's hash.
    path: Vec<Bytes>,
    /// RLP of the certified block's seal.
    certified_seal: Bytes,
}

async fn certificate(mut call: Call) -> Result<Option<CertificateJson>, Fault> {
    let id = call.args.required(0)?;
    let Some(asked) = call.find_block(id).await? else { return Ok(None) };
    let mut path = Vec::new();
    let mut at = asked.clone();
    let certificate = loop {
        if let Some(certificate) = &at.certificate {
            break certificate.clone();
        }
        let next = at.block.height() + 1;
        let too_far = next > asked.block.height() + MAX_DISTANCE;
        let next = if too_far { None } else { call.api.block(BlockKey::Height(next)).await? };
        at = next.ok_or_else(|| Fault::Server("no certificate covers this block yet; ask again".into()))?;
        path.push(header(&at.block));
    };
    Ok(Some(CertificateJson {
        number: U64::from(asked.block.height()),
        hash: asked.block.hash(),
        header: header(&asked.block),
        seal: alloy_rlp::encode(asked.block.seal()).into(),
        certificate,
        certified_number: U64::from(at.block.height()),
        certified_hash: at.block.hash(),
        path,
        certified_seal: alloy_rlp::encode(at.block.seal()).into(),
    }))
}

fn header(block: &Block) -> Bytes {
    alloy_rlp::encode(block.header()).into()
}
