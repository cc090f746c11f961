//! The HTTP interface as curl and other plain clients use it.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::{Process, at, empty_dir, shared, sql, try_post, unique, with};

fn table() -> String {
    let table = unique("plain");
    sql(format!("CREATE TABLE {table} (n UInt32, s String) ENGINE = MergeTree ORDER BY n")).ok();
    table
}

#[test]
fn it_answers_pings_and_says_what_else_there_is() {
    let get = |path: &str| {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut response = agent.get(format!("{}{path}", shared().url())).call().unwrap();
        (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
    };
    assert_eq!(get("/ping"), (200, "Ok.\n".to_owned()));
    assert_eq!(get("/"), (200, "Ok.\n".to_owned()));
    assert_eq!(get("/?query=SELECT%201"), (200, "1\n".to_owned()));
    assert_eq!(get("/elsewhere").0, 404);
    // GET changes nothing.
    let table = table();
    let (status, text) = get(&format!("/?query=DROP%20TABLE%20{table}"));
    assert!(status == 403 && text.starts_with("Code: 164."), "{status} {text}");
    assert_eq!(sql(format!("EXISTS TABLE {table}")).ok(), "1\n");
    assert_eq!(with(&[("readonly", "1")], format!("DROP TABLE {table}")).code, 164);
}

#[test]
fn formats_parameters_and_settings_are_followed() {
    let answer = with(
        &[("default_format", "JSONEachRow"), ("param_n", "5"), ("param_s", "a\\tb")],
        "SELECT {n:UInt8} AS n, {s:String} AS s",
    );
    assert_eq!(answer.header("x-clickhouse-format"), "JSONEachRow");
    assert_eq!(answer.ok(), "{\"n\":5,\"s\":\"a\\tb\"}\n");
    let json: serde_json::Value = serde_json::from_str(&sql("SELECT 1 AS a FORMAT JSON").ok()).unwrap();
    assert_eq!(json["data"][0]["a"], 1);
    assert_eq!(
        with(&[("max_threads", "3"), ("session_id", "x"), ("compress", "1")], "SELECT getSetting('max_threads')").ok(),
        "3\n"
    );
    for (parameters, code) in
        [(&[("no_such_setting", "1")][..], 115), (&[("max_threads", "many")], 27), (&[("database", "nowhere")], 81)]
    {
        assert_eq!(with(parameters, "SELECT 1").code, code, "{parameters:?}");
    }
    assert_eq!(sql("SELECT {missing:UInt8}").code, 456);
    assert_eq!(sql("SELECT 1 FORMAT Nothing").code, 73);
}

#[test]
fn errors_have_clickhouses_code_and_a_fitting_status() {
    for (statement, status, code) in [
        ("SELECT * FROM nowhere", 404, 60),
        ("SELECT nothing", 404, 47),
        ("SELECT no_such_function()", 404, 46),
        (
            "SELECT 1 SETTINGS max_execution_time = 0.1, max_block_size = 1, limit = 0, offset = 0, max_rows_to_read = 0, max_threads = 'x'",
            400,
            27,
        ),
        ("SELECT sleepEachRow(0.2) FROM numbers(30) SETTINGS max_execution_time = 0.3, max_block_size = 1", 408, 159),
        ("SELECT arrayJoin(range(1000000)) x, groupArray(x) GROUP BY x SETTINGS max_memory_usage = 1000000", 500, 241),
    ] {
        let answer = sql(statement);
        assert_eq!((answer.status, answer.code), (status, code), "{statement}: {}", answer.text());
        assert!(answer.text().starts_with(&format!("Code: {code}. DB::Exception: ")));
    }
}

#[test]
fn large_answers_come_in_pieces_and_whole() {
    for (format, lines) in
        [("TSV", 0), ("TSVWithNames", 1), ("TSVWithNamesAndTypes", 2), ("CSVWithNames", 1), ("JSONEachRow", 0)]
    {
        let text = sql(format!("SELECT number, toString(number) AS text FROM numbers(500000) FORMAT {format}")).ok();
        assert_eq!(text.lines().count(), 500_000 + lines, "{format}");
        assert!(text.lines().last().unwrap().contains("499999"), "{format}");
    }
    let binary = sql("SELECT number FROM numbers(500000) FORMAT RowBinaryWithNamesAndTypes");
    assert_eq!(binary.body.len(), 15 + 8 * 500_000);
    let rows = binary.body[15..].chunks(8).enumerate();
    assert!(rows.into_iter().all(|(number, bytes)| bytes == (number as u64).to_le_bytes()));
    assert_eq!(sql("SELECT number FROM numbers(0) FORMAT RowBinaryWithNamesAndTypes").body.len(), 15);
}

#[test]
fn an_error_in_the_middle_of_an_answer_is_not_taken_for_its_end() {
    let statement = "SELECT number, throwIf(number = 400000) FROM numbers(500000)";
    let error = try_post(&shared().url(), &[], statement.as_bytes()).expect_err("the answer breaks off");
    assert!(!error.to_string().is_empty());
    // And the engine goes on.
    assert_eq!(sql("SELECT 1").ok(), "1\n");
}

#[test]
fn bodies_may_be_compressed() {
    let table = table();
    let rows: String = (0..50_000).map(|n| format!("{n}\ttext {n}\n")).collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(rows.as_bytes()).unwrap();
    let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
    lz4.write_all(rows.as_bytes()).unwrap();
    let url = format!("{}/?query=INSERT%20INTO%20{table}%20FORMAT%20TSV", shared().url());
    for (encoding, body) in [("gzip", gzip.finish().unwrap()), ("lz4", lz4.finish().unwrap())] {
        let answer = try_post(&url, &[("Content-Encoding", encoding)], &body).unwrap();
        assert!(answer.header("x-clickhouse-summary").contains("\"written_rows\":\"50000\""));
        answer.ok();
    }
    assert_eq!(sql(format!("SELECT count(), uniqExact(n), sum(n) FROM {table}")).ok(), "100000\t50000\t2499950000\n");
    let cut = try_post(&url, &[("Content-Encoding", "gzip")], b"\x1f\x8b\x08\x00 not gzip").unwrap();
    assert_eq!((cut.status, cut.code), (400, 271), "{}", cut.text());
    let unknown = try_post(&url, &[("Content-Encoding", "br")], b"x").unwrap();
    assert_eq!(unknown.code, 89);
}

#[test]
fn an_insert_is_in_whole_or_not_at_all() {
    let table = table();
    // Wrong in its last row: many blocks of parsing before it.
    let rows: String = (0..300_000).map(|n| format!("{n}\tx\n")).chain(["wrong\tx\n".to_owned()]).collect();
    let answer = with(&[("query", &format!("INSERT INTO {table} FORMAT TSV"))], &rows);
    assert_eq!((answer.status, answer.code), (400, 27));
    assert_eq!(sql(format!("SELECT count() FROM {table}")).ok(), "0\n");
    let rows: String = (0..1_500_000).map(|n| format!("{n}\tx\n")).collect();
    with(&[("query", &format!("INSERT INTO {table} FORMAT TSV"))], &rows).ok();
    let parts =
        format!("SELECT sum(rows), countIf(rows = 1500000) FROM system.parts WHERE table = '{table}' AND active");
    assert_eq!(sql(parts).ok(), "1500000\t1\n");
}

#[test]
fn the_password_decides_and_a_wrong_one_sees_nothing() {
    let data_dir = empty_dir("locked");
    let process = Process::start(&[data_dir.to_str().unwrap(), "access_key=right"]);
    let statement = b"CREATE TABLE t (n UInt8) ENGINE = MergeTree ORDER BY n";
    for (headers, status) in [
        (&[][..], 401),
        (&[("X-ClickHouse-User", "default"), ("X-ClickHouse-Key", "wrong")], 403),
        (&[("X-ClickHouse-Key", "")], 403),
        (&[("Authorization", "Basic ZGVmYXVsdDp3cm9uZw==")], 403),
    ] {
        let answer = try_post(&process.url, headers, statement).unwrap();
        assert_eq!((answer.status, answer.code), (status, 516), "{headers:?}");
        assert!(!answer.text().contains("right"), "{}", answer.text());
    }
    let right = [("X-ClickHouse-User", "anyone"), ("X-ClickHouse-Key", "right")];
    assert_eq!(try_post(&process.url, &right, b"EXISTS TABLE t").unwrap().ok(), "0\n");
    let basic = [("Authorization", "Basic YW55b25lOnJpZ2h0")];
    assert_eq!(try_post(&process.url, &basic, b"SELECT 1").unwrap().ok(), "1\n");
}

#[test]
fn oversized_bodies_and_long_queries_have_limits() {
    let data_dir = empty_dir("bounded");
    let process = Process::start(&[data_dir.to_str().unwrap(), "body_bytes=100000", "query_time_ms=300"]);
    let answer = at(&process.url, [b"SELECT '".as_slice(), &vec![b'x'; 200_000], b"'"].concat());
    assert_eq!((answer.status, answer.code), (413, 440), "{}", answer.text());
    let start = Instant::now();
    let answer = at(&process.url, "SELECT sleepEachRow(0.1) FROM numbers(30) SETTINGS max_block_size = 1");
    assert_eq!((answer.status, answer.code), (408, 159), "{}", answer.text());
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[test]
fn an_idle_engine_is_small() {
    let data_dir = empty_dir("idle");
    let process = Process::start(&[data_dir.to_str().unwrap()]);
    at(&process.url, "SELECT 1").ok();
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kib < 500 << 10, "{kib} KiB resident");
}

#[test]
fn a_body_in_two_small_writes_does_not_wait_for_an_acknowledgement() {
    // Without TCP_NODELAY, as the official crate connects: a delayed acknowledgement would cost 40 ms each time.
    let mut stream = TcpStream::connect(shared().url().trim_start_matches("http://")).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut times = Vec::new();
    for _ in 0..40 {
        let start = Instant::now();
        write!(stream, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
        write!(stream, "7\r\nSELECT \r\n").unwrap();
        write!(stream, "1\r\n1\r\n0\r\n\r\n").unwrap();
        // The headers, an empty line and the one line of the answer.
        while !lines.next().unwrap().unwrap().is_empty() {}
        assert_eq!(lines.next().unwrap().unwrap(), "1");
        times.push(start.elapsed());
    }
    // The first ones are acknowledged at once on any connection; a busy machine delays some, a missing option all.
    let fastest = times[20..].iter().min().unwrap();
    assert!(*fastest < Duration::from_millis(30), "{times:?}");
}
