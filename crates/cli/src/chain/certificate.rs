//! Proof that a block is final: what the node gives is checked with the chain spec's group key, and with later keys that are
//! proven from it. The node is not trusted.

use super::invalid;
use crate::{Exit, failure::Failure};
use alloy_primitives::{Bytes, U64};
use alloy_rlp::Decodable;
use althing_client::Client;
use althing_light::{Announcement, AnnouncementError, Certified, KeyChain, LightError, MAX_KEYS};
use althing_primitives::{ChainSpec, Header, Seal};
use serde::Deserialize;
use serde_json::json;
use std::path::Path;

/// Most blocks between a block and the certificate that covers it.
const MAX_PATH: usize = 1_024;

/// What is trusted, and what is proven from it.
pub(super) struct Trust {
    /// The chain spec.
    pub(super) spec: ChainSpec,
    /// The group keys.
    pub(super) keys: KeyChain,
}

/// An entry of the answer of `althing_groupKeys`.
#[derive(Debug, Deserialize)]
struct KeyAnswer {
    announcement: Option<Bytes>,
}

impl Trust {
    /// Reads the chain spec, and follows the chain of group keys from it by what the node gives.
    pub(super) async fn load(client: &Client, genesis: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(genesis).map_err(|e| {
            Failure::usage(format!(
                "cannot read the chain spec {}: {e}; give it with --genesis",
                genesis.display()
            ))
        })?;
        let spec = ChainSpec::from_json(&text)?;
        let answer: Vec<KeyAnswer> = client.rpc().call("althing_groupKeys", json!([])).await?;
        let announcements: Vec<_> = answer.into_iter().filter_map(|key| key.announcement).collect();
        let keys = follow(&spec, &announcements)?;
        Ok(Self { spec, keys })
    }
}

fn follow(spec: &ChainSpec, announcements: &[Bytes]) -> Result<KeyChain, Failure> {
    let mut keys = KeyChain::new(spec).map_err(|e| invalid(format!("NOT PROVEN: {e}")))?;
    for (id, bytes) in (1..=MAX_KEYS).zip(announcements) {
        let wrong = |e: AnnouncementError| invalid(format!("NOT PROVEN: group key {id}: {e}"));
        keys.announce(Announcement::decode(bytes).map_err(wrong)?).map_err(wrong)?;
    }
    Ok(keys)
}

/// The answer of `althing_getCertificate`: headers from the block to one that has a certificate.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CertificateAnswer {
    header: Bytes,
    seal: Bytes,
    path: Vec<Bytes>,
    certificate: Bytes,
    certified_seal: Bytes,
}

/// A block that is proven final.
pub(super) struct Certificate {
    /// From the header asked for to the one that has the certificate.
    pub(super) headers: Vec<Header>,
    /// The seal of the first.
    pub(super) seal: Seal,
    pub(super) certified: Certified,
}

async fn ask(client: &Client, height: u64) -> Result<CertificateAnswer, Failure> {
    let answer: Option<CertificateAnswer> =
        client.rpc().call("althing_getCertificate", json!([U64::from(height)])).await?;
    answer
        .ok_or_else(|| Failure::new(Exit::NotFound, format!("the node has no certificate of block {height}")))
}

/// Asks for the certificate of a block and checks it.
pub(super) async fn certificate(client: &Client, trust: &Trust, height: u64) -> Result<Certificate, Failure> {
    let answer = ask(client, height).await?;
    if answer.path.len() > MAX_PATH {
        return Err(invalid(format!(
            "the certificate is {} blocks away, more than {MAX_PATH}",
            answer.path.len()
        )));
    }
    let headers: Vec<Header> = std::iter::once(&answer.header)
        .chain(&answer.path)
        .map(|rlp| decode("header", rlp))
        .collect::<Result<_, _>>()?;
    let certified =
        prove(&trust.keys, &headers, &decode("seal", &answer.certified_seal)?, &answer.certificate)?;
    let seal: Seal = decode("seal", &answer.seal)?;
    if headers[0].number != height || headers[0].extra_data.as_ref() != seal.hash().as_slice() {
        return Err(invalid(format!("NOT PROVEN: header or seal is not that of block {height}")));
    }
    Ok(Certificate { headers, seal, certified })
}

/// The seal of a block, on the node's word.
pub(super) async fn told_seal(client: &Client, height: u64) -> Result<Seal, Failure> {
    decode("seal", &ask(client, height).await?.seal)
}

/// Decodes RLP that the node gave.
pub(super) fn decode<T: Decodable>(what: &str, rlp: &Bytes) -> Result<T, Failure> {
    alloy_rlp::decode_exact(rlp)
        .map_err(|e| invalid(format!("the node gave a {what} that does not decode: {e}")))
}

/// Checks that the certificate proves the last header, whose seal is given, and each header the one before it.
fn prove(keys: &KeyChain, headers: &[Header], seal: &Seal, certificate: &[u8]) -> Result<Certified, Failure> {
    let wrong = |e: LightError| invalid(format!("NOT PROVEN: {e}"));
    let last = headers.last().ok_or_else(|| invalid("no header to prove".into()))?;
    let certified = keys.verify(last, &seal.brief(), certificate).map_err(wrong)?;
    for pair in headers.windows(2) {
        if pair[1].parent_hash != pair[0].hash_slow() {
            let reason =
                format!("NOT PROVEN: block {} is not the parent of block {}", pair[0].number, pair[1].number);
            return Err(invalid(reason));
        }
    }
    Ok(certified)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::bytes;
    use althing_primitives::Block;

    #[test]
    fn nothing_is_proven_by_a_wrong_certificate_or_without_a_key() {
        let mut spec = ChainSpec::devnet(Vec::new(), 0);
        assert_eq!(follow(&spec, &[]).unwrap_err().exit, Exit::Verification);
        // The generator of G2, whose secret is 1.
        spec.committee.group_key = bytes!(
            "93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e
             024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8"
        );
        let keys = follow(&spec, &[]).unwrap();
        let block = Block::new(Header::default(), Seal::default(), Vec::new());
        for headers in [vec![], vec![block.header().clone()]] {
            let failure = prove(&keys, &headers, block.seal(), &[1, 2, 3]).unwrap_err();
            assert_eq!(failure.exit, Exit::Verification);
        }
        // Nor by announcements that prove nothing.
        let seal = Seal { next_key: Some(Default::default()), ..Seal::default() };
        let block = Block::new(Header { number: 31, ..Header::default() }, seal, Vec::new());
        for announcement in [vec![0xc0], Announcement::of(&block, Bytes::new()).encode()] {
            let failure = follow(&spec, &[announcement.into()]).unwrap_err();
            assert_eq!(failure.exit, Exit::Verification, "{failure:?}");
        }
    }
}
