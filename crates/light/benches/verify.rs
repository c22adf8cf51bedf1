//! Verifying a block of 2,000 transactions without state: that its header commits to all of it, that its proposer signed
//! it, its beacon, and a certificate of a committee of 24.

use alloy_consensus::{SignableTransaction as _, TxEip1559};
use alloy_primitives::{Address, B256, Signature, TxKind, U256};
use althing_light::{
    BlockDigest, Finalization, KeyChain, Scheme, Variant, proposer_namespace, verify_proposer,
};
use althing_primitives::{Block, Calendar, Header, Seal, Transaction};
use commonware_codec::Encode as _;
use commonware_consensus::{
    simplex::{
        scheme::bls12381_threshold::vrf::Seedable as _,
        types::{Finalize, Proposal},
    },
    types::{Epoch, Round, View},
};
use commonware_cryptography::{
    Signer as _,
    bls12381::{dkg::feldman_desmedt::deal, primitives::sharing::Mode},
    ed25519::PrivateKey,
};
use commonware_parallel::Sequential;
use commonware_utils::{N3f1, non_empty, ordered::Set};
use criterion::{Criterion, criterion_group, criterion_main};
use rand::{SeedableRng as _, rngs::StdRng};

const NAMESPACE: &[u8] = b"ALTHING/1";
const CALENDAR: Calendar = Calendar { epoch_blocks: 96 };
const MEMBERS: u64 = 24;
const TRANSACTIONS: u64 = 2_000;
/// Where the block is.
const HEIGHT: u64 = 100;
const VIEW: u64 = 9;

fn transfer(number: u64) -> Transaction {
    let to = TxKind::Call(Address::repeat_byte(9));
    let tx = TxEip1559 { nonce: number, gas_limit: 21_000, to, value: U256::ONE, ..Default::default() };
    tx.into_signed(Signature::new(U256::from(number + 1), U256::ONE, false)).into()
}

/// A block that its proposer signed.
fn block() -> Block {
    let proposer = PrivateKey::from_seed(1);
    let mut seal = Seal {
        version: 1,
        epoch: CALENDAR.epoch_of(HEIGHT),
        view: VIEW,
        proposer: B256::from_slice(proposer.public_key().as_ref()),
        ..Default::default()
    };
    let transactions: Vec<Transaction> = (0..TRANSACTIONS).map(transfer).collect();
    let header = Header { number: HEIGHT, ..Default::default() };
    // The signature covers the transactions through the header.
    let header = Block::new(header, seal.clone(), transactions.clone()).header().clone();
    let message = seal.signing_hash(&header);
    seal.signature =
        proposer.sign(&proposer_namespace(NAMESPACE), message.as_slice()).encode().to_vec().into();
    Block::new(header, seal, transactions)
}

/// The committee's key, and its certificate of a block.
fn certify(block: &Block) -> (Vec<u8>, Finalization) {
    let players = Set::from_iter_dedup((0..MEMBERS).map(|n| PrivateKey::from_seed(n).public_key()));
    let randomness = StdRng::from_seed([1; 32]);
    let (output, shares) =
        deal::<Variant, _, N3f1>(randomness, Mode::NonZeroCounter, players.clone()).expect("enough players");
    let proposal = Proposal {
        round: Round::new(Epoch::new(block.seal().epoch), View::new(VIEW)),
        parent: View::new(VIEW - 1),
        payload: BlockDigest::from(block.hash().0),
    };
    let members: Vec<Scheme> = shares
        .iter_pairs()
        .map(|(_, share)| {
            Scheme::signer(NAMESPACE, players.clone(), output.public().clone(), share.clone())
                .expect("a player's share")
        })
        .collect();
    let votes: Vec<_> = members
        .iter()
        .map(|member| Finalize::sign(member, proposal.clone()).expect("a member signs"))
        .collect();
    let certificate = Finalization::from_finalizes(&members[0], non_empty![@votes.iter()], &Sequential);
    (output.public().public().encode().to_vec(), certificate.expect("all have voted"))
}

fn benchmarks(criterion: &mut Criterion) {
    let block = block();
    let bytes = block.encode();
    let (key, finalization) = certify(&block);
    let certificate = finalization.encode().to_vec();
    let beacon = finalization.seed().signature.encode();
    let keys = KeyChain::from_key(NAMESPACE, CALENDAR, &key).expect("a group key");
    let mut group = criterion.benchmark_group("verify");
    group.bench_function("a block of 2,000 from its bytes, with its roots", |bencher| {
        bencher.iter(|| Block::decode(&bytes).expect("a block"))
    });
    group.bench_function("header, seal and proposer's signature", |bencher| {
        bencher.iter(|| verify_proposer(NAMESPACE, block.header(), block.seal()).expect("signed"))
    });
    group.bench_function("beacon", |bencher| {
        bencher.iter(|| assert!(keys.verify_beacon((block.seal().epoch, VIEW), &beacon)))
    });
    group.bench_function("certificate by the group key", |bencher| {
        bencher.iter(|| keys.verify_block(&block, &certificate).expect("final"))
    });
    group.finish();
}

criterion_group!(benches, benchmarks);
criterion_main!(benches);
