//! The written file parses to what was written; errors name the key, the place and the remedy.

use super::*;

#[test]
fn the_documented_file_parses_to_the_defaults() {
    let text = NodeConfig::default().to_documented_toml();
    assert_eq!(NodeConfig::from_toml(&text).unwrap(), NodeConfig::default());
    NodeConfig::default().validate().unwrap();
}

#[test]
fn a_changed_configuration_survives_its_file() {
    let mut config = NodeConfig::default();
    config.node.role = Role::Follower;
    config.node.password = PasswordSource::File("/run/secrets/\"odd\" name".into());
    config.rpc.cors_origins = vec!["https://example.org".into(), "*".into()];
    config.follow = Follow { urls: vec!["ws://10.0.0.1:8545".into()], sync: SyncMode::State };
    config.state.archive = true;
    config.log.format = LogFormat::Json;
    assert_eq!(NodeConfig::from_toml(&config.to_documented_toml()).unwrap(), config);
}

#[test]
fn every_key_is_documented_and_nothing_else_is() {
    let values = toml::Table::try_from(NodeConfig::default()).unwrap();
    let written: Vec<_> = values.keys().map(String::as_str).collect();
    let documented = document::SECTIONS.iter().map(|(name, _)| *name);
    assert_eq!(sorted(written), sorted(documented.collect()));
    for (name, section) in &document::SECTIONS {
        assert!(!section.about.is_empty(), "{name}");
        let keys: Vec<_> = values[*name].as_table().unwrap().keys().map(String::as_str).collect();
        let documented = section.keys.iter().map(|(key, _)| *key);
        assert_eq!(sorted(keys), sorted(documented.collect()), "{name}");
    }
}

fn sorted(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names
}

#[test]
fn an_unknown_key_or_a_wrong_type_is_an_error_that_names_it() {
    for (text, expected) in [
        (
            "[rpc]\nlisten_on = \"127.0.0.1:1\"",
            "unknown key `rpc.listen_on`; expected one of: enabled, listen",
        ),
        ("[rcp]\nlisten = \"127.0.0.1:1\"", "unknown key `rcp`; expected one of: node, p2p, rpc"),
        ("[rpc]\nlisten = 8545", "key `rpc.listen`: "),
        ("[rpc]\nlisten = \"localhost\"", "key `rpc.listen`: invalid socket address"),
        ("[txpool]\nmax_bytes = -1", "key `txpool.max_bytes`: "),
        ("[node]\nrole = \"king\"", "key `node.role`: "),
        ("[follow]\nsync = \"snap\"", "key `follow.sync`: "),
        ("[node", "TOML parse error"),
    ] {
        let error = NodeConfig::from_toml(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text:?} gave: {error}");
    }
}

#[test]
fn unusable_values_are_refused_with_key_and_remedy() {
    type Change = fn(&mut NodeConfig);
    let cases: [(&str, Change); 9] = [
        ("follow.urls", |c| c.node.role = Role::Follower),
        ("follow.urls", |c| c.follow.urls = vec!["10.0.0.1:8545".into()]),
        ("metrics.listen", |c| c.metrics.listen = c.rpc.listen),
        ("rpc.cors_origins", |c| c.rpc.cors_origins = vec!["example.org".into()]),
        ("rpc.namespaces", |c| c.rpc.namespaces = vec!["admin".into()]),
        ("p2p.max_message_bytes", |c| c.p2p.max_message_bytes = 1),
        ("rpc.max_batch", |c| c.rpc.max_batch = 0),
        ("state.history_blocks", |c| c.state.history_blocks = 1),
        ("log.level", |c| c.log.level = "info,=,".into()),
    ];
    for (expected, change) in cases {
        let mut config = NodeConfig::default();
        change(&mut config);
        match config.validate() {
            Err(ConfigError::Value { key, .. }) => assert_eq!(key, expected),
            other => panic!("{expected}: {other:?}"),
        }
    }
}

#[test]
fn a_loaded_file_has_absolute_paths_and_a_password_without_line_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(CONFIG_FILE);
    let mut config = NodeConfig::default();
    config.node.password = PasswordSource::File("password".into());
    config.save(&path).unwrap();
    let loaded = NodeConfig::load(&path).unwrap();
    assert_eq!(loaded.node.genesis, dir.path().join("genesis.json"));
    assert!(loaded.password().unwrap_err().to_string().contains("mode 0600"));
    std::fs::write(dir.path().join("password"), "horse staple\r\n").unwrap();
    assert_eq!(*loaded.password().unwrap(), "horse staple");
}

#[test]
fn a_missing_or_broken_file_is_named_in_the_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(CONFIG_FILE);
    let error = NodeConfig::load(&path).unwrap_err().to_string();
    assert!(error.contains("althing.toml") && error.contains("node init"), "{error}");
    std::fs::write(&path, "[rpc]\nbogus = 1").unwrap();
    let error = NodeConfig::load(&path).unwrap_err().to_string();
    assert!(error.contains("althing.toml") && error.contains("rpc.bogus"), "{error}");
}

#[test]
fn the_example_in_deploy_is_the_documented_default() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/althing.toml");
    let expected = NodeConfig::default().to_documented_toml();
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::write(page, &expected).unwrap();
    }
    let actual = std::fs::read_to_string(page).unwrap_or_default();
    assert!(
        actual == expected,
        "deploy/althing.toml is stale: run this test with UPDATE_REFERENCE=1 and commit it"
    );
}

#[test]
fn the_default_sections_are_the_defaults_of_what_they_configure() {
    assert_eq!(Rpc::default().server(), althing_rpc::RpcConfig::default());
}
