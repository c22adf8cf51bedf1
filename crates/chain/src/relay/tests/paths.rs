//! How a block reaches a peer that keeps the rules, by each way.

use super::*;
use commonware_codec::EncodeSize as _;

#[test]
fn a_block_of_known_transactions_needs_a_small_part_of_its_bytes_and_no_question() {
    run(|world| async move {
        let block = block(1, transactions(500));
        let receiver = world.relay(RELAY, knows(block.block().transactions())).await;
        let proposer = world.relay(PEER, knows(&[])).await;
        let mut listener = world.ends(OTHER).await;
        let arrival = receiver.subscribe_by_digest(block.digest()).unwrap();
        send(&proposer, &block);
        let arrived = arrival.await.unwrap();
        assert_eq!(arrived.inner().block(), block.block());
        let (heard, bytes) = hear(&mut listener).await;
        assert_eq!(heard, compact(&block));
        assert!(bytes * 15 < block.encode_size(), "{bytes} of {}", block.encode_size());
        assert_eq!(find(&receiver, &block).await, Some(block));
        assert_eq!((world.count("rebuilt_at_once"), world.count("asked_parts")), (1, 0));
    });
}

#[test]
fn missing_transactions_cost_one_question_and_one_answer() {
    run(|world| async move {
        let block = block(1, transactions(100));
        let known = &block.block().transactions()[..90];
        let receiver = world.relay(RELAY, knows(known)).await;
        let proposer = world.relay(PEER, knows(&[])).await;
        send(&proposer, &block);
        let arrived = world.finally(&receiver, &block).await.unwrap();
        assert_eq!(arrived.block(), block.block());
        let counts = ["asked_parts", "rebuilt_with_answer", "asked_whole"].map(|what| world.count(what));
        assert_eq!(counts, [1, 1, 0]);
    });
}

#[test]
fn a_question_names_what_is_missing_and_each_peer_gets_each_answer_once_for_each_sending() {
    run(|world| async move {
        let block = block(1, transactions(100));
        let relay = world.relay(RELAY, knows(&[])).await;
        let mut peer = world.ends(PEER).await;
        let ask = Message::AskParts { block: hash(&block), indices: vec![3, 50] };
        let answer =
            Message::Parts { block: hash(&block), transactions: vec![transaction(3), transaction(50)] };
        say(&mut peer, &ask);
        assert_eq!(hear_soon(&world, &mut peer).await, None, "the relay has no such block");
        for _ in 0..2 {
            send(&relay, &block);
            assert_eq!(hear(&mut peer).await.0, compact(&block));
            say(&mut peer, &ask);
            assert_eq!(hear(&mut peer).await.0, answer);
            say(&mut peer, &Message::AskWhole { block: hash(&block) });
            assert_eq!(hear(&mut peer).await.0, Message::Whole(block.clone()));
            say(&mut peer, &ask);
            say(&mut peer, &Message::AskWhole { block: hash(&block) });
            assert_eq!(hear_soon(&world, &mut peer).await, None, "once is enough");
        }
        let beyond = Message::AskParts { block: hash(&block), indices: vec![100] };
        send(&relay, &block);
        hear(&mut peer).await;
        say(&mut peer, &beyond);
        assert_eq!(hear_soon(&world, &mut peer).await, None, "the block has no such transaction");
    });
}

#[test]
fn a_wrong_transaction_behind_a_short_identifier_costs_the_whole_block() {
    run(|world| async move {
        let block = block(1, transactions(100));
        // As if another transaction of the pool had the same first bytes.
        let colliding: Lookup = Arc::new(|ids| ids.iter().map(|_| Some(transaction(1_000))).collect());
        let receiver = world.relay(RELAY, colliding).await;
        let proposer = world.relay(PEER, knows(&[])).await;
        send(&proposer, &block);
        assert_eq!(world.finally(&receiver, &block).await.unwrap().block(), block.block());
        let counts = ["asked_parts", "asked_whole", "received_whole"].map(|what| world.count(what));
        assert_eq!(counts, [0, 1, 1]);
    });
}

#[test]
fn a_peer_that_does_not_answer_is_asked_for_the_whole_block_once() {
    run(|world| async move {
        let block = block(1, transactions(100));
        let relay = world.relay(RELAY, knows(&[])).await;
        let mut peer = world.ends(PEER).await;
        say(&mut peer, &compact(&block));
        let indices = (0..100).collect();
        assert_eq!(hear(&mut peer).await.0, Message::AskParts { block: hash(&block), indices });
        let asked = world.context.current();
        assert_eq!(hear(&mut peer).await.0, Message::AskWhole { block: hash(&block) });
        let waited = world.context.current().duration_since(asked).unwrap();
        assert!((ANSWER_TIMEOUT - LATENCY..ANSWER_TIMEOUT + LATENCY).contains(&waited), "{waited:?}");
        assert_eq!(hear_soon(&world, &mut peer).await, None);
        assert_eq!(find(&relay, &block).await, None);
        say(&mut peer, &Message::Whole(block.clone()));
        assert!(world.finally(&relay, &block).await.is_some(), "better late than never");
    });
}

#[test]
fn a_small_block_goes_out_whole() {
    run(|world| async move {
        let relay = world.relay(RELAY, knows(&[])).await;
        let mut peer = world.ends(PEER).await;
        for small in [block(1, Vec::new()), block(2, transactions(5))] {
            send(&relay, &small);
            assert_eq!(hear(&mut peer).await.0, Message::Whole(small));
        }
    });
}

#[test]
fn what_one_peer_does_not_answer_another_one_does() {
    run(|world| async move {
        let block = block(1, transactions(100));
        let relay = world.relay(RELAY, knows(&[])).await;
        let (mut silent, mut helpful) = (world.ends(PEER).await, world.ends(OTHER).await);
        say(&mut silent, &compact(&block));
        say(&mut helpful, &compact(&block));
        let (asked, _) = hear(&mut helpful).await;
        assert!(matches!(asked, Message::AskParts { .. }));
        let transactions = block.block().transactions().to_vec();
        say(&mut helpful, &Message::Parts { block: hash(&block), transactions });
        assert!(world.finally(&relay, &block).await.is_some());
        assert_eq!(world.count("asked_whole"), 0, "the block is here, so nobody is asked any more");
        assert!(matches!(hear(&mut silent).await.0, Message::AskParts { .. }));
    });
}
