//! Peers that lie: no block is handed out under a hash that does not commit to it.

use super::*;

/// A block with the header of another: what a peer claims that hands out other transactions.
fn with_other_transactions(of: &ConsensusBlock) -> Compact {
    let ids = transactions(100).iter().rev().map(wire::short).collect();
    Compact { ids, ..Compact::of(of.block()) }
}

#[test]
fn a_wrong_answer_is_no_block_and_the_whole_one_is_asked_for() {
    let block = block(1, transactions(100));
    let wrong: [Vec<Transaction>; 4] = [
        Vec::new(),
        transactions(99),
        transactions(101),
        (0..100).map(|nonce| transaction(nonce + 1)).collect(),
    ];
    for transactions in wrong {
        let block = block.clone();
        run(|world| async move {
            let relay = world.relay(RELAY, knows(&[])).await;
            let mut peer = world.ends(PEER).await;
            say(&mut peer, &compact(&block));
            hear(&mut peer).await;
            say(&mut peer, &Message::Parts { block: hash(&block), transactions });
            assert_eq!(hear(&mut peer).await.0, Message::AskWhole { block: hash(&block) });
            // A second answer changes nothing, right as it may be.
            let right = block.block().transactions().to_vec();
            say(&mut peer, &Message::Parts { block: hash(&block), transactions: right });
            assert_eq!(hear_soon(&world, &mut peer).await, None);
            assert_eq!(find(&relay, &block).await, None);
        });
    }
}

#[test]
fn identifiers_that_the_header_does_not_commit_to_give_no_block() {
    run(|world| async move {
        let block = block(1, transactions(100));
        let relay = world.relay(RELAY, knows(&transactions(100))).await;
        let mut peer = world.ends(PEER).await;
        say(&mut peer, &Message::Compact(Box::new(with_other_transactions(&block))));
        assert_eq!(hear(&mut peer).await.0, Message::AskWhole { block: hash(&block) });
        // Another block instead of the one that was asked for is what it is.
        let other = super::block(2, transactions(100));
        say(&mut peer, &Message::Whole(other.clone()));
        assert_eq!(world.finally(&relay, &block).await, None);
        assert_eq!(find(&relay, &other).await, Some(other));
    });
}

#[test]
fn a_seal_that_the_header_does_not_commit_to_is_malformed() {
    run(|world| async move {
        let block = block(1, transactions(100));
        let relay = world.relay(RELAY, knows(&transactions(100))).await;
        let mut peer = world.ends(PEER).await;
        let honest = Compact::of(block.block());
        let seal = Seal { view: 9, ..honest.seal.clone() };
        say(&mut peer, &Message::Compact(Box::new(Compact { seal, ..honest })));
        assert_eq!(hear_soon(&world, &mut peer).await, None);
        assert_eq!(find(&relay, &block).await, None);
        assert_eq!(world.count("malformed"), 1);
    });
}

#[test]
fn a_block_without_an_operator_as_its_proposer_is_no_block() {
    run(|world| async move {
        // Not the compressed form of any point.
        let seal = Seal { proposer: B256::repeat_byte(2), ..Seal::default() };
        let parts = Block::new(Header::default(), seal, transactions(100));
        let relay = world.relay(RELAY, knows(parts.transactions())).await;
        let mut peer = world.ends(PEER).await;
        say(&mut peer, &Message::Compact(Box::new(Compact::of(&parts))));
        assert_eq!(hear(&mut peer).await.0, Message::AskWhole { block: parts.hash() });
        assert!(relay.find_by_digest(BlockDigest::from(parts.hash().0)).await.is_none());
    });
}

#[test]
fn garbage_is_counted_and_the_relay_lives_on() {
    run(|world| async move {
        let relay = world.relay(RELAY, knows(&[])).await;
        let mut peer = world.ends(PEER).await;
        for garbage in [vec![], vec![9], vec![0; 100], vec![0xff; 100], vec![4, 0xc0]] {
            peer.0.send(Recipients::One(key(RELAY)), garbage, true);
        }
        let block = block(1, Vec::new());
        say(&mut peer, &Message::Whole(block.clone()));
        assert!(world.finally(&relay, &block).await.is_some());
        assert_eq!(world.count("malformed"), 5);
    });
}
