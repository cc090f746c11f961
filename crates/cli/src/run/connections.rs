//! HTTP connections: accepted up to a bound, each with a time for everything that it may do, drained at the end.

use std::{
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use service::lifecycle::Shutdown;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{Instant, Sleep},
};
use tower::ServiceExt as _;

use super::linger::Lingering;

/// Longest time in which a client takes nothing of its answer.
const STALL: Duration = Duration::from_secs(30);
/// Most bytes of a connection that wait to be read, and the longest head of a request.
const BUFFER_BYTES: usize = 64 << 10;
/// How often the same trouble is logged.
const NOTICE_EVERY: Duration = Duration::from_secs(60);
/// Pause after the system refused to accept.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Bounds of connections.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Most connections at the same time; further ones wait to be accepted.
    pub(super) connections: usize,
    /// Longest time for a request's head, from the connection's beginning or the last answer on.
    pub(super) head: Duration,
    /// Longest time in which a client takes nothing of its answer.
    pub(super) stall: Duration,
    /// How long requests in work may take to end after the shutdown began.
    pub(super) drain: Duration,
}

impl Bounds {
    /// What an operator sets, and what is fixed.
    pub(super) fn new(http: &crate::settings::Http, drain: Duration) -> Self {
        Self { connections: http.connections_max.max(1), head: http.head_timeout.get(), stall: STALL, drain }
    }
}

/// Lets this process have as many files and connections open as the system allows it: the default is for programs of the past.
pub(super) fn allow_open_files() {
    let limits = getrlimit(Resource::Nofile);
    if setrlimit(Resource::Nofile, Rlimit { current: limits.maximum, ..limits }).is_err() {
        tracing::debug!(current = limits.current, "the number of open files stays as it is");
    }
}

/// Serves until the shutdown, then lets requests in work end, bounded. Whoever still holds a request half sent when the time
/// is up is cut off: that is no failure of the server.
pub(super) async fn serve(listener: TcpListener, router: Router, bounds: Bounds, shutdown: Shutdown) {
    let mut connections = JoinSet::new();
    let (full, refused) = (Seldom::default(), Seldom::default());
    loop {
        let is_full = connections.len() >= bounds.connections;
        if is_full && full.is_due() {
            tracing::warn!(
                connections_max = bounds.connections,
                "all connections are in use: new ones wait; http.connections_max allows more"
            );
        }
        tokio::select! {
            () = shutdown.wait() => break,
            Some(_) = connections.join_next() => {}
            (stream, peer) = accept(&listener, &refused), if !is_full => {
                connections.spawn(connection(stream, peer, router.clone(), bounds, shutdown.clone()));
            }
        }
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(bounds.drain, ended).await.is_err() {
        tracing::warn!(connections = connections.len(), "connections were cut off with their requests unfinished");
    }
}

async fn accept(listener: &TcpListener, refused: &Seldom) -> (TcpStream, SocketAddr) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) => {}
            Err(error) => {
                if refused.is_due() {
                    tracing::error!(%error, "connections cannot be accepted; trying again every second");
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Answers the requests of one connection, one after the other.
async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, bounds: Bounds, shutdown: Shutdown) {
    // Small answers go out at once. Where that cannot be set they come a little later.
    stream.set_nodelay(true).ok();
    let answer = service_fn(move |request: Request<Incoming>| {
        let (parts, body) = request.into_parts();
        let body = Body::new(Lingering::new(&parts.headers, body));
        let mut request = Request::from_parts(parts, body);
        request.extensions_mut().insert(ConnectInfo(peer));
        if let Some(meant) = agentsight::within_prefix(request.uri()) {
            *request.uri_mut() = meant;
        }
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(Impatient::new(stream, bounds.stall)), answer);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.wait() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection ended early");
    }
}

/// Says when the same trouble may be logged again.
#[derive(Debug, Default)]
struct Seldom(Mutex<Option<Instant>>);

impl Seldom {
    fn is_due(&self) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.is_none_or(|last| last.elapsed() >= NOTICE_EVERY);
        if is_due {
            *last = Some(Instant::now());
        }
        is_due
    }
}

/// A stream that gives its peer up when it takes nothing for too long.
struct Impatient {
    stream: TcpStream,
    stall: Duration,
    /// Runs while the peer takes nothing.
    patience: Option<Pin<Box<Sleep>>>,
}

impl Impatient {
    fn new(stream: TcpStream, stall: Duration) -> Self {
        Self { stream, stall, patience: None }
    }

