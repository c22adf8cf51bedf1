//! Account keys in Web3 Secret Storage files (version 3), which wallets and Ethereum tools read and write as well.

use crate::{Exit, failure::Failure};
use aes::Aes128;
use aes::cipher::{KeyIvInit, StreamCipher};
use alloy_primitives::{hex, keccak256};
use alloy_signer_local::PrivateKeySigner;
use althing_primitives::{Address, parse_address};
use serde::{Deserialize, Serialize};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

type Cipher = ctr::Ctr128BE<Aes128>;

const VERSION: u8 = 3;
const CIPHER: &str = "aes-128-ctr";
const KDF: &str = "scrypt";
/// 2^18: what wallets call the standard strength.
const LOG_N: u8 = 18;
/// Costlier files are refused: scrypt takes 128 n r bytes of memory, and p times as long.
const MAX_MEMORY_BYTES: u64 = 1024 * 1024 * 1024;
const MAX_P: u32 = 16;
const SCRYPT_R: u32 = 8;
const SCRYPT_P: u32 = 1;
const KEY_BYTES: usize = 32;
const MAX_FILE_BYTES: u64 = 64 * 1024;

#[derive(Debug, Serialize, Deserialize)]
struct KeyFile {
    #[serde(default)]
    address: String,
    #[serde(alias = "Crypto")]
    crypto: Crypto,
    #[serde(default)]
    id: String,
    version: u8,
}

#[derive(Debug, Serialize, Deserialize)]
struct Crypto {
    cipher: String,
    cipherparams: CipherParams,
    ciphertext: String,
    kdf: String,
    kdfparams: serde_json::Value,
    mac: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct CipherParams {
    iv: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct ScryptParams {
    dklen: usize,
    n: u64,
    p: u32,
    r: u32,
    salt: String,
}

/// A folder of key files.
#[derive(Clone, Debug)]
pub(crate) struct Keystore {
    dir: PathBuf,
}

/// A key file that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) address: Option<Address>,
}

impl Keystore {
    /// The folder that was asked for, else `~/.althing/keystore`.
    pub(crate) fn new(dir: Option<PathBuf>) -> Result<Self, Failure> {
        let dir = match dir {
            Some(dir) => dir,
            None => std::env::home_dir()
                .ok_or_else(|| Failure::usage("there is no home folder: give --keystore"))?
                .join(".althing/keystore"),
        };
        Ok(Self { dir })
    }

    /// All key files, by name.
    pub(crate) fn list(&self) -> Result<Vec<Entry>, Failure> {
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(Failure::io("list", &self.dir)(e)),
        };
        let mut found: Vec<Entry> = entries
            .flatten()
            .filter_map(|entry| {
                let file = read(&entry.path()).ok()?;
                let address = file.address.parse().ok();
                Some(Entry { name: entry.file_name().into_string().ok()?, address })
            })
            .collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// Encrypts a key into a new file.
    pub(crate) fn add(&self, name: &str, key: &PrivateKeySigner, password: &str) -> Result<PathBuf, Failure> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
        if name.is_empty() || name.len() > 64 || !name.bytes().all(allowed) {
            return Err(Failure::usage(format!(
                "`{name}` is no name for a key: use 1 to 64 letters, digits, - and _"
            )));
        }
        fs::create_dir_all(&self.dir).map_err(Failure::io("create", &self.dir))?;
        let path = self.dir.join(name);
        let text =
            serde_json::to_string_pretty(&encrypt(key, password, LOG_N)).expect("only text and numbers");
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let mut file = options.open(&path).map_err(Failure::io("create", &path))?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(Failure::io("write", &path))?;
        Ok(path)
    }

    /// The address of a name in the folder.
    pub(crate) fn address(&self, name: &str) -> Result<Option<Address>, Failure> {
        Ok(self.list()?.into_iter().find(|entry| entry.name == name).and_then(|entry| entry.address))
    }

    /// The file of an account, given its name, its address in either form, or a path.
    pub(crate) fn find(&self, who: &str) -> Result<PathBuf, Failure> {
        let wanted = parse_address(who).ok();
        let entry =
            self.list()?.into_iter().find(|e| e.name == who || (wanted.is_some() && e.address == wanted));
        match entry {
            Some(entry) => Ok(self.dir.join(entry.name)),
            None if Path::new(who).is_file() => Ok(who.into()),
            None => Err(Failure::new(
                Exit::NotFound,
                format!(
                    "no key of `{who}` in {}: see `althing account list`, or import it",
                    self.dir.display()
                ),
            )),
        }
    }
}

