//! What is derived from the command tree: completions and the reference page.

use crate::{Cli, report::Report};
use clap::{Arg, Command, CommandFactory};
use clap_complete::Shell;
use serde_json::json;
use std::fmt::Write;

/// The completion script of a shell.
pub(crate) fn completions(shell: Shell) -> Report {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "althing", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    Report::new(json!({"shell": shell.to_string(), "script": script}), script)
}

/// `docs/reference/cli.md`.
pub fn reference() -> String {
    let mut out =
        "# Command line\n\nGenerated from the program; change the program, not this page.\n".to_string();
    let mut root = Cli::command();
    root.build();
    describe(&mut out, &root, "althing");
    out.push_str("\n## Exit codes\n\n0 ok, 1 failure, 2 usage, 3 not found, 4 key or password, 5 network, 6 reverted, 7 timeout, 8 verification failed.\n");
    out
}

fn describe(out: &mut String, command: &Command, path: &str) {
    let line = |out: &mut String, text: std::fmt::Arguments<'_>| {
        writeln!(out, "{text}").expect("a string takes all text");
    };
    line(out, format_args!("\n## `{path}`\n"));
    if let Some(about) = command.get_long_about().or_else(|| command.get_about()) {
        line(out, format_args!("{about}"));
    }
    let root = !path.contains(' ');
    let shown = |arg: &&Arg| {
        !arg.is_hide_set()
            && !["help", "version"].contains(&arg.get_id().as_str())
            && (root || !arg.is_global_set())
    };
    let args: Vec<_> = command.get_arguments().filter(shown).collect();
    if !args.is_empty() {
        line(out, format_args!("\n| argument | meaning | default |\n|---|---|---|"));
    }
    for arg in args {
        let defaults: Vec<_> = arg.get_default_values().iter().map(|v| v.to_string_lossy()).collect();
        let help =
            arg.get_long_help().or_else(|| arg.get_help()).map(ToString::to_string).unwrap_or_default();
        let help = help.replace('\n', " ").replace('|', "\\|");
        line(out, format_args!("| `{}` | {help} | {} |", usage(arg), defaults.join(", ")));
    }
    for child in command.get_subcommands().filter(|c| c.get_name() != "help" && !c.is_hide_set()) {
        describe(out, child, &format!("{path} {}", child.get_name()));
    }
}

fn usage(arg: &Arg) -> String {
    let values: Vec<_> = arg.get_value_names().unwrap_or_default().iter().map(|name| name.as_str()).collect();
    let value = match arg.get_action().takes_values() {
        true => values.join(" "),
        false => String::new(),
    };
    match (arg.get_long(), value.is_empty()) {
        (Some(long), true) => format!("--{long}"),
        (Some(long), false) => format!("--{long} {value}"),
        (None, _) => value,
    }
}
