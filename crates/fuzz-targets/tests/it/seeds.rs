//! How the checked-in seeds are made: real objects, so that mutations begin behind the first checks.

use alloy_consensus::{
    Receipt as PlainReceipt, SignableTransaction, TxEip1559, TxEip2930, TxEip7702, TxLegacy,
};
use alloy_eips::eip2718::Encodable2718 as _;
use alloy_eips::eip7702::Authorization;
use alloy_primitives::{Address, B256, Bytes, Log, Signature, TxKind, U256};
use alloy_signer::SignerSync as _;
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::SolCall as _;
use althing_abi::ChainInfo;
use althing_consensus::{ConsensusBlock, Payload, ceremony, encode_payload};
use althing_fuzz_targets::{NAMESPACE, committee};
use althing_indexer::encoding::{encode_changes, encode_logs, encode_receipts, encode_senders};
use althing_light::{Announcement, DoubleProposal};
use althing_primitives::{
    AccountRecord, AddressExt as _, Block, ChainSpec, Change, Header, Receipt, Seal, StateKey, StateValue,
    Transaction, Validator,
};
use commonware_codec::Encode as _;
use commonware_cryptography::{Signer as _, ed25519::PrivateKey};

/// A seed: target, name, bytes.
pub(crate) type Seed = (&'static str, &'static str, Vec<u8>);

const TO: Address = Address::repeat_byte(9);

pub(crate) fn all() -> Vec<Seed> {
    let mut seeds = blocks();
    seeds.extend(transactions());
    seeds.extend(network());
    seeds.extend(documents());
    seeds.extend(keys());
    seeds.extend(rpc());
    seeds.extend(state());
    let calls = [
        ChainInfo::chainNameCall {}.abi_encode(),
        ChainInfo::committeeKeyCall {}.abi_encode(),
        ChainInfo::epochCall {}.abi_encode(),
    ];
    let names = ["chain_name", "committee_key_static", "epoch_with_coins"];
    for ((flags, name), call) in [0, 1, 4].into_iter().zip(names).zip(calls) {
        seeds.push(("system_call", name, [&[flags, 0], call.as_slice()].concat()));
    }
    seeds
}

fn sign<T>(transaction: T) -> Transaction
where
    T: SignableTransaction<Signature>,
    Transaction: From<alloy_consensus::Signed<T>>,
{
    let signer = PrivateKeySigner::from_bytes(&B256::repeat_byte(1)).unwrap();
    let signature = signer.sign_hash_sync(&transaction.signature_hash()).unwrap();
    transaction.into_signed(signature).into()
}

fn transfer(nonce: u64) -> Transaction {
    sign(TxEip1559 {
        chain_id: 1,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 2_000_000_000,
        max_priority_fee_per_gas: 1_000_000_000,
        to: TxKind::Call(TO),
        value: U256::from(5),
        ..Default::default()
    })
}

