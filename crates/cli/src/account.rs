//! `althing account`: keys and balances.

use crate::keystore::{self, Keystore};
use crate::report::{Report, both_forms, table};
use crate::{Exit, amount, devnet, failure::Failure, terminal};
use alloy_signer_local::{MnemonicBuilder, PrivateKeySigner};
use althing_client::Client;
use althing_primitives::{Address, AddressExt, parse_address};
use clap::Subcommand;
use serde_json::json;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// Chain id of devnets: the only network on which a key may stand on a command line.
const DEVNET_CHAIN_ID: u64 = 930_931;

/// Commands about accounts.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a key and encrypt it.
    New {
        /// Name of the key's file.
        name: String,
        /// Where keys are kept.
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Encrypt a key that exists: asked for, or of a file. A private key in hex, or a mnemonic.
    Import {
        /// Name of the key's file.
        name: String,
        /// File with the private key in hex, or with the mnemonic.
        #[arg(long)]
        from_file: Option<PathBuf>,
        /// Which account of a mnemonic.
        #[arg(long, default_value_t = 0)]
        index: u32,
        /// Where keys are kept.
        #[command(flatten)]
        store: StoreArgs,
    },
    /// List the encrypted keys.
    List {
        /// Where keys are kept.
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Show the balance of an account.
    Balance {
        /// Address (0x or io1) or name of a key.
        account: String,
        /// Where keys are kept.
        #[command(flatten)]
        store: StoreArgs,
    },
}

/// Where keys are kept and what opens them.
#[derive(Clone, Debug, clap::Args)]
pub struct StoreArgs {
    /// Folder of encrypted keys. Default: ~/.althing/keystore.
    #[arg(long, env = "ALTHING_KEYSTORE", value_name = "DIR")]
    pub keystore: Option<PathBuf>,
    /// File with the password; else it is asked for.
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}

/// Whose key signs.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SignerArgs {
    /// Key that signs: name, address or file.
    #[arg(long, env = "ALTHING_FROM", value_name = "KEY")]
    pub(crate) from: Option<String>,
    /// Sign with a well-known devnet account (0 to 9; 10 to 19 are those that nodes are rewarded on).
    #[arg(long, conflicts_with = "from", value_name = "INDEX")]
    pub(crate) dev_account: Option<usize>,
    /// Private key in hex; on devnets only, because other users see command lines.
    #[arg(long, conflicts_with_all = ["from", "dev_account"], value_name = "HEX")]
    pub(crate) private_key: Option<String>,
    /// Where keys are kept.
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

impl SignerArgs {
    /// The signer's address; no password is needed for it.
    pub(crate) async fn address(&self, client: &Client) -> Result<Address, Failure> {
        match &self.from {
            Some(who) if self.dev_account.is_none() && self.private_key.is_none() => {
                resolve(who, &self.store)
            }
            _ => Ok(self.signer(client).await?.address()),
        }
    }

    /// Opens the key.
    pub(crate) async fn signer(&self, client: &Client) -> Result<PrivateKeySigner, Failure> {
        if self.dev_account.is_some() || self.private_key.is_some() {
            let chain_id = client.chain_id().await?;
            if chain_id != DEVNET_CHAIN_ID {
                return Err(Failure::new(
                    Exit::Key,
                    format!(
                        "--dev-account and --private-key are for devnets (chain id {DEVNET_CHAIN_ID}), and this is chain {chain_id}: import the key and use --from"
                    ),
                ));
            }
        }
        if let Some(index) = self.dev_account {
            return devnet::devnet_key(index).ok_or_else(|| Failure::usage("devnet accounts are 0 to 19"));
        }
        if let Some(text) = &self.private_key {
            return key_of(text, 0);
        }
        let Some(who) = &self.from else {
            return Err(Failure::new(
                Exit::Key,
                "no key to sign with: give --from, or --dev-account on a devnet",
            ));
        };
        let path = Keystore::new(self.store.keystore.clone())?.find(who)?;
        let password = terminal::password(self.store.password_file.as_deref(), "Password of the key", false)?;
        keystore::open(&path, &password)
    }
}

/// An address in either form, or the name of a key.
pub(crate) fn resolve(who: &str, store: &StoreArgs) -> Result<Address, Failure> {
    match parse_address(who) {
        Ok(address) => Ok(address),
        Err(error) => Keystore::new(store.keystore.clone())?
            .address(who)?
            .ok_or_else(|| Failure::usage(format!("{error}; nor is it the name of a key"))),
    }
}

fn key_of(text: &str, index: u32) -> Result<PrivateKeySigner, Failure> {
    let text = text.trim();
    let wrong = |e: String| {
        Failure::new(Exit::Key, format!("neither a private key of 64 hex digits nor a mnemonic: {e}"))
    };
    match text.contains(char::is_whitespace) {
        true => MnemonicBuilder::from_phrase(text)
            .index(index)
            .and_then(|builder| builder.build())
            .map_err(|e| wrong(e.to_string())),
        false => text.parse::<PrivateKeySigner>().map_err(|e| wrong(e.to_string())),
    }
}

pub(crate) async fn run(command: Command, rpc: String) -> Result<Report, Failure> {
    match command {
        Command::New { name, store } => add(&name, &PrivateKeySigner::random(), &store),
        Command::Import { name, from_file, index, store } => {
            let text = match from_file {
                Some(path) => {
                    Zeroizing::new(std::fs::read_to_string(&path).map_err(Failure::io("read", &path))?)
                }
                None => terminal::password(None, "Private key or mnemonic", false)?,
            };
            add(&name, &key_of(&text, index)?, &store)
        }
        Command::List { store } => list(&store),
        Command::Balance { account, store } => {
            let address = resolve(&account, &store)?;
            let client = Client::new(&rpc)?;
            let (balance, nonce) = futures::try_join!(client.balance(address), client.nonce(address))?;
            let json = json!({
                "address": address, "io": address.to_io(), "balance_rau": balance.to_string(),
                "balance": amount::format(balance), "nonce": nonce.to_string(),
            });
            Ok(Report::facts(
                json,
                &[
                    ("account", both_forms(address)),
                    ("balance", amount::format(balance)),
                    ("next nonce", nonce.to_string()),
                ],
            ))
        }
    }
}

fn add(name: &str, key: &PrivateKeySigner, store: &StoreArgs) -> Result<Report, Failure> {
    let password = terminal::password(store.password_file.as_deref(), "Password for the key", true)?;
    let path = Keystore::new(store.keystore.clone())?.add(name, key, &password)?;
    let address = key.address();
    let json = json!({"name": name, "address": address, "io": address.to_io(), "file": path});
    let file = path.display().to_string();
    Ok(Report::facts(
        json,
        &[("name", name.into()), ("account", both_forms(address)), ("back this up", file)],
    ))
}

fn list(store: &StoreArgs) -> Result<Report, Failure> {
    let entries = Keystore::new(store.keystore.clone())?.list()?;
    let json = entries.iter().map(
        |entry| json!({"name": entry.name, "address": entry.address, "io": entry.address.map(|a| a.to_io())}),
    );
    let json = json.collect();
    let row = |entry: keystore::Entry| {
        let forms = entry.address.map(|a| (a.to_string(), a.to_io())).unwrap_or_default();
        vec![entry.name, forms.0, forms.1]
    };
    Ok(Report::new(json, table(&["name", "address", "the same as io1"], entries.into_iter().map(row))))
}
