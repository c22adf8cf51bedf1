//! Parameters of a call: positional or by name, checked against the method's row in the table.

use crate::error::Fault;
use crate::registry::Param;
use alloy_eips::BlockId;
use jsonrpsee::types::Params;
use serde::Deserialize;
use serde::de::{self, DeserializeOwned, Deserializer};
use serde_json::Value;

/// Parameters of one call.
#[derive(Debug)]
pub(crate) struct Args {
    spec: &'static [Param],
    values: Vec<Value>,
}

impl Args {
    pub(crate) fn parse(spec: &'static [Param], params: &Params<'_>) -> Result<Self, Fault> {
        let parsed = match params.as_str() {
            None | Some("") => Value::Null,
            Some(text) => {
                serde_json::from_str(text).map_err(|e| Fault::params(format!("invalid params: {e}")))?
            }
        };
        let values = match parsed {
            Value::Null => Vec::new(),
            Value::Array(values) => values,
            Value::Object(mut named) => {
                let values = spec.iter().map(|p| named.remove(p.name).unwrap_or(Value::Null)).collect();
                if let Some(name) = named.keys().next() {
                    return Err(Fault::params(format!("unknown parameter `{name}`")));
                }
                values
            }
            _ => return Err(Fault::params("params must be an array or an object")),
        };
        if values.len() > spec.len() {
            return Err(Fault::params(format!("too many arguments, want at most {}", spec.len())));
        }
        Ok(Self { spec, values })
    }

    /// Whether the parameter at a position is an object.
    pub(crate) fn is_object(&self, index: usize) -> bool {
        self.values.get(index).is_some_and(Value::is_object)
    }

    /// The parameter at a position of the method's row; an error when it is absent.
    pub(crate) fn required<T: DeserializeOwned>(&mut self, index: usize) -> Result<T, Fault> {
        self.optional(index)?.ok_or_else(|| {
            Fault::params(format!("missing value for required argument {index} ({})", self.spec[index].name))
        })
    }

    /// The parameter at a position of the method's row, if it is there and not null.
    pub(crate) fn optional<T: DeserializeOwned>(&mut self, index: usize) -> Result<Option<T>, Fault> {
        let value = match self.values.get_mut(index) {
            None | Some(Value::Null) => return Ok(None),
            Some(value) => value.take(),
        };
        serde_json::from_value(value)
            .map(Some)
            .map_err(|e| Fault::params(format!("invalid argument {index} ({}): {e}", self.spec[index].name)))
    }

    /// A block parameter; absent means `latest`.
    pub(crate) fn block(&mut self, index: usize) -> Result<BlockId, Fault> {
        Ok(self.optional(index)?.unwrap_or_else(BlockId::latest))
    }

    /// A number, written as a quantity (`0x1f`) or as a JSON number; some clients send the latter.
    pub(crate) fn number(&mut self, index: usize) -> Result<u64, Fault> {
        self.required::<Number>(index).map(|n| n.0)
    }

    /// Like [`Args::number`], for a parameter that may be absent.
    pub(crate) fn optional_number(&mut self, index: usize) -> Result<Option<u64>, Fault> {
        Ok(self.optional::<Number>(index)?.map(|n| n.0))
    }
}

struct Number(u64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Number(number) => {
                number.as_u64().map(Self).ok_or_else(|| de::Error::custom("not a number from 0 to 2^64-1"))
            }
            Value::String(text) => {
                let parsed = match text.strip_prefix("0x") {
                    Some(hex) => u64::from_str_radix(hex, 16),
                    None => text.parse(),
                };
                parsed
                    .map(Self)
                    .map_err(|_| de::Error::custom(format!("`{text}` is not a quantity such as 0x1f")))
            }
            other => Err(de::Error::custom(format!("{other} is not a quantity such as 0x1f"))),
        }
    }
}
