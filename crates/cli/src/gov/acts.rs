//! What a proposal shall do, from a command line: parameters, payments and calls, in the order in which they are written.

use super::words;
use crate::account::{StoreArgs, resolve};
use crate::payout::parse_percent;
use crate::transact::{encode, function};
use crate::{amount, failure::Failure};
use alloy_primitives::{Bytes, U256};
use alloy_sol_types::SolCall;
use althing_abi::{Params::setCall, SystemContract};
use althing_primitives::{Address, Param, params::Unit};
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde::{Deserialize, Serialize};

/// The calls of a proposal, in the form of the interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Payload {
    pub(super) targets: Vec<Address>,
    pub(super) values: Vec<U256>,
    pub(super) calldatas: Vec<Bytes>,
}

/// One call of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Act {
    pub(super) to: Address,
    pub(super) value: U256,
    pub(super) data: Bytes,
}

/// A way to name an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Set,
    Pay,
    Call,
    CallData,
}

/// The options with their names, values and help.
const FORMS: [(Form, &str, &str, &str); 4] = [
    (
        Form::Set,
        "set",
        "NAME=VALUE",
        "Set a parameter: a number in its unit, coins for amounts, `20%` for parts. Repeatable, like the next three; order counts",
    ),
    (Form::Pay, "pay", "ADDRESS=AMOUNT", "Pay out of the treasury"),
    (
        Form::Call,
        "call",
        "ADDRESS:SIGNATURE:ARGS…",
        "Call a contract, e.g. `0x…:transfer(address,uint256):0x…:5`",
    ),
    (Form::CallData, "call-data", "ADDRESS=HEX[@AMOUNT]", "Call a contract with data in hex, and with coins"),
];

/// Acts as they were written.
#[derive(Clone, Debug, Default)]
pub struct Acts(Vec<(Form, String)>);

