//! The gateway's options: every bound that it keeps.

use std::{net::IpAddr, path::PathBuf, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use service::config::{Duration, Size};

/// What an operator can set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Largest body, as sent and after decompression.
    pub body_max: Size,
    /// Most events of one batch.
    pub batch_events_max: usize,
    /// Longest time to receive a body.
    pub body_timeout: Duration,
    /// Time from which on a body has to have come at `body_rate_min`.
    pub body_grace: Duration,
    /// Fewest bytes a second of a body, over all of its time.
    pub body_rate_min: Size,
    /// Events a second that one key may send, over time.
    pub key_events_per_second: u32,
    /// Events that one key may send at once after a pause.
    pub key_burst_events: u32,
    /// Most bytes of bodies that are in work at the same time; one key has a quarter of it.
    pub in_flight_max: Size,
    /// Longest wait for room among the bodies in work; then the answer is 503.
    pub in_flight_wait: Duration,
    /// Networks of reverse proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// How long the journal may take before a batch goes to the spool. Only where there is a spool.
    pub spool_after: Duration,
    /// Most bytes that wait in the spool; then the answer is 503.
    pub spool_max: Size,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            body_max: Size::from_bytes(5 << 20),
            batch_events_max: 50_000,
            body_timeout: Duration::from_millis(30_000),
            body_grace: Duration::from_millis(5_000),
            body_rate_min: Size::from_bytes(4 << 10),
            key_events_per_second: 200_000,
            key_burst_events: 1_000_000,
            in_flight_max: Size::from_bytes(256 << 20),
            in_flight_wait: Duration::from_millis(2_000),
            trusted_proxies: Vec::new(),
            spool_after: Duration::from_millis(3_000),
            spool_max: Size::from_bytes(8 << 30),
        }
    }
}

/// Options of the look-up of places, a section of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GeoOptions {
    /// An mmdb file; empty for none, then places are left out.
    #[serde(deserialize_with = "service::config::empty_as_none")]
    pub database: Option<PathBuf>,
}

/// A network as `10.0.0.0/8`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Whether the address lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(self.prefix);
                network.to_bits().checked_shr(shift) == address.to_bits().checked_shr(shift)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(self.prefix);
                network.to_bits().checked_shr(shift) == address.to_bits().checked_shr(shift)
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no network such as \"10.0.0.0/8\" and no address");
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.trim().parse().map_err(|_| wrong())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(longest), |prefix| prefix.trim().parse().map_err(|_| wrong()))?;
        if prefix > longest { Err(wrong()) } else { Ok(Self { address, prefix }) }
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(network: &str, address: &str, inside: bool) {
        let network: Network = network.parse().unwrap();
        assert_eq!(network.contains(address.parse().unwrap()), inside, "{address} in {network}");
    }

    #[test]
    fn a_network_contains_what_its_prefix_says() {
        check("10.0.0.0/8", "10.200.3.4", true);
        check("10.0.0.0/8", "11.0.0.1", false);
        check("10.0.0.0/8", "::ffff:10.1.2.3", true);
        check("0.0.0.0/0", "203.0.113.9", true);
        check("192.0.2.1", "192.0.2.1", true);
        check("192.0.2.1", "192.0.2.2", false);
        check("2001:db8::/32", "2001:db8:1::1", true);
        check("::/0", "192.0.2.2", false);
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["10.0.0.0/33", "example.com", "", "10.0.0.0/x", "::/129"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