fn kinds() -> [(&'static str, Transaction); 4] {
    let legacy = TxLegacy {
        chain_id: Some(1),
        nonce: 0,
        gas_price: 2_000_000_000,
        gas_limit: 21_000,
        to: TxKind::Call(TO),
        value: U256::ZERO,
        input: Bytes::new(),
    };
    let access = TxEip2930 {
        chain_id: 1,
        gas_price: 2_000_000_000,
        gas_limit: 100_000,
        access_list: vec![alloy_eips::eip2930::AccessListItem {
            address: TO,
            storage_keys: vec![B256::ZERO],
        }]
        .into(),
        input: vec![0x60, 0, 0x60, 0].into(),
        ..Default::default()
    };
    let signer = PrivateKeySigner::from_bytes(&B256::repeat_byte(2)).unwrap();
    let authorization = Authorization { chain_id: U256::from(1), address: TO, nonce: 0 };
    let signature = signer.sign_hash_sync(&authorization.signature_hash()).unwrap();
    let delegation = TxEip7702 {
        chain_id: 1,
        gas_limit: 100_000,
        max_fee_per_gas: 2_000_000_000,
        max_priority_fee_per_gas: 1,
        to: TO,
        authorization_list: vec![authorization.into_signed(signature)],
        ..Default::default()
    };
    [
        ("legacy", sign(legacy)),
        ("access_list", sign(access)),
        ("transfer", transfer(0)),
        ("delegation", sign(delegation)),
    ]
}

fn transactions() -> Vec<Seed> {
    let mut seeds: Vec<Seed> =
        kinds().iter().map(|(name, tx)| ("transaction", *name, tx.encoded_2718())).collect();
    let list = |flags: &[u8], transactions: &[Transaction]| -> Vec<u8> {
        let entry = |(flags, tx): (&u8, &Transaction)| {
            let raw = tx.encoded_2718();
            [&[*flags][..], &(raw.len() as u16).to_be_bytes(), &raw].concat()
        };
        flags.iter().zip(transactions).flat_map(entry).collect()
    };
    let run: Vec<Transaction> = (0..6).map(transfer).collect();
    let mixed: Vec<Transaction> = kinds().into_iter().map(|(_, tx)| tx).collect();
    seeds.push(("admission", "in_order", list(&[0, 1, 0, 1, 2, 0], &run)));
    seeds.push(("admission", "gaps", list(&[0, 0, 0], &[run[0].clone(), run[3].clone(), run[1].clone()])));
    seeds.push(("admission", "kinds", list(&[1, 0, 3, 0], &mixed)));
    seeds
}

fn block(transactions: Vec<Transaction>) -> Block {
    let operator = PrivateKey::from_seed(1);
    let header = Header { number: 5, timestamp: 77, gas_limit: 30_000_000, ..Default::default() };
    let mut seal = Seal {
        version: 1,
        epoch: 3,
        view: 9,
        parent_view: 8,
        proposer: B256::from_slice(operator.public_key().as_ref()),
        time_ms: 77_000,
        beacon: committee().certify(3, 8, B256::ZERO).1.into(),
        ..Default::default()
    };
    let draft = Block::new(header, seal.clone(), transactions);
    let message = seal.signing_hash(draft.header());
    let signature = operator.sign(&althing_light::proposer_namespace(NAMESPACE), message.as_slice());
    seal.signature = signature.encode().to_vec().into();
    Block::new(draft.header().clone(), seal, draft.transactions().to_vec())
}

/// A block that carries a committee's artifact, as an epoch's last one does.
fn resharing() -> Block {
    let validator = |n: u64| Validator {
        name: format!("v{n}"),
        operator: B256::from_slice(PrivateKey::from_seed(n).public_key().as_ref()),
        reward: TO,
        p2p: format!("127.0.0.1:{}", 9000 + n),
    };
    let dealt = ceremony::deal_genesis(&(0..4).map(validator).collect::<Vec<_>>(), [7; 32]).unwrap();
    let payload = Payload::EpochInfo(ceremony::epoch_info(&dealt.committee).unwrap());
    let plain = block(vec![]);
    let seal = Seal { resharing: encode_payload(Some(&payload)), ..plain.seal().clone() };
    Block::new(plain.header().clone(), seal, vec![])
}

/// The last block of epoch 3 announces a new key: here the same once more.
fn announcement() -> Announcement {
    let plain = block(vec![]);
    let key = committee().keys.of_epoch(3).key.as_ref().try_into().unwrap();
    let seal = Seal { next_key: Some(key), ..plain.seal().clone() };
    let block = Block::new(Header { number: 127, ..plain.header().clone() }, seal, vec![]);
    Announcement::of(&block, committee().certify(3, 9, block.hash()).0.into())
}

fn blocks() -> Vec<Seed> {
    let (empty, full) = (block(vec![]), block(kinds().into_iter().map(|(_, tx)| tx).collect()));
    let (certificate, beacon) = committee().certify(3, 9, empty.hash());
    let round: Vec<u8> = [3u64, 9].iter().flat_map(|number| number.to_be_bytes()).collect();
    let consensus = |block: &Block| ConsensusBlock::new(block.clone()).unwrap().encode().to_vec();
    vec![
        ("block", "empty", empty.encode()),
        ("block", "transactions", full.encode()),
        ("consensus_block", "resharing", resharing().encode()),
        ("consensus_block", "empty", consensus(&empty)),
        ("consensus_block", "transactions", consensus(&full)),
        ("certificate", "valid", certificate),
        ("announcement", "valid", announcement().encode()),
        ("beacon", "valid", [round, beacon].concat()),
        ("evidence", "double", DoubleProposal::of(&empty, &full).encode()),
    ]
}

fn network() -> Vec<Seed> {
    use althing_chain::{CompactBlock, RelayMessage};
    use althing_node::{GossipMessage, Hello};
    let raw = kinds().iter().map(|(_, tx)| tx.encoded_2718().into()).collect();
    let (empty, full) = (block(vec![]), block(vec![transfer(0)]));
    let item = |block: &Block, certificate: String| {
        format!(r#"{{"block":"{}","certificate":{certificate}}}"#, Bytes::from(block.encode()))
    };
    let certificate = Bytes::from(committee().certify(3, 9, full.hash()).0);
    let (hash, mixed) = (full.hash(), kinds().map(|(_, tx)| tx));
    let whole = ConsensusBlock::new(full.clone()).unwrap();
    let page = format!("[{},{}]", item(&empty, "null".into()), item(&full, format!("\"{certificate}\"")));
    vec![
        ("gossip", "hello", GossipMessage::Hello(Hello { height: 7 }).encode()),
        ("gossip", "transactions", GossipMessage::Transactions(raw).encode()),
        ("relay", "compact", RelayMessage::Compact(Box::new(CompactBlock::of(&full))).encode()),
        ("relay", "whole", RelayMessage::Whole(whole).encode()),
        ("relay", "ask_parts", RelayMessage::AskParts { block: hash, indices: vec![0, 3, 300] }.encode()),
        ("relay", "ask_whole", RelayMessage::AskWhole { block: hash }.encode()),
        ("relay", "parts", RelayMessage::Parts { block: hash, transactions: mixed.to_vec() }.encode()),
        ("feed", "page", page.into_bytes()),
        ("feed", "end", b"[]".to_vec()),
    ]
}

fn documents() -> Vec<Seed> {
    let validator = |n: u8| Validator {
        name: format!("v{n}"),
        operator: B256::repeat_byte(n),
        reward: Address::repeat_byte(n),
        p2p: format!("127.0.0.1:{n}"),
    };
    let mut spec = ChainSpec::devnet((1..=4).map(validator).collect(), 1_700_000_000_000);
    let account = spec.alloc.entry(TO).or_default();
    account.code = vec![0x60, 0, 0xf3].into();
    account.storage.insert(U256::from(1), U256::from(2));
    let config = althing_node::config::NodeConfig::default().to_documented_toml();
    let small =
        "[rpc]\nlisten = \"0.0.0.0:8545\"\n[follow]\nurls = [\"ws://a:1\"]\n[node]\nrole = \"follower\"\n";
    vec![
        ("chain_spec", "devnet", spec.to_json().into_bytes()),
        ("address", "hex", TO.to_string().into_bytes()),
        ("address", "io", TO.to_io().into_bytes()),
        ("config", "default", config.into_bytes()),
        ("config", "follower", small.into()),
    ]
}

/// Key files were made once, since their making draws random salts.
fn keys() -> Vec<Seed> {
    vec![
        ("operator_key", "light", include_bytes!("operator.json").to_vec()),
        ("account_key", "light", include_bytes!("account.json").to_vec()),
    ]
}

fn rpc() -> Vec<Seed> {
    let call = |method: &str, params: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#)
    };
    let raw = Bytes::from(transfer(0).encoded_2718());
    let filter = format!(
        r#"[{{"fromBlock":"0x0","toBlock":"latest","address":"{TO}","topics":[null,["{}"]]}}]"#,
        B256::ZERO
    );
    let request = format!(r#"{{"from":"{TO}","to":"{TO}","value":"0x1","gas":"0x5208","input":"0x00"}}"#);
    let overrides = format!(r#"{{"{TO}":{{"balance":"0x1","code":"0x00","state":{{}}}}}}"#);
    let tracer = r#"{"tracer":"callTracer","tracerConfig":{"onlyTopCall":true},"timeout":"5s"}"#;
    let hash = B256::ZERO;
    let requests = [
        ("chain_id", call("eth_chainId", "[]")),
        ("block", call("eth_getBlockByNumber", r#"["0x0",true]"#)),
        ("block_of", call("eth_getBlockByHash", &format!(r#"["{hash}",false]"#))),
        ("balance", call("eth_getBalance", &format!(r#"["{TO}",{{"blockNumber":"0x0"}}]"#))),
        ("storage", call("eth_getStorageAt", &format!(r#"["{TO}","0x0","finalized"]"#))),
        ("logs", call("eth_getLogs", &filter)),
        ("new_filter", call("eth_newFilter", &filter)),
        ("changes", call("eth_getFilterChanges", r#"["0x1"]"#)),
        ("call", call("eth_call", &format!(r#"[{request},"latest",{overrides},{{"number":"0x1"}}]"#))),
        ("estimate", call("eth_estimateGas", &format!("[{request}]"))),
        ("access_list", call("eth_createAccessList", &format!("[{request}]"))),
        ("send", call("eth_sendRawTransaction", &format!(r#"["{raw}"]"#))),
        ("send_sync", call("eth_sendRawTransactionSync", &format!(r#"["{raw}","0x1"]"#))),
        ("receipt", call("eth_getTransactionReceipt", &format!(r#"["{hash}"]"#))),
        ("fees", call("eth_feeHistory", r#"["0x5","latest",[10,50.5]]"#)),
        ("trace", call("debug_traceTransaction", &format!(r#"["{hash}",{tracer}]"#))),
        ("trace_call", call("debug_traceCall", &format!(r#"[{request},"latest",{tracer}]"#))),
        ("otterscan", call("ots_searchTransactionsBefore", &format!(r#"["{TO}",0,25]"#))),
        ("certificate", call("althing_getCertificate", r#"["0x0"]"#)),
        ("blocks", call("althing_getBlocks", r#"["0x0","0x1"]"#)),
        ("subscribe", call("eth_subscribe", r#"["logs",{"address":[]}]"#)),
        ("pool", call("txpool_contentFrom", &format!(r#"["{TO}"]"#))),
        ("named", call("eth_getBalance", &format!(r#"{{"address":"{TO}","block":"latest"}}"#))),
        ("discover", call("rpc.discover", "[]")),
    ];
    let batch = format!("[{},{},{{}},7]", requests[0].1, requests[1].1);
    let mut seeds: Vec<Seed> =
        requests.into_iter().map(|(name, text)| ("rpc", name, text.into_bytes())).collect();
    seeds.push(("rpc", "batch", batch.into_bytes()));
    seeds.push(("rpc", "notification", br#"{"jsonrpc":"2.0","method":"eth_chainId"}"#.to_vec()));
    seeds
}

fn state() -> Vec<Seed> {
    let account = AccountRecord { nonce: 3, balance: U256::from(1) << 200, code_hash: B256::repeat_byte(4) };
    let change = |key, before, after| Change { key, before, after };
    let changes = [
        change(StateKey::Account(TO), None, Some(StateValue::Account(account))),
        change(StateKey::Account(TO), Some(StateValue::Account(AccountRecord::default())), None),
        change(StateKey::Slot(TO, U256::from(7)), Some(StateValue::Slot(U256::MAX)), None),
        change(StateKey::Code(B256::repeat_byte(4)), None, Some(StateValue::Code(vec![0x60, 0].into()))),
    ];
    let log = Log::new_unchecked(TO, vec![B256::repeat_byte(1)], vec![2; 40].into());
    let plain = PlainReceipt { status: true.into(), cumulative_gas_used: 21_000, logs: vec![log.clone()] };
    let receipts = [
        Receipt::from_typed(alloy_consensus::TxType::Legacy, plain.clone()),
        Receipt::from_typed(alloy_consensus::TxType::Eip7702, plain),
    ];
    let kinds = [
        ("changes", encode_changes(&changes)),
        ("receipts", encode_receipts(&receipts)),
        ("senders", encode_senders(&[TO, Address::ZERO])),
        ("account", alloy_rlp::encode(account)),
        ("seal", alloy_rlp::encode(block(vec![]).seal())),
        ("logs", encode_logs(&[log])),
    ];
    let seed = |(kind, (name, bytes)): (usize, (&'static str, Vec<u8>))| {
        ("state_codec", name, [&[kind as u8], bytes.as_slice()].concat())
    };
    kinds.into_iter().enumerate().map(seed).collect()
}
