//! The index as it grows: blocks of 2,000 transfers of tokens among 100,000 accounts, and what appending, looking up and
//! opening cost at each size. `ALTHING_INDEX_SIZES` names the sizes in transactions, ascending and with commas between.
//! The file's pages that were used last are in the system's memory, as they are on a node. Prints rows of a table.

#![allow(clippy::disallowed_methods, reason = "a benchmark measures time")]

use alloy_consensus::{Eip658Value, Receipt as PlainReceipt, SignableTransaction, TxEip1559, TxType};
use alloy_primitives::{Address, B256, Log, Signature, TxKind, U256, b256, keccak256};
use althing_indexer::{Index, IndexConfig, IndexError, LogLimits, LogQuery};
use althing_primitives::{
    AccountRecord, Block, Change, FinalizedBlock, Header, Height, Receipt, Seal, StateKey, StateValue,
    Transaction,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const SIZES: &str = "ALTHING_INDEX_SIZES";
const DEFAULT_SIZES: &str = "1000000,3000000,10000000";

const TRANSACTIONS: u64 = 2_000;
const ACCOUNTS: u64 = 100_000;
const TOKENS: u64 = 500;
/// One in so many transfers is a mint: it comes from nobody.
const MINTS: u64 = 50;
/// Blocks at the end of a size over which appending is measured.
const MEASURED_BLOCKS: u64 = 100;
/// Look-ups of each kind, each of something else.
const TRIES: u64 = 100;
/// Transactions of a page of an account's activity.
const PAGE: usize = 25;
/// As JSON-RPC limits queries.
const LIMITS: LogLimits = LogLimits { max_results: 20_000, max_range: 100_000 };
/// As a node that is no archive keeps old state.
const CONFIG: IndexConfig = IndexConfig { archive: false, history_blocks: 1_024 };
/// `Transfer(address,address,uint256)`.
const TRANSFER: B256 = b256!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");

fn address(kind: &str, number: u64) -> Address {
    Address::from_word(keccak256([kind.as_bytes(), &number.to_be_bytes()].concat()))
}

/// The chain that is appended. Its numbers come from a linear generator.
struct Chain {
    number: u64,
    accounts: Vec<Address>,
    tokens: Vec<Address>,
    nonces: Vec<u64>,
    parent: B256,
    height: Height,
    /// One transaction of each block.
    hashes: Vec<B256>,
}

impl Chain {
    fn new() -> Self {
        Self {
            number: 1,
            accounts: (0..ACCOUNTS).map(|number| address("account", number)).collect(),
            tokens: (0..TOKENS).map(|number| address("token", number)).collect(),
            nonces: vec![0; ACCOUNTS as usize],
            parent: B256::ZERO,
            height: 0,
            hashes: Vec::new(),
        }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.number =
            self.number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.number >> 33) % bound
    }

    /// A transfer of a token: the transaction, its sender, its log; and the keys that it changes.
    fn transfer(&mut self) -> (Transaction, Address, Log, [StateKey; 3]) {
        let (from, to) = (self.below(ACCOUNTS) as usize, self.below(ACCOUNTS) as usize);
        let token = self.below(TOKENS) as usize;
        let token = self.tokens[token];
        let (sender, recipient) = (self.accounts[from], self.accounts[to]);
        let owner = if self.below(MINTS) == 0 { Address::ZERO } else { sender };
        let (nonce, to) = (self.nonces[from], TxKind::Call(token));
        self.nonces[from] += 1;
        let input = [[0; 16].as_slice(), recipient.as_slice(), &[0; 32]].concat().into();
        let tx = TxEip1559 { chain_id: 1, nonce, gas_limit: 80_000, to, input, ..Default::default() };
        let signature = Signature::new(U256::from_be_slice(sender.as_slice()), U256::MAX, false);
        let topics = vec![TRANSFER, owner.into_word(), recipient.into_word()];
        let log = Log::new_unchecked(token, topics, vec![7; 32].into());
        let slot = |account: Address| StateKey::Slot(token, account.into_word().into());
        let keys = [StateKey::Account(sender), slot(owner), slot(recipient)];
        (tx.into_signed(signature).into(), sender, log, keys)
    }

    fn block(&mut self) -> Arc<FinalizedBlock> {
        let (mut transactions, mut senders, mut receipts) = (Vec::new(), Vec::new(), Vec::new());
        let mut changes = BTreeMap::new();
        for number in 1..=TRANSACTIONS {
            let (transaction, sender, log, keys) = self.transfer();
            transactions.push(transaction);
            senders.push(sender);
            let status = Eip658Value::Eip658(true);
            let plain = PlainReceipt { status, cumulative_gas_used: 50_000 * number, logs: vec![log] };
            receipts.push(Receipt::from_typed(TxType::Eip1559, plain));
            changes.extend(keys.map(|key| (key, value(&key))));
        }
        let changes = changes.into_iter();
        let changes =
            changes.map(|(key, value)| Change { key, before: value.clone(), after: value }).collect();
        let header = Header { number: self.height, parent_hash: self.parent, ..Default::default() };
        let block = Block::new(header, Seal::default(), transactions);
        (self.height, self.parent) = (self.height + 1, block.hash());
        self.hashes.push(*block.transactions()[0].tx_hash());
        let (system_logs, certificate) = (Vec::new(), None);
        Arc::new(FinalizedBlock { block, senders, receipts, system_logs, changes, certificate })
    }
}

