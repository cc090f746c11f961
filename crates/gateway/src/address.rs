//! The address that a request comes from.

use std::net::{IpAddr, SocketAddr};

use axum::{extract::ConnectInfo, http::request::Parts};

use crate::config::Network;

/// The client's address: the connection's own, or, when that is a trusted proxy's, the last one in `X-Forwarded-For` that
/// no trusted proxy has. What a client writes into that header itself stands further left and is never believed.
pub(crate) fn of(parts: &Parts, trusted: &[Network]) -> Option<IpAddr> {
    let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer.ip().to_canonical();
    let values = parts.headers.get_all("x-forwarded-for").into_iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    for hop in hops.into_iter().rev() {
        if !is_trusted(client) {
            break;
        }
        let Ok(address) = hop.parse::<IpAddr>() else { break };
        client = address.to_canonical();
    }
    Some(client)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn check(peer: &str, forwarded: &[&str], trusted: &[&str], expected: &str) {
        let mut request = Request::builder().extension(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
        for value in forwarded {
            request = request.header("x-forwarded-for", *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let trusted: Vec<Network> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        assert_eq!(of(&parts, &trusted), Some(expected.parse().unwrap()), "{peer} {forwarded:?}");
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        check("8.8.4.4", &["1.2.3.4"], &[], "8.8.4.4");
        check("10.0.0.1", &["1.2.3.4"], &["10.0.0.0/8"], "1.2.3.4");
        check("10.0.0.1", &["6.6.6.6, 1.2.3.4, 10.0.0.2"], &["10.0.0.0/8"], "1.2.3.4");
        check("10.0.0.1", &["6.6.6.6", "1.2.3.4"], &["10.0.0.0/8"], "1.2.3.4");
        check("10.0.0.1", &["nonsense"], &["10.0.0.0/8"], "10.0.0.1");
        check("10.0.0.1", &[], &["10.0.0.0/8"], "10.0.0.1");
        check("::ffff:10.0.0.1", &["1.2.3.4"], &["10.0.0.0/8"], "1.2.3.4");
    }
}
