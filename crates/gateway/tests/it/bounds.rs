//! Everything has a bound, and says so when it is reached.

use std::{io::Write, net::SocketAddr, sync::Arc, time::Duration};

use axum::http::StatusCode;
use control::Role;
use gateway::Options;
use journal::{Appended, BoxFuture, Commit, Error, Journal, NewRecord, Offsets, ReadLimit, Record, Topic};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::server::{Server, message};

/// A gibibyte of zeros in about a mebibyte: a gzip stream may consist of any number of members.
fn bomb() -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&vec![0; 16 << 20]).unwrap();
    encoder.finish().unwrap().repeat(64)
}

/// The most memory that this process ever had since `reset`, in bytes.
fn peak_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() << 10
}

fn reset_peak_memory() -> usize {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    peak_memory()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gzip_bombs_are_refused_and_memory_stays_flat() {
    let server = Arc::new(Server::start().await);
    let bomb = bomb();
    let zstd = zstd::encode_all(std::io::repeat(0).take_bytes(1 << 30), 3).unwrap();
    let before = reset_peak_memory();
    let mut requests = tokio::task::JoinSet::new();
    for number in 0..8 {
        let (encoding, body) = if number % 2 == 0 { ("gzip", bomb.clone()) } else { ("zstd", zstd.clone()) };
        let request = server.request().header("content-encoding", encoding).body(body.into()).unwrap();
        let server = server.clone();
        requests.spawn(async move { server.send(request).await });
    }
    while let Some(answer) = requests.join_next().await {
        let (status, answer) = answer.unwrap();
        let code = (status, &answer["error"]["code"]);
        assert_eq!(code, (StatusCode::PAYLOAD_TOO_LARGE, &json!("body_too_large_inflated")));
    }
    let grown = peak_memory().saturating_sub(before);
    assert!(grown < 400 << 20, "8 GiB of bombs took {} MiB", grown >> 20);
    let reasons: Vec<Value> =
        server.dead_letters().await.iter().map(|(headers, _)| headers["reason"].clone()).collect();
    assert_eq!(reasons, vec![json!("body_too_large_inflated"); 8]);
}

/// `Read::take` by value for a reader that is not named `Read` here.
trait TakeBytes: std::io::Read + Sized {
    fn take_bytes(self, bytes: u64) -> std::io::Take<Self> {
        std::io::Read::take(self, bytes)
    }
}
impl<R: std::io::Read> TakeBytes for R {}

#[tokio::test]
async fn a_key_that_sends_too_much_is_told_when_to_go_on() {
    let options = Options { key_events_per_second: 1, key_burst_events: 3, ..Options::default() };
    let server = Server::with(options, None).await;
    let batch = json!([message("a"), message("b"), message("c"), message("d")]).to_string();
    assert_eq!(server.post(batch.clone()).await.0, StatusCode::OK, "a batch beyond what is left passes once");
    let (status, answer) = server.post(batch).await;
    assert_eq!((status.as_u16(), &answer["error"]["code"]), (429, &json!("rate_limited")));
    assert_eq!(server.event_ids().await.len(), 4);
    assert!(server.dead_letters().await.is_empty(), "what comes again is no dead letter");
}

/// No test waits longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Room for thirty-two requests as large as may be, of which one key has eight.
fn little_room() -> Options {
    Options {
        body_max: "16KiB".parse().unwrap(),
        in_flight_max: "512KiB".parse().unwrap(),
        in_flight_wait: "20ms".parse().unwrap(),
        ..Options::default()
    }
}

/// Begins a request and sends `sent` of the bytes that it promises, and no more.
async fn half_sent(address: SocketAddr, head: &str, sent: usize) -> TcpStream {
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(format!("{head}{}", "[".repeat(sent)).as_bytes()).await.unwrap();
    slow
}

#[tokio::test]
async fn a_promise_takes_no_room_and_a_key_that_sends_slowly_fills_no_more_than_its_share() {
    let server = Server::with(little_room(), None).await;
    let address = serve(&server).await;
    let slow = server.key(Role::Browser, "production").await;
    let slow = head_of(slow.key.reveal(), 16 << 10);
    let others_go_in = async || {
        for _ in 0..8 {
            let (status, answer) = server.post(json!([message("a")]).to_string()).await;
            assert_eq!(status, StatusCode::OK, "another key: {answer}");
        }
    };
    // As many as would fill all the room if what they promise was set aside.
    let mut sent = Vec::new();
    for _ in 0..32 {
        sent.push(half_sent(address, &slow, 1).await);
    }
    others_go_in().await;
    sent.clear();
    // And as many as really fill it.
    let mut refused = async || {
        loop {
            sent.push(half_sent(address, &slow, (16 << 10) - 1).await);
            let answer = exchange(address, format!("{slow}{}", " ".repeat(16 << 10)).as_bytes()).await;
            if answer.starts_with("HTTP/1.1 429") {
                break answer;
            }
        }
    };
    let answer = tokio::time::timeout(PATIENCE, refused()).await.unwrap();
    assert!(answer.contains("retry-after: 1") && answer.contains("\"key_busy\""), "{answer}");
    others_go_in().await;
}

#[tokio::test]
async fn more_than_fits_at_the_same_time_is_back_pressure() {
    let server = Server::with(little_room(), None).await;
    let address = serve(&server).await;
    let mut keys = Vec::new();
    for _ in 0..5 {
        keys.push(server.key(Role::Browser, "production").await);
    }
    let mut sent = Vec::new();
    let mut refused = async || {
        for key in keys.iter().cycle() {
            sent.push(half_sent(address, &head_of(key.key.reveal(), 16 << 10), (16 << 10) - 1).await);
            let answer = exchange(address, format!("{}[       ]", head(&server, 9)).as_bytes()).await;
            if answer.starts_with("HTTP/1.1 503") {
                return answer;
            }
        }
        unreachable!("the keys come again and again");
    };
    let answer = tokio::time::timeout(PATIENCE, refused()).await.unwrap();
    assert!(answer.contains("retry-after: 1") && answer.contains("\"overloaded\""), "{answer}");
    drop(sent);
    // The room comes back as the server notices that they are gone.
    let taken = async { while server.post(json!([message("a")]).to_string()).await.0 != StatusCode::OK {} };
    tokio::time::timeout(PATIENCE, taken).await.unwrap();
}

async fn serve(server: &Server) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = server.router.clone().into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

fn head(server: &Server, length: usize) -> String {
    head_of(&server.key, length)
}

fn head_of(key: &str, length: usize) -> String {
    format!("POST /v1/batch HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-length: {length}\r\n\r\n")
}

/// Writes, then reads what comes until the answer's body has ended.
async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = vec![0; 64 << 10];
    let length = stream.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[tokio::test]
async fn a_body_that_does_not_come_in_time_is_given_up() {
    let options = Options { body_timeout: "50ms".parse().unwrap(), ..Options::default() };
    let server = Server::with(options, None).await;
    let address = serve(&server).await;
    let answer = exchange(address, format!("{}[{{\"half\":", head(&server, 100)).as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("\"body_timeout\""), "{answer}");
    let dead = server.dead_letters().await;
    assert_eq!((dead.len(), &dead[0].1[..]), (1, &b"[{\"half\":"[..]));
}

#[tokio::test]
async fn a_body_that_comes_too_slowly_is_given_up_long_before_its_time() {
    let options = Options { body_grace: "50ms".parse().unwrap(), ..Options::default() };
    let server = Server::with(options, None).await;
    let address = serve(&server).await;
    let answer = exchange(address, format!("{}[{{\"half\":", head(&server, 100)).as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("\"body_too_slow\""), "{answer}");
}

#[tokio::test]
async fn a_connection_that_ends_inside_the_body_leaves_a_dead_letter() {
    let server = Server::start().await;
    let address = serve(&server).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("{}[{{\"half\":", head(&server, 100)).as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    server.journal.wait_beyond(Topic::DeadLetters, vec![0]).await;
    let dead = server.dead_letters().await;
    assert_eq!((&dead[0].0["reason"], &dead[0].1[..]), (&json!("body_incomplete"), &b"[{\"half\":"[..]));
    assert!(server.events().await.is_empty());
}

/// A journal that takes control records, and nothing else.
#[derive(Debug)]
struct Away {
    inner: Arc<dyn Journal>,
    error: Failure,
}

impl Journal for Away {
    fn partitions(&self, topic: Topic) -> u16 {
        self.inner.partitions(topic)
    }
    fn append(&self, topic: Topic, records: Vec<NewRecord>) -> BoxFuture<'_, Result<Vec<Appended>, Error>> {
        if topic == Topic::Control {
            return self.inner.append(topic, records);
        }
        Box::pin(async { Err((self.error)()) })
    }
    fn read(
        &self,
        topic: Topic,
        partition: u16,
        from: u64,
        limit: ReadLimit,
    ) -> BoxFuture<'_, Result<Vec<Record>, Error>> {
        self.inner.read(topic, partition, from, limit)
    }
    fn wait_beyond(&self, topic: Topic, seen: Vec<u64>) -> BoxFuture<'_, ()> {
        self.inner.wait_beyond(topic, seen)
    }
    fn offsets(&self, topic: Topic, partition: u16) -> BoxFuture<'_, Result<Offsets, Error>> {
        self.inner.offsets(topic, partition)
    }
    fn offset_for_time(&self, topic: Topic, partition: u16, at_ms: i64) -> BoxFuture<'_, Result<Option<u64>, Error>> {
        self.inner.offset_for_time(topic, partition, at_ms)
    }
    fn commit(&self, group: &str, topic: Topic, partition: u16, commit: Commit) -> BoxFuture<'_, Result<(), Error>> {
        self.inner.commit(group, topic, partition, commit)
    }
    fn committed(&self, group: &str, topic: Topic, partition: u16) -> BoxFuture<'_, Result<Option<Commit>, Error>> {
        self.inner.committed(group, topic, partition)
    }
}