/// Some value of a key.
fn value(key: &StateKey) -> Option<StateValue> {
    let balance = U256::from(10).pow(U256::from(20));
    Some(match key {
        StateKey::Account(_) => {
            StateValue::Account(AccountRecord { nonce: 9, balance, ..Default::default() })
        }
        _ => StateValue::Slot(balance),
    })
}

/// Appends until the chain has a height; gives the rate over the last blocks.
fn grow(index: &Index, chain: &mut Chain, height: Height) -> f64 {
    let (first, mut took) = (chain.height, Duration::ZERO);
    while chain.height < height {
        let is_measured = chain.height + MEASURED_BLOCKS >= height;
        let block = chain.block();
        let start = Instant::now();
        index.append(&block).expect("in order");
        took += if is_measured { start.elapsed() } else { Duration::ZERO };
    }
    let blocks = (height - first).min(MEASURED_BLOCKS);
    (blocks * TRANSACTIONS) as f64 / took.as_secs_f64()
}

/// Median and longest time of look-ups, in milliseconds, and how much the last one found.
fn look_up(what: &str, find: impl Fn(u64) -> String) {
    let mut times = Vec::new();
    let mut found = String::new();
    for number in 0..TRIES {
        let start = Instant::now();
        found = find(number);
        times.push(start.elapsed());
        // A look-up that is this slow needs no median of many.
        if times.iter().sum::<Duration>() > Duration::from_secs(10) {
            break;
        }
    }
    times.sort_unstable();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let (median, longest) = (ms(times[times.len() / 2]), ms(times[times.len() - 1]));
    println!("| {what} | {median:.2} ms | {longest:.2} ms | {found} |");
}

fn look_ups(index: &Index, chain: &Chain) {
    let latest = chain.height - 1;
    let (accounts, tokens) = (&chain.accounts, &chain.tokens);
    let hash = |number: u64| chain.hashes[(number * 7_919) as usize % chain.hashes.len()];
    let found = |n: usize| format!("{n}");
    look_up("a transaction's place by its hash", |n| {
        found(usize::from(index.transaction(&hash(n)).expect("readable").is_some()))
    });
    let page = |address: &Address, before| {
        found(index.activity_before(address, before, PAGE).expect("readable").transactions.len())
    };
    look_up("newest 25 of an account", |n| page(&accounts[n as usize], None));
    look_up("newest 25 of a token", |n| page(&tokens[n as usize], None));
    look_up("25 of a token in the middle", |n| page(&tokens[n as usize], Some(latest / 2)));
    let topics = |topic0: &[B256], from: &[B256], to: &[B256]| {
        [topic0.to_vec(), from.to_vec(), to.to_vec(), Vec::new()]
    };
    let logs = |from: Height, addresses: &[Address], topics: [Vec<B256>; 4]| {
        let query = LogQuery { from, to: latest, addresses: addresses.to_vec(), topics };
        match index.logs(&query, LIMITS) {
            Ok(logs) => found(logs.len()),
            Err(IndexError::TooManyResults { limit, .. }) => format!("more than {limit}"),
            Err(error) => panic!("{error}"),
        }
    };
    let token = |n: u64| [tokens[n as usize]];
    let account = |n: u64| [accounts[n as usize].into_word()];
    let recent = chain.height.saturating_sub(1_000);
    let all = [TRANSFER];
    look_up("logs of a token, last 1,000 blocks", |n| logs(recent, &token(n), topics(&[], &[], &[])));
    look_up("transfers to an account, all blocks", |n| logs(0, &[], topics(&all, &[], &account(n))));
    look_up("transfers of a token from an account, all blocks", |n| {
        logs(0, &token(n), topics(&all, &account(n), &[]))
    });
    look_up("all transfers, all blocks", |_| logs(0, &[], topics(&all, &[], &[])));
    look_up("transfers and approvals, all blocks", |_| {
        logs(0, &[], topics(&[TRANSFER, B256::ZERO], &[], &[]))
    });
    look_up("mints of a token, all blocks", |n| logs(0, &token(n), topics(&all, &[B256::ZERO], &[])));
}

/// Bytes of the files in a folder.
fn bytes(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).expect("a folder");
    files.map(|file| file.expect("a file").metadata().expect("its size").len()).sum()
}

/// Memory of this process in MiB, where the system tells it.
fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib / 1024)
}

fn main() {
    let sizes = std::env::var(SIZES).unwrap_or_else(|_| DEFAULT_SIZES.into());
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a temporary folder");
    let path = folder.path().join("index.sqlite");
    let mut chain = Chain::new();
    for size in sizes.split(',') {
        let size: u64 = size.trim().parse().expect("sizes are numbers");
        let index = Index::open(&path, CONFIG).expect("an index");
        let rate = grow(&index, &mut chain, size.div_ceil(TRANSACTIONS));
        let memory = memory().map_or("unknown".into(), |mib| format!("{mib} MiB"));
        drop(index);
        let start = Instant::now();
        let index = Index::open(&path, CONFIG).expect("an index");
        let opened = start.elapsed().as_secs_f64() * 1e3;
        let each = bytes(folder.path()) as f64 / size as f64;
        println!(
            "\n{size} transactions: {rate:.0} appended a second, {each:.0} bytes each, {memory}, opened in {opened:.1} ms\n"
        );
        println!("| what | median | longest | found |\n|---|---|---|---|");
        look_ups(&index, &chain);
    }
}