/// Opens a key file.
pub(crate) fn open(path: &Path, password: &str) -> Result<PrivateKeySigner, Failure> {
    decrypt(&read(path)?, password)
        .map_err(|reason| Failure::new(Exit::Key, format!("{}: {reason}", path.display())))
}

fn read(path: &Path) -> Result<KeyFile, Failure> {
    let length = fs::metadata(path).map_err(Failure::io("read", path))?.len();
    let wrong =
        |reason: String| Failure::new(Exit::Key, format!("{} is no key file: {reason}", path.display()));
    if length > MAX_FILE_BYTES {
        return Err(wrong(format!("it has {length} bytes")));
    }
    let text = fs::read_to_string(path).map_err(Failure::io("read", path))?;
    serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))
}

fn encrypt(key: &PrivateKeySigner, password: &str, log_n: u8) -> KeyFile {
    let (salt, iv) = (rand::random::<[u8; 32]>(), rand::random::<[u8; 16]>());
    let derived = derive(password, &salt, log_n, SCRYPT_R, SCRYPT_P).expect("our own parameters are valid");
    let mut text = key.to_bytes().0;
    apply(&derived, &iv, &mut text);
    let kdfparams =
        ScryptParams { dklen: KEY_BYTES, n: 1 << log_n, p: SCRYPT_P, r: SCRYPT_R, salt: hex::encode(salt) };
    let crypto = Crypto {
        cipher: CIPHER.into(),
        cipherparams: CipherParams { iv: hex::encode(iv) },
        ciphertext: hex::encode(text),
        kdf: KDF.into(),
        kdfparams: serde_json::to_value(kdfparams).expect("only text and numbers"),
        mac: hex::encode(mac(&derived, &text)),
    };
    KeyFile { address: hex::encode(key.address()), crypto, id: uuid(), version: VERSION }
}

/// Checks all of a key file that needs no password.
pub fn check_key_file(text: &str) -> Result<(), String> {
    let file: KeyFile = serde_json::from_str(text).map_err(|e| e.to_string())?;
    sealed(&file).map(drop)
}

/// What a key file holds, with parameters that are safe to use.
struct Sealed {
    log_n: u8,
    r: u32,
    p: u32,
    salt: Vec<u8>,
    iv: Vec<u8>,
    text: Zeroizing<Vec<u8>>,
    mac: Vec<u8>,
}

fn sealed(file: &KeyFile) -> Result<Sealed, String> {
    let crypto = &file.crypto;
    if file.version != VERSION || crypto.cipher != CIPHER || crypto.kdf != KDF {
        return Err(format!("version {}, {}, {} is not known", file.version, crypto.cipher, crypto.kdf));
    }
    let unhex = |what: &str, text: &str| hex::decode(text).map_err(|e| format!("{what} is not hex: {e}"));
    let params: ScryptParams = serde_json::from_value(crypto.kdfparams.clone()).map_err(|e| e.to_string())?;
    let salt = unhex("salt", &params.salt)?;
    let iv = unhex("iv", &crypto.cipherparams.iv)?;
    let text = Zeroizing::new(unhex("ciphertext", &crypto.ciphertext)?);
    let mac = unhex("mac", &crypto.mac)?;
    let ScryptParams { dklen, n, p, r, .. } = params;
    let memory = n.checked_mul(128).and_then(|bytes| bytes.checked_mul(r.into()));
    if iv.len() != 16
        || dklen != KEY_BYTES
        || !n.is_power_of_two()
        || memory.is_none_or(|bytes| bytes > MAX_MEMORY_BYTES)
        || p > MAX_P
    {
        return Err("its parameters are out of bounds".into());
    }
    let log_n = u8::try_from(n.trailing_zeros()).expect("64 bits have at most 64 zeros");
    scrypt::Params::new(log_n, r, p).map_err(|e| e.to_string())?;
    Ok(Sealed { log_n, r, p, salt, iv, text, mac })
}