impl clap::Args for Acts {
    fn augment_args(command: Command) -> Command {
        FORMS.into_iter().fold(command, |command, (_, name, value, help)| {
            let arg = Arg::new(name).long(name).value_name(value).help(help);
            command.arg(arg.action(ArgAction::Append))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for Acts {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut found = Vec::new();
        for (form, name, ..) in FORMS {
            let texts = matches.get_many::<String>(name).into_iter().flatten();
            found.extend(
                matches.indices_of(name).into_iter().flatten().zip(texts.map(|text| (form, text.clone()))),
            );
        }
        found.sort_by_key(|(index, _)| *index);
        Ok(Self(found.into_iter().map(|(_, act)| act).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Acts {
    /// The calls that they mean.
    pub(super) fn read(&self, store: &StoreArgs) -> Result<Vec<Act>, Failure> {
        let acts = self.0.iter().map(|(form, text)| match form {
            Form::Set => set(text),
            Form::Pay => pay(text, store),
            Form::Call => call(text, store),
            Form::CallData => call_data(text, store),
        });
        acts.collect()
    }
}

impl Payload {
    pub(super) fn of(acts: Vec<Act>) -> Self {
        let mut payload = Self::default();
        for Act { to, value, data } in acts {
            payload.targets.push(to);
            payload.values.push(value);
            payload.calldatas.push(data);
        }
        payload
    }

    /// Its calls one by one.
    pub(super) fn acts(&self) -> impl Iterator<Item = Act> {
        let pairs = self.targets.iter().zip(&self.values).zip(&self.calldatas);
        pairs.map(|((to, value), data)| Act { to: *to, value: *value, data: data.clone() })
    }

    /// Coins that it spends.
    pub(super) fn spends(&self) -> U256 {
        self.values.iter().fold(U256::ZERO, |sum, value| sum.saturating_add(*value))
    }

    /// The kind that the contract will give it: 0 text, 1 policy, 2 technical.
    pub(super) fn kind(&self) -> u8 {
        match self.acts().all(|act| act.is_policy()) {
            _ if self.targets.is_empty() => 0,
            true => 1,
            false => 2,
        }
    }
}

impl Act {
    /// The parameter that it sets, and the value.
    fn sets(&self) -> Option<setCall> {
        let is_set = self.to == SystemContract::Params.address() && self.value.is_zero();
        is_set.then(|| setCall::abi_decode(&self.data).ok()).flatten()
    }

    fn is_policy(&self) -> bool {
        match self.to == SystemContract::Params.address() && self.value.is_zero() {
            true => self.sets().is_some(),
            false => self.data.is_empty(),
        }
    }

    /// What it does, in words.
    pub(super) fn words(&self) -> String {
        if let Some(setCall { name, value }) = self.sets() {
            let unit = Param::named(&name).map_or("", |param| param.entry().unit.name());
            return format!("set {name} to {}", words::value(unit, value));
        }
        if self.data.is_empty() {
            return format!("pay {} coins to {}", amount::format(self.value), self.to);
        }
        let coins = match self.value.is_zero() {
            true => String::new(),
            false => format!(" with {} coins", amount::format(self.value)),
        };
        format!("call {} of {}{coins}", super::events::call_words(self.to, &self.data), self.to)
    }
}

/// Splits at the first `=`.
fn pair<'a>(text: &'a str, option: &str, form: &str) -> Result<(&'a str, &'a str), Failure> {
    text.split_once('=').ok_or_else(|| Failure::usage(format!("--{option} `{text}`: write it as {form}")))
}

fn set(text: &str) -> Result<Act, Failure> {
    let (name, written) = pair(text, "set", "NAME=VALUE")?;
    let param = Param::named(name).ok_or_else(|| {
        Failure::usage(format!("there is no parameter `{name}`: `althing gov params` lists them"))
    })?;
    let unit = param.entry().unit;
    let wrong = |what: String| Failure::usage(format!("--set {name}: {what}"));
    let value = match unit {
        Unit::Rau => amount::parse(written).map_err(wrong)?,
        Unit::BasisPoints if written.ends_with('%') => {
            U256::from(parse_percent(written.trim_end_matches('%').trim()).map_err(wrong)?)
        }
        _ => written.parse().map(|number: u128| U256::from(number)).map_err(|_| {
            let unit = if unit == Unit::Count { "things" } else { unit.name() };
            wrong(format!("`{written}` is not a whole number (of {unit})"))
        })?,
    };
    let data = setCall { name: name.into(), value }.abi_encode().into();
    Ok(Act { to: SystemContract::Params.address(), value: U256::ZERO, data })
}

fn pay(text: &str, store: &StoreArgs) -> Result<Act, Failure> {
    let (to, written) = pair(text, "pay", "ADDRESS=AMOUNT")?;
    let value = amount::parse(written).map_err(Failure::usage)?;
    Ok(Act { to: resolve(to, store)?, value, data: Bytes::new() })
}

fn call(text: &str, store: &StoreArgs) -> Result<Act, Failure> {
    let mut parts = text.splitn(3, ':');
    let (Some(to), Some(signature)) = (parts.next(), parts.next()) else {
        return Err(Failure::usage(format!(
            "--call `{text}`: write it as ADDRESS:SIGNATURE:ARGS…, e.g. 0x…:transfer(address,uint256):0x…:5"
        )));
    };
    let function = function(signature)?;
    let most = function.inputs.len().max(1);
    let values: Vec<String> =
        parts.next().map_or_else(Vec::new, |rest| rest.splitn(most, ':').map(str::to_string).collect());
    Ok(Act { to: resolve(to, store)?, value: U256::ZERO, data: encode(&function, &values)? })
}

fn call_data(text: &str, store: &StoreArgs) -> Result<Act, Failure> {
    let (to, rest) = pair(text, "call-data", "ADDRESS=HEX[@AMOUNT]")?;
    let (hex, coins) = rest.split_once('@').unwrap_or((rest, "0"));
    let data: Bytes =
        hex.parse().map_err(|error| Failure::usage(format!("--call-data: `{hex}` is not hex: {error}")))?;
    let value = amount::parse(coins).map_err(Failure::usage)?;
    Ok(Act { to: resolve(to, store)?, value, data })
}

#[cfg(test)]
mod tests;
