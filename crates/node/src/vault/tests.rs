//! Each way in which keys can be wrong has its own error; a crash or a removal leaves nothing behind.

use super::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;

const SECRET: [u8; 32] = [7; 32];

fn vault(dir: &Path) -> Vault {
    Vault::create(dir, "horse", SECRET, ScryptCost::LIGHT).unwrap()
}

#[test]
fn the_operator_key_is_there_again_and_only_its_owner_can_read_it() {
    let dir = tempfile::tempdir().unwrap();
    let keys = dir.path().join("keys");
    assert_eq!(vault(&keys).operator_secret(), &SECRET);
    assert_eq!(Vault::open(&keys, "horse").unwrap().operator_secret(), &SECRET);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&keys.join(OPERATOR_FILE)), 0o600);
    assert_eq!(mode(&keys), 0o700);
    let text = fs::read_to_string(keys.join(OPERATOR_FILE)).unwrap();
    assert!(!text.contains(&hex::encode(SECRET)));
    assert!(!format!("{:?}", Vault::open(&keys, "horse").unwrap()).contains("7, 7"));
}

#[test]
fn a_key_is_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    vault(dir.path());
    let again = Vault::create(dir.path(), "other", [1; 32], ScryptCost::LIGHT);
    assert!(matches!(again, Err(VaultError::Exists(_))));
    assert_eq!(Vault::open(dir.path(), "horse").unwrap().operator_secret(), &SECRET);
}

#[test]
fn wrong_password_missing_file_and_every_flipped_byte_have_distinct_errors() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(Vault::open(dir.path(), "horse"), Err(VaultError::Missing(_))));
    vault(dir.path());
    assert!(matches!(Vault::open(dir.path(), "mule"), Err(VaultError::Password(_))));
    let path = dir.path().join(OPERATOR_FILE);
    let good = fs::read(&path).unwrap();
    for index in (0..good.len()).filter(|i| !good[*i].is_ascii_whitespace()) {
        let mut bad = good.clone();
        bad[index] ^= 1;
        fs::write(&path, &bad).unwrap();
        let result = Vault::open(dir.path(), "horse");
        assert!(matches!(result, Err(VaultError::Damaged { .. })), "byte {index}: {result:?}");
    }
    fs::write(&path, &good[..good.len() / 2]).unwrap();
    assert!(matches!(Vault::open(dir.path(), "horse"), Err(VaultError::Damaged { .. })));
}

#[test]
fn secrets_are_kept_listed_replaced_and_removed() {
    let dir = tempfile::tempdir().unwrap();
    let vault = vault(dir.path());
    let secrets = vault.secrets();
    assert!(secrets.get("share-1").unwrap().is_none());
    secrets.put("share-2", b"two").unwrap();
    secrets.put("share-1", b"one").unwrap();
    secrets.put("seed", b"").unwrap();
    secrets.put("share-1", b"uno").unwrap();
    assert_eq!(secrets.list("share-").unwrap(), ["share-1", "share-2"]);
    assert_eq!(**secrets.get("share-1").unwrap().unwrap(), *b"uno");
    secrets.remove("share-1").unwrap();
    secrets.remove("share-1").unwrap();
    let again = Vault::open(dir.path(), "horse").unwrap();
    assert_eq!(again.secrets().list("").unwrap(), ["seed", "share-2"]);
    assert_eq!(**again.secrets().get("share-2").unwrap().unwrap(), *b"two");
    let files = fs::read_dir(dir.path().join(SECRETS_DIR)).unwrap().count();
    assert_eq!(files, 2, "nothing temporary is left");
}

#[test]
fn a_changed_cut_or_renamed_secret_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let vault = vault(dir.path());
    vault.secrets().put("share-1", b"one").unwrap();
    let path = dir.path().join(SECRETS_DIR).join("share-1");
    let good = fs::read(&path).unwrap();
    assert!(!good.windows(3).any(|w| w == b"one"));
    for index in 0..good.len() {
        let mut bad = good.clone();
        bad[index] ^= 1;
        fs::write(&path, &bad).unwrap();
        assert!(matches!(vault.secrets().get("share-1"), Err(VaultError::Damaged { .. })), "byte {index}");
        fs::write(&path, &good[..index]).unwrap();
        assert!(matches!(vault.secrets().get("share-1"), Err(VaultError::Damaged { .. })), "cut at {index}");
    }
    fs::write(path.with_file_name("share-2"), &good).unwrap();
    assert!(matches!(vault.secrets().get("share-2"), Err(VaultError::Damaged { .. })));
}

#[test]
fn a_replaced_secret_is_overwritten_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let vault = vault(dir.path());
    vault.secrets().put("share", b"old").unwrap();
    let path = dir.path().join(SECRETS_DIR).join("share");
    let witness = dir.path().join("witness");
    fs::hard_link(&path, &witness).unwrap();
    vault.secrets().put("share", b"new").unwrap();
    assert!(fs::read(&witness).unwrap().iter().all(|byte| *byte == 0));
    fs::remove_file(&witness).unwrap();
    fs::hard_link(&path, &witness).unwrap();
    vault.secrets().remove("share").unwrap();
    assert!(fs::read(&witness).unwrap().iter().all(|byte| *byte == 0));
}

#[test]
fn what_a_crash_left_is_erased_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    vault(dir.path()).secrets().put("share", b"kept").unwrap();
    let secrets = dir.path().join(SECRETS_DIR);
    for name in [".new-share", ".old-share"] {
        fs::write(secrets.join(name), b"left by a crash").unwrap();
    }
    let vault = Vault::open(dir.path(), "horse").unwrap();
    assert_eq!(vault.secrets().list("").unwrap(), ["share"]);
    assert_eq!(fs::read_dir(&secrets).unwrap().count(), 1);
}

#[test]
fn names_that_leave_the_folder_or_hide_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let vault = vault(dir.path());
    for name in ["", ".", "..", "../operator.json", "a/b", ".new-share", "Share", "a b", &"a".repeat(129)] {
        assert!(matches!(vault.secrets().put(name, b"x"), Err(VaultError::Name(_))), "{name}");
        assert!(vault.secrets().get(name).is_err(), "{name}");
    }
    let large = vec![0; MAX_SECRET_BYTES + 1];
    assert!(matches!(vault.secrets().put("large", &large), Err(VaultError::TooLarge(_))));
}
