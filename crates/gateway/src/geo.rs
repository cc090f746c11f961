//! Country and city of an address, from an mmdb file.
//!
//! Two layouts are understood: the flat one of ip-location-db (`country_code`, `city`) and MaxMind's
//! (`country.iso_code`, `city.names.en`). Addresses that belong to no place on the Internet are not looked up.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::{Path, PathBuf},
    sync::Arc,
};

use maxminddb::{PathElement, Reader};

/// A geographic database in memory; clones share it.
#[derive(Clone)]
pub struct Geo {
    reader: Arc<Reader<Vec<u8>>>,
}

impl std::fmt::Debug for Geo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Geo({})", self.reader.metadata.database_type)
    }
}

/// A database that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the geographic database {path} cannot be used: {message}", path = .path.display())]
pub struct GeoError {
    path: PathBuf,
    message: String,
}

impl GeoError {
    /// Stable name for logs.
    pub fn code(&self) -> &'static str {
        "geo_database"
    }
}

/// Where an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// ISO 3166-1 alpha-2, as the database has it.
    pub country: Option<&'a str>,
    /// Name of the city, where the database knows cities.
    pub city: Option<&'a str>,
}

impl Geo {
    /// Reads a database into memory.
    ///
    /// # Errors
    /// When the file cannot be read or is no mmdb file.
    pub fn open(path: &Path) -> Result<Self, GeoError> {
        let reader =
            Reader::open_readfile(path).map_err(|e| GeoError { path: path.to_owned(), message: e.to_string() })?;
        Ok(Self { reader: Arc::new(reader) })
    }

    /// Looks an address up. `None` when it is private, reserved or not in the database.
    pub fn place(&self, address: IpAddr) -> Option<Place<'_>> {
        let address = address.to_canonical();
        if !is_public(address) {
            return None;
        }
        let found = self.reader.lookup(address).ok()?;
        if !found.has_data() {
            return None;
        }
        let text = |keys: &[&'static str]| {
            let path: Vec<PathElement<'_>> = keys.iter().map(|key| PathElement::Key(key)).collect();
            found.decode_path::<&str>(&path).ok().flatten().filter(|text| !text.is_empty())
        };
        let country = text(&["country_code"]).or_else(|| text(&["country", "iso_code"]));
        let city = text(&["city"]).or_else(|| text(&["city", "names", "en"]));
        (country.is_some() || city.is_some()).then_some(Place { country, city })
    }
}

/// Whether an address is routed on the Internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let benchmarks = a == 198 && (18..20).contains(&b);
    let protocol = a == 192 && b == 0 && c == 0;
    let reserved = a == 0 || a >= 224;
    let local = address.is_private() || address.is_loopback() || address.is_link_local();
    !(local || shared || benchmarks || protocol || reserved || address.is_documentation())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let documentation = first == 0x2001 && second == 0xdb8;
    // Only 2000::/3 is given out; unique local, link-local, multicast and loopback lie outside.
    first & 0xe000 == 0x2000 && !documentation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_and_reserved_addresses_are_not_public() {
        for text in [
            "10.1.2.3",
            "127.0.0.1",
            "192.168.0.1",
            "172.16.5.4",
            "169.254.1.1",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "198.18.0.1",
            "::1",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "2001:db8::1",
            "::",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in ["8.8.8.8", "81.33.0.1", "100.128.0.1", "2a02:9000::1"] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn a_file_that_is_no_database_is_refused_by_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("country.mmdb");
        std::fs::write(&path, b"hello").unwrap();
        let error = Geo::open(&path).unwrap_err().to_string();
        assert!(error.contains("country.mmdb"), "{error}");
    }
}