    /// What a write came to, or that it has taken too long.
    fn judge(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.patience = None;
            return written;
        }
        let stall = self.stall;
        let patience = self.patience.get_or_insert_with(|| Box::pin(tokio::time::sleep(stall)));
        ready!(patience.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Impatient {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl AsyncWrite for Impatient {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.judge(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.judge(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use axum::{
        http::StatusCode,
        routing::{get, post},
    };
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        task::JoinHandle,
    };

    use super::*;

    const BOUNDS: Bounds = Bounds {
        connections: 100,
        head: Duration::from_secs(60),
        stall: Duration::from_secs(60),
        drain: Duration::from_secs(20),
    };
    const HELLO: &[u8] = b"GET /hello HTTP/1.1\r\nhost: x\r\n\r\n";
    /// No test waits longer.
    const PATIENCE: Duration = Duration::from_secs(30);

    struct Server {
        address: SocketAddr,
        shutdown: Shutdown,
        serving: JoinHandle<()>,
    }

    impl Server {
        async fn start(bounds: Bounds) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let router = Router::new()
                .route("/hello", get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() }))
                .route("/much", get(|| async { vec![b'x'; 64 << 20] }))
                .route("/whole", post(|body: axum::body::Bytes| async move { body.len().to_string() }))
                .route("/refuse", post(|| async { (StatusCode::PAYLOAD_TOO_LARGE, "too much") }));
            let shutdown = Shutdown::default();
            let serving = tokio::spawn(serve(listener, router, bounds, shutdown.clone()));
            Self { address, shutdown, serving }
        }

        async fn connect(&self, first: &[u8]) -> TcpStream {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            stream.write_all(first).await.unwrap();
            stream
        }

        async fn ends(self) {
            tokio::time::timeout(PATIENCE, self.serving).await.unwrap().unwrap();
        }
    }

    /// What comes until the server closes.
    async fn rest(stream: &mut TcpStream) -> String {
        let mut text = Vec::new();
        tokio::time::timeout(PATIENCE, stream.read_to_end(&mut text)).await.unwrap().unwrap();
        String::from_utf8(text).unwrap()
    }

    /// What comes at once.
    async fn some(stream: &mut TcpStream) -> String {
        let mut text = vec![0; 4096];
        let length = tokio::time::timeout(PATIENCE, stream.read(&mut text)).await.unwrap().unwrap();
        String::from_utf8(text[..length].to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_head_that_does_not_come_is_not_waited_for() {
        let server = Server::start(Bounds { head: Duration::from_millis(50), ..BOUNDS }).await;
        for first in [&b""[..], b"GET /hello HTTP/1.1\r\nhost:"] {
            assert_eq!(rest(&mut server.connect(first).await).await, "");
        }
        let mut idle = server.connect(HELLO).await;
        let answer = rest(&mut idle).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("127.0.0.1"), "{answer}");
    }

    #[tokio::test]
    async fn a_connection_beyond_the_bound_waits_for_its_turn() {
        let server = Server::start(Bounds { connections: 1, ..BOUNDS }).await;
        let mut first = server.connect(HELLO).await;
        some(&mut first).await;
        let mut second = server.connect(HELLO).await;
        let early = tokio::time::timeout(Duration::from_millis(100), second.readable()).await;
        assert!(early.is_err(), "the second was answered while the first was open");
        drop(first);
        assert!(some(&mut second).await.starts_with("HTTP/1.1 200"));
    }

    #[tokio::test]
    async fn a_client_that_takes_nothing_of_its_answer_is_given_up() {
        let server = Server::start(Bounds { connections: 1, stall: Duration::from_millis(50), ..BOUNDS }).await;
        let deaf = server.connect(b"GET /much HTTP/1.1\r\nhost: x\r\n\r\n").await;
        deaf.readable().await.unwrap();
        let mut second = server.connect(HELLO).await;
        assert!(some(&mut second).await.starts_with("HTTP/1.1 200"));
        drop(deaf);
    }

    #[tokio::test]
    async fn at_the_end_requests_in_work_are_answered_and_idle_connections_closed() {
        let server = Server::start(BOUNDS).await;
        let mut idle = server.connect(HELLO).await;
        some(&mut idle).await;
        let mut half = server.connect(b"POST /whole HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\na").await;
        // A further connection was accepted after it, so that its request is being read.
        some(&mut server.connect(HELLO).await).await;
        server.shutdown.trigger();
        assert_eq!(rest(&mut idle).await, "");
        half.write_all(b"b").await.unwrap();
        let answer = rest(&mut half).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\n2"), "{answer}");
        server.ends().await;
    }

    #[tokio::test]
    async fn at_the_end_a_request_that_stays_half_sent_is_cut_off() {
        let server = Server::start(Bounds { drain: Duration::from_millis(50), ..BOUNDS }).await;
        let _head = server.connect(b"POST /whole HTTP/1.1\r\nhost: x\r\n").await;
        let _body = server.connect(b"POST /whole HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\na").await;
        some(&mut server.connect(HELLO).await).await;
        server.shutdown.trigger();
        server.ends().await;
    }

    #[tokio::test]
    async fn a_client_that_sends_all_before_it_reads_sees_why_it_was_refused() {
        let server = Server::start(BOUNDS).await;
        let length = 12 << 20;
        let head = format!("POST /refuse HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n");
        let mut stream = server.connect(head.as_bytes()).await;
        // The answer is there before the body is.
        let answer = some(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        stream.write_all(&vec![b' '; length]).await.unwrap();
        stream.write_all(HELLO).await.unwrap();
        let next = some(&mut stream).await;
        assert!(next.starts_with("HTTP/1.1 200"), "the connection goes on: {next}");
    }

    #[tokio::test]
    async fn a_refused_client_that_waits_for_leave_to_send_is_not_given_it() {
        let server = Server::start(BOUNDS).await;
        let head = "POST /refuse HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 100\r\n\r\n";
        let answer = rest(&mut server.connect(head.as_bytes()).await).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    }
}
