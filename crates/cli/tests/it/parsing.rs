//! What parses and what does not.

use althing_cli::Cli;
use clap::{CommandFactory, Parser};

const HASH: &str = "0x1111111111111111111111111111111111111111111111111111111111111111";

#[test]
fn the_command_tree_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn the_documented_ways_to_call_it_parse() {
    for line in [
        "devnet",
        "devnet --nodes 7 --dir /tmp/x --fresh --port 9000 --p2p-port 9100 --block-time 250 --log debug",
        "devnet --json",
        "devnet --candidates 8 --committee 4",
        "node init --dir n --role follower --follow ws://a:1 --follow ws://b:1",
        "node run --config a.toml --dir n",
        "node run --follow ws://a:1 --genesis g.json --archive",
        "node run --supervised",
        "node status --rpc http://10.0.0.1:8545 --json",
        "node config --default",
        "genesis new g.json --preset devnet --chain-id 5 --alloc io1x=5",
        &format!("genesis add-validator g.json --name a --operator {HASH} --reward io1x --p2p 1.2.3.4:5"),
        "genesis deal g.json --node a --node b",
        "genesis ceremony g.json --node a --timeout 60 --again --verbose",
        "genesis check g.json --node a",
        "account new alice --keystore k --password-file p",
        "account import bob --from-file f --index 3",
        "account balance io1mflp9m6hcgm2qcghchsdqj3z3eccrnekx9p0ms",
        "send io1x 1.5 --from alice --yes",
        "send 0x00 --call transfer(address,uint256) 0x00 5 --dev-account 0",
        "call 0x00 balanceOf(address)(uint256) 0x00",
        "call 0x00 --data 0x1234",
        "deploy a.json --constructor (uint256,string) 5 name --dev-account 1",
        "gov list --stage voting,executable --stage spam --limit 5",
        "gov show 3 --json",
        "gov new --title Text --dev-account 0",
        "gov new --text - --set voteDays=9 --pay io1x=5 --set quorumBps=25% --call 0x00:f(uint256):1 --yes",
        &format!(
            "gov new --title T --upgrade v2 --hardfork 1 --artifact {HASH} --epoch +40 --set voteDays=9"
        ),
        "gov new --title T --upgrade v2 --hardfork 1 --artifact v2.tar.gz --epoch 4800",
        "gov support 3 --from alice",
        "gov spam 3 --dry-run",
        "gov vote 3 abstain --reason because",
        "gov cancel 3",
        "gov execute 3 --gas 9000000",
        "gov settle 3",
        "gov simulate 3",
        "gov simulate --call-data 0x00=0x1234@5gwei",
        "gov recount 3 --json",
        "gov params",
        "gov treasury",
        "chain info",
        "delegate productivity",
        "delegate productivity 7 --json",
        "delegate conduct alice",
        "delegate profile --endpoint 1.2.3.4:5 --dev-account 0",
        "chain epoch",
        "chain committee",
        "chain committee 7 --explain",
        "chain committee 7 --verify --genesis g.json --json",
        "chain block latest",
        &format!("chain tx {HASH}"),
        &format!("chain receipt {HASH} --json"),
        "chain verify 17 --genesis g.json",
        "chain proof io1mflp9m6hcgm2qcghchsdqj3z3eccrnekx9p0ms --slot 0 --slot 0x1f --verify --genesis g.json",
        "bench load --to http://a:1 --to http://b:1 --workload erc20 --rate 500 --count 100",
        "bench load --workload swaps --accounts 20",
        "bench load --workload mix",
        "bench reads --to http://a:1 --seconds 1 --workers 2 --batch 10 --pid 1 --json",
        "bench run --quick --only 1v --only 4v3f-500ms-mix --count 100 --rounds 1 --out o --dir d --json",
        "completions zsh",
        "doctor --dir n",
    ] {
        let words = std::iter::once("althing").chain(line.split(' '));
        assert!(
            Cli::try_parse_from(words.clone()).is_ok(),
            "{line}: {}",
            Cli::try_parse_from(words).unwrap_err()
        );
    }
}

#[test]
fn wrong_calls_are_refused() {
    for line in [
        "",
        "devnet --nodes 0",
        "devnet --nodes 37",
        "chain tx 0x12",
        "send",
        "send 0x00 1 --call f() --data 0x",
        "send 0x00 1 --from a --dev-account 0",
        "bench load --batch 0",
        "bench reads --seconds 0",
        "bench run --rounds 0",
        "completions tcsh",
        "node run --role king",
        "gov new",
        "gov new --title T --upgrade v2 --hardfork 1 --artifact f",
        "gov new --title T --hardfork 1",
        "gov new --title T --upgrade v2 --hardfork 1 --artifact f --epoch soon",
        "gov vote 3 maybe",
        "gov vote 3",
        "gov list --stage done",
        "gov simulate 3 --pay 0x00=1",
    ] {
        let words = std::iter::once("althing").chain(line.split_whitespace());
        assert!(Cli::try_parse_from(words).is_err(), "{line}");
    }
}
