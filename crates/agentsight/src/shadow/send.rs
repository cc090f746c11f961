//! Sends copies, those of a conversation one after the other, and says how the answers differ.

use std::{collections::HashSet, sync::Mutex, time::Duration};

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use bytes::Bytes;
use futures_util::future::join_all;
use http_body_util::{BodyExt as _, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::sync::mpsc;

use super::{
    Copy,
    compare::{Answer, Difference, differences},
    prepare::{Prepared, prepare},
};
use crate::metrics::{COPIES, DIFFERENCES};

/// Copies that are sent at once, and those that wait for one of a conversation of the same lane.
const LANES: u64 = 16;
const LANE: usize = 64;
/// Bounds of an exchange: to connect, of it all, and bytes of the answer.
const CONNECT_MAX: Duration = Duration::from_secs(2);
const EXCHANGE_MAX: Duration = Duration::from_secs(10);
const ANSWER_BYTES: usize = 1 << 20;
/// Different differences that are told in the log; all are counted.
const TOLD: usize = 1_000;

/// What all lanes share.
struct Other {
    address: String,
    client: Client<HttpConnector, Body>,
    told: Mutex<HashSet<(&'static str, String)>>,
}

/// Sends whatever is handed over, until nobody is left who could.
pub(super) async fn all(address: String, mut waiting: mpsc::Receiver<Copy>) {
    let mut connector = HttpConnector::new();
    connector.set_connect_timeout(Some(CONNECT_MAX));
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let other = Other { address, client, told: Mutex::default() };
    let (lanes, queues): (Vec<_>, Vec<_>) = (0..LANES).map(|_| mpsc::channel::<(Copy, Prepared)>(LANE)).unzip();
    let dispatch = async move {
        while let Some(copy) = waiting.recv().await {
            let Some(prepared) = prepare(copy.content_type.as_ref(), &copy.body) else {
                COPIES.add_with(&[("outcome", "skipped")], 1);
                continue;
            };
            let lane = usize::try_from(prepared.lane % LANES).expect("there are few lanes");
            if lanes[lane].try_send((copy, prepared)).is_err() {
                COPIES.add_with(&[("outcome", "dropped")], 1);
            }
        }
    };
    let sent = queues.into_iter().map(|mut queue| {
        let other = &other;
        async move {
            while let Some((copy, prepared)) = queue.recv().await {
                other.send(&copy, prepared.body).await;
            }
        }
    });
    tokio::join!(dispatch, join_all(sent));
}

impl Other {
    async fn send(&self, copy: &Copy, body: Bytes) {
        let exchange = tokio::time::timeout(EXCHANGE_MAX, self.exchange(copy, body)).await;
        let answered = exchange.map_err(|_| format!("no answer within {EXCHANGE_MAX:?}")).and_then(|answered| answered);
        match answered {
            Ok((status, body)) => {
                COPIES.add_with(&[("outcome", "compared")], 1);
                let ours = Answer { status: copy.status, body: &copy.answer };
                let found = differences(&ours, &Answer { status, body: &body });
                found.into_iter().for_each(|difference| self.tell(copy.route, difference));
            }
            Err(error) => {
                COPIES.add_with(&[("outcome", "failed")], 1);
                if self.is_new(copy.route, &error) {
                    tracing::warn!(route = copy.route, error, "the other service did not answer a copy");
                }
            }
        }
    }

    async fn exchange(&self, copy: &Copy, body: Bytes) -> Result<(StatusCode, Bytes), String> {
        let mut request = Request::post(format!("{}{}", self.address.trim_end_matches('/'), copy.route));
        request = request.header(header::ACCEPT, "application/json");
        let headers = [(header::CONTENT_TYPE, &copy.content_type), (header::AUTHORIZATION, &copy.authorization)];
        for (name, value) in headers {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let request = request.body(Body::from(body)).map_err(|error| error.to_string())?;
        let response = self.client.request(request).await.map_err(|error| chain(&error))?;
        let status = response.status();
        let body =
            Limited::new(response.into_body(), ANSWER_BYTES).collect().await.map_err(|error| error.to_string())?;
        Ok((status, body.to_bytes()))
    }

    fn tell(&self, route: &'static str, Difference { kind, what }: Difference) {
        DIFFERENCES.add_with(&[("route", route), ("difference", kind)], 1);
        if self.is_new(route, &what) {
            tracing::warn!(route, difference = kind, what, "the other service answers differently");
        }
    }

    /// Whether this has not been told yet, and there is room to remember it.
    fn is_new(&self, route: &'static str, what: &str) -> bool {
        let mut told = self.told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        told.len() < TOLD && told.insert((route, what.to_owned()))
    }
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
