//! What peers can make a relay hold, and for how long.

use super::*;

#[test]
fn a_peer_has_few_unfinished_blocks_and_the_oldest_makes_place() {
    run(|world| async move {
        let relay = world.relay(RELAY, knows(&[])).await;
        let mut peer = world.ends(PEER).await;
        let extra = 3;
        let blocks: Vec<_> =
            (0..(REBUILDS_A_PEER + extra) as u64).map(|number| block(number, transactions(100))).collect();
        for block in &blocks {
            say(&mut peer, &compact(block));
            // Once more costs nothing.
            say(&mut peer, &compact(block));
        }
        for block in &blocks {
            let (asked, _) = hear(&mut peer).await;
            assert!(matches!(asked, Message::AskParts { block: of, .. } if of == hash(block)));
        }
        for block in &blocks {
            let transactions = block.block().transactions().to_vec();
            say(&mut peer, &Message::Parts { block: hash(block), transactions });
        }
        assert_eq!(hear_soon(&world, &mut peer).await, None);
        for (place, block) in blocks.iter().enumerate() {
            assert_eq!(find(&relay, block).await.is_some(), place >= extra, "{place}");
        }
    });
}

#[test]
fn of_each_member_the_latest_blocks_are_kept() {
    run(|world| async move {
        let relay = world.relay(RELAY, knows(&[])).await;
        let (mut peer, mut other) = (world.ends(PEER).await, world.ends(OTHER).await);
        let blocks: Vec<_> = (0..=BLOCKS_A_PEER as u64).map(|number| block(number, Vec::new())).collect();
        // The first two are those of another peer too.
        for block in &blocks[..2] {
            say(&mut other, &Message::Whole(block.clone()));
        }
        for block in &blocks {
            say(&mut peer, &Message::Whole(block.clone()));
        }
        for block in &blocks {
            assert!(world.finally(&relay, block).await.is_some());
        }
        // Said again, the second is among the newest; the third makes place for the next.
        say(&mut peer, &Message::Whole(blocks[1].clone()));
        say(&mut peer, &Message::Whole(block(100, Vec::new())));
        assert_eq!(world.finally(&relay, &blocks[2]).await, None);
        world.members(1, &[RELAY, PEER]);
        assert_eq!(world.finally(&relay, &blocks[0]).await, None, "its other peer is gone");
        assert!(find(&relay, &blocks[1]).await.is_some());
        world.members(2, &[RELAY]);
        assert_eq!(world.finally(&relay, &blocks[1]).await, None);
    });
}

#[test]
fn who_is_no_member_is_heard_but_not_remembered() {
    run(|world| async move {
        let relay = world.relay(RELAY, knows(&transactions(100))).await;
        let mut peer = world.ends(PEER).await;
        let members = Set::from_iter_dedup([key(RELAY)]);
        let delegates = Set::from_iter_dedup([key(PEER)]);
        world.oracle.manager().track(1, commonware_p2p::TrackedPeers::new(members, delegates));
        world.context.sleep(LATENCY).await;
        let block = block(1, transactions(100));
        let arrival = relay.subscribe_by_digest(block.digest()).unwrap();
        say(&mut peer, &compact(&block));
        assert_eq!(arrival.await.unwrap().digest(), block.digest());
        assert_eq!(world.finally(&relay, &block).await, None);
    });
}

#[test]
fn who_waits_no_more_is_forgotten_and_who_waits_gets_the_block() {
    run(|world| async move {
        let relay = world.relay(RELAY, knows(&[])).await;
        let mut peer = world.ends(PEER).await;
        let block = block(1, Vec::new());
        drop(relay.subscribe_by_digest(block.digest()));
        let first = relay.subscribe_by_digest(block.digest()).unwrap();
        let second = relay.subscribe_by_commitment(block.digest()).unwrap();
        say(&mut peer, &Message::Whole(block.clone()));
        assert_eq!(first.await.unwrap().digest(), block.digest());
        assert_eq!(second.await.unwrap().digest(), block.digest());
        let third = relay.subscribe_by_digest(block.digest()).unwrap();
        assert_eq!(third.await.unwrap().digest(), block.digest());
    });
}
