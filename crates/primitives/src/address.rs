//! Both written forms of an account's address: `0x…` (EIP-55) and `io1…` (bech32 over the same 20 bytes).

use alloy_primitives::Address;
use bech32::{Bech32, Hrp};
use thiserror::Error;

const HRP: &str = "io";

/// Why a text is not an address.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum AddressError {
    /// Neither form.
    #[error(
        "`{0}` is not an address: expected 0x followed by 40 hex digits, or io1 followed by 38 characters"
    )]
    Form(String),
    /// Mixed-case hex whose EIP-55 checksum is wrong.
    #[error("`{0}` has a wrong checksum: a character is mistyped")]
    Checksum(String),
}

/// The `io1…` form of an address.
pub trait AddressExt {
    /// Returns the bech32 form, e.g. `io1mflp9m6hcgm2qcghchsdqj3z3eccrnekx9p0ms`.
    fn to_io(&self) -> String;
}

impl AddressExt for Address {
    fn to_io(&self) -> String {
        let hrp = Hrp::parse_unchecked(HRP);
        bech32::encode::<Bech32>(hrp, self.as_slice()).expect("20 bytes always fit a bech32 string")
    }
}

/// Reads either form. Hex with mixed case must carry a right EIP-55 checksum.
pub fn parse_address(text: &str) -> Result<Address, AddressError> {
    let text = text.trim();
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        let address: Address =
            format!("0x{hex}").parse().map_err(|_| AddressError::Form(text.to_string()))?;
        let one_case =
            !hex.bytes().any(|b| b.is_ascii_uppercase()) || !hex.bytes().any(|b| b.is_ascii_lowercase());
        if !one_case && address.to_checksum(None)[2..] != *hex {
            return Err(AddressError::Checksum(text.to_string()));
        }
        return Ok(address);
    }
    match bech32::decode(text) {
        Ok((hrp, bytes)) if hrp.to_lowercase() == HRP && bytes.len() == 20 => Ok(Address::from_slice(&bytes)),
        Err(bech32::DecodeError::Checksum(_)) => Err(AddressError::Checksum(text.to_string())),
        _ => Err(AddressError::Form(text.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::address;

    #[test]
    fn both_forms_name_the_same_account() {
        let hex = address!("04c22afae6a03438b8fed74cb1cf441168df3f12");
        let io = hex.to_io();
        assert!(io.starts_with("io1"), "{io}");
        assert_eq!(parse_address(&io), Ok(hex));
        assert_eq!(parse_address(&hex.to_string()), Ok(hex));
        assert_eq!(parse_address("0x04C22AFAE6A03438B8FED74CB1CF441168DF3F12"), Ok(hex));
    }

    #[test]
    fn a_mistyped_address_is_refused_with_the_reason() {
        let good = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266").to_string();
        let wrong_case = good.replacen('F', "f", 1);
        assert_eq!(parse_address(&wrong_case), Err(AddressError::Checksum(wrong_case.clone())));
        let mut io = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266").to_io();
        let last = if io.ends_with('q') { 'p' } else { 'q' };
        io.pop();
        io.push(last);
        assert!(matches!(parse_address(&io), Err(AddressError::Checksum(_))));
        for bad in [
            "",
            "0x12",
            "io1",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "0x04c22afae6a03438b8fed74cb1cf441168df3f12ff",
        ] {
            assert!(parse_address(bad).is_err(), "{bad}");
        }
    }
}
