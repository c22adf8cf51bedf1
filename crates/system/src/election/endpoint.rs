//! Where a node is dialled, in one storage slot.

use crate::storage::Word;
use alloy_primitives::U256;
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

/// An `ip:port`, or nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Endpoint(pub Option<SocketAddr>);

impl Endpoint {
    /// Reads what a candidate says of itself; nothing when it is no address.
    pub(crate) fn parse(text: &[u8]) -> Self {
        Self(std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |address| address.fmt(f))
    }
}

/// Port in the lowest bits, then the address, then 4 or 6.
impl Word for Endpoint {
    fn from_word(word: U256) -> Self {
        let (port, address) = (word.as_limbs()[0] as u16, word >> 16);
        let bits = u128::from_word(address);
        let ip = match (address >> 128u32).as_limbs()[0] {
            4 => IpAddr::V4(Ipv4Addr::from_bits(bits as u32)),
            6 => IpAddr::V6(Ipv6Addr::from_bits(bits)),
            _ => return Self(None),
        };
        Self(Some(SocketAddr::new(ip, port)))
    }

    fn to_word(self) -> U256 {
        let Some(address) = self.0 else { return U256::ZERO };
        let (tag, bits) = match address.ip() {
            IpAddr::V4(ip) => (4u64, u128::from(ip.to_bits())),
            IpAddr::V6(ip) => (6, ip.to_bits()),
        };
        U256::from(tag) << 144u32 | U256::from(bits) << 16u32 | U256::from(address.port())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_survive_their_slot() {
        for text in ["1.2.3.4:65535", "[2001:db8::ff]:1", "0.0.0.0:0", ""] {
            let endpoint = Endpoint::parse(text.as_bytes());
            assert_eq!(Endpoint::from_word(endpoint.to_word()), endpoint);
            assert_eq!(endpoint.to_string(), text);
        }
        assert_eq!(Endpoint::from_word(U256::MAX), Endpoint(None));
    }
}