/// Makes the error that a journal fails with.
type Failure = fn() -> Error;

#[tokio::test]
async fn a_journal_that_takes_nothing_is_never_acknowledged() {
    let errors: [(Failure, &str); 3] = [
        (|| Error::Full("the disk is full".into()), "journal_full"),
        (|| Error::Away("it went away".into()), "journal_away"),
        (|| Error::Ambiguous("it said nothing".into()), "append_ambiguous"),
    ];
    for (error, code) in errors {
        let directory = tempfile::tempdir().unwrap();
        let inner = journal::embedded::EmbeddedJournal::open(directory.path(), Default::default()).unwrap();
        let journal = Arc::new(Away { inner: Arc::new(inner), error });
        let server = Server::over(journal, directory, Options::default(), None).await;
        let (status, answer) = server.post(json!([message("a")]).to_string()).await;
        assert_eq!((status.as_u16(), &answer["error"]["code"]), (503, &json!(code)));
        // A refused body keeps its own refusal, though its dead letter cannot be kept.
        let (status, answer) = server.post("hello").await;
        assert_eq!((status.as_u16(), &answer["error"]["code"]), (400, &json!("malformed_body")));
    }
}

#[tokio::test]
async fn a_producer_that_hangs_up_holds_nothing() {
    let options = Options {
        in_flight_max: "64KiB".parse().unwrap(),
        in_flight_wait: "2s".parse().unwrap(),
        ..Options::default()
    };
    let server = Server::with(options, None).await;
    let address = serve(&server).await;
    let mut gone = TcpStream::connect(address).await.unwrap();
    gone.write_all(head(&server, 60 << 10).as_bytes()).await.unwrap();
    drop(gone);
    let request = format!("{}[]", head(&server, 2));
    let answer = tokio::time::timeout(Duration::from_secs(10), exchange(address, request.as_bytes())).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