fn decrypt(file: &KeyFile, password: &str) -> Result<PrivateKeySigner, String> {
    let Sealed { log_n, r, p, salt, iv, mut text, mac: expected } = sealed(file)?;
    let derived = derive(password, &salt, log_n, r, p)?;
    if mac(&derived, &text).as_slice() != expected {
        return Err("wrong password, or the file is damaged".into());
    }
    apply(&derived, &iv, &mut text);
    PrivateKeySigner::from_slice(&text).map_err(|e| format!("it holds no valid key: {e}"))
}

fn derive(
    password: &str,
    salt: &[u8],
    log_n: u8,
    r: u32,
    p: u32,
) -> Result<Zeroizing<[u8; KEY_BYTES]>, String> {
    let params = scrypt::Params::new(log_n, r, p).map_err(|e| e.to_string())?;
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    scrypt::scrypt(password.as_bytes(), salt, &params, key.as_mut_slice()).map_err(|e| e.to_string())?;
    Ok(key)
}

fn mac(derived: &[u8; KEY_BYTES], ciphertext: &[u8]) -> [u8; 32] {
    keccak256([&derived[16..], ciphertext].concat()).0
}

fn apply(derived: &[u8; KEY_BYTES], iv: &[u8], text: &mut [u8]) {
    Cipher::new_from_slices(&derived[..16], iv).expect("both are 16 bytes").apply_keystream(text);
}

/// A random identifier in the form that the standard asks for.
fn uuid() -> String {
    let mut bytes = rand::random::<[u8; 16]>();
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let text = hex::encode(bytes);
    [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIGHT: u8 = 10;

    #[test]
    fn a_key_survives_its_file_and_a_wrong_password_or_a_changed_file_does_not_open_it() {
        let key = PrivateKeySigner::random();
        let mut file = encrypt(&key, "horse", LIGHT);
        assert_eq!(decrypt(&file, "horse").unwrap(), key);
        assert!(decrypt(&file, "mule").unwrap_err().contains("wrong password"));
        file.crypto.mac = "00".repeat(32);
        assert!(decrypt(&file, "horse").is_err());
        for (field, value) in
            [("n", "3"), ("n", "1099511627776"), ("r", "4194304"), ("r", "0"), ("p", "17"), ("dklen", "8")]
        {
            let mut file = encrypt(&key, "horse", LIGHT);
            file.crypto.kdfparams[field] = value.parse::<u64>().unwrap().into();
            assert!(decrypt(&file, "horse").is_err(), "{field} {value}");
        }
        // Each within its bound, but two GiB together.
        let mut file = encrypt(&key, "horse", LIGHT);
        file.crypto.kdfparams["n"] = (1u64 << 20).into();
        file.crypto.kdfparams["r"] = 16.into();
        assert!(sealed(&file).is_err());
        let mut file = encrypt(&key, "horse", LIGHT);
        file.crypto.cipherparams.iv = "00".into();
        assert!(decrypt(&file, "horse").is_err());
    }

    #[test]
    fn other_tools_open_our_files() {
        let dir = tempfile::tempdir().unwrap();
        let key = PrivateKeySigner::random();
        let path = dir.path().join("key");
        fs::write(&path, serde_json::to_string(&encrypt(&key, "horse", LIGHT)).unwrap()).unwrap();
        assert_eq!(PrivateKeySigner::decrypt_keystore(&path, "horse").unwrap(), key);
    }

    #[test]
    fn names_stay_in_the_folder_and_files_are_found_by_name_or_address() {
        let dir = tempfile::tempdir().unwrap();
        let store = Keystore::new(Some(dir.path().join("keys"))).unwrap();
        assert_eq!(store.list().unwrap(), []);
        let key = PrivateKeySigner::random();
        for name in ["", "../x", "a b", "."] {
            assert!(store.add(name, &key, "horse").is_err(), "{name}");
        }
        fs::create_dir_all(dir.path().join("keys")).unwrap();
        let text = serde_json::to_string(&encrypt(&key, "horse", LIGHT)).unwrap();
        fs::write(dir.path().join("keys/alice"), text).unwrap();
        assert_eq!(store.address("alice").unwrap(), Some(key.address()));
        for who in ["alice".to_string(), key.address().to_string()] {
            assert!(store.find(&who).unwrap().ends_with("alice"));
        }
        assert_eq!(store.find("bob").unwrap_err().exit, Exit::NotFound);
    }
}
