//! Origins: the pages that may send with a browser's key, as browsers name them.

use crate::Error;

/// Longest origin, in bytes.
const BYTES_MAX: usize = 255;
/// Most origins of a key.
const COUNT_MAX: usize = 50;

/// The origins of a new key as browsers write them, each once.
///
/// # Errors
/// `InvalidOrigin` when one is none, or when there are too many.
pub(crate) fn normalised(texts: &[String]) -> Result<Vec<String>, Error> {
    if texts.len() > COUNT_MAX {
        return Err(Error::InvalidOrigin(format!("a key has at most {COUNT_MAX} origins")));
    }
    let mut origins = Vec::with_capacity(texts.len());
    for text in texts {
        let shown: String = text.chars().take(80).collect();
        let origin = parse(text).ok_or_else(|| {
            Error::InvalidOrigin(format!(
                "{shown:?} is no origin: write scheme, host and, if it is unusual, port, as https://shop.example"
            ))
        })?;
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    Ok(origins)
}

/// Lower case, without a slash at the end and without the scheme's own port, as browsers send it.
fn parse(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let (scheme, rest) = text.split_once("://")?;
    let own_port = match scheme {
        "http" => "80",
        "https" => "443",
        _ => return None,
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    // The last colon begins the port, unless it stands inside the brackets of an IPv6 address.
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (rest, None),
    };
    if !is_host(host) || text.len() > BYTES_MAX {
        return None;
    }
    let port = match port {
        Some(digits) if !digits.bytes().all(|byte| byte.is_ascii_digit()) => return None,
        Some(digits) => Some(digits.parse::<u16>().ok().filter(|port| *port > 0)?.to_string()),
        None => None,
    };
    Some(match port.filter(|port| port != own_port) {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

fn is_host(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
            !host.is_empty() && host.bytes().all(plain)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for (text, origin) in [
            ("https://shop.example", "https://shop.example"),
            (" HTTPS://Shop.Example:443/ ", "https://shop.example"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
            ("https://[::1]:8443", "https://[::1]:8443"),
            ("https://[::1]", "https://[::1]"),
        ] {
            assert_eq!(parse(text).as_deref(), Some(origin), "{text}");
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        let long = format!("https://{}.example", "x".repeat(255));
        for text in [
            "",
            "*",
            "null",
            "shop.example",
            "ftp://shop.example",
            "https://",
            "https://shop.example/page",
            "https://*.shop.example",
            "https://user@shop.example",
            "https://shop.example:",
            "https://shop.example:99999",
            "https://shop.example:+80",
            "https://shop.example\r\nx: y",
            "https://söhne.example",
            "https://[nonsense]",
            &long,
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_list_has_each_origin_once_and_a_bound() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(normalised(&texts(&["https://a", "https://A:443"])).unwrap(), ["https://a"]);
        assert_eq!(normalised(&texts(&["https://a", "b"])).unwrap_err().code(), "invalid_origin");
        assert_eq!(normalised(&vec!["https://a".to_owned(); COUNT_MAX + 1]).unwrap_err().code(), "invalid_origin");
    }
}
