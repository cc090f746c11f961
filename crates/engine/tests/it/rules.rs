//! The ten rules that make the library safe to serve, each with an attempt to break it.

use std::io::Write;
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::{PROGRAM, Process, at, empty_dir, eventually, shared, sql, unique, with};

fn victim() -> String {
    let table = unique("victim");
    sql(format!("CREATE TABLE {table} (n UInt32, s String) ENGINE = MergeTree ORDER BY n")).ok();
    sql(format!("INSERT INTO {table} VALUES (1, 'kept')")).ok();
    table
}

#[test]
fn rule_1_inserted_data_is_never_read_as_sql() {
    let table = victim();
    let attack = format!("7\t\n\nDROP TABLE {table}");
    // In the body, in the URL, cut between both: the data is either stored or refused, and never run.
    sql(format!("INSERT INTO {table} FORMAT TSV\n{attack}\n"));
    with(&[("query", &format!("INSERT INTO {table} FORMAT TSV"))], &attack);
    with(&[("query", &format!("INSERT INTO {table} FORMAT TSV {attack}"))], "");
    with(&[("query", &format!("INSERT INTO {table}"))], format!("FORMAT TSV\n{attack}"));
    sql(format!("INSERT INTO {table} VALUES (7, 'x')\n\n; DROP TABLE {table}"));
    sql(format!("EXPLAIN INSERT INTO {table} FORMAT TSV {attack}"));
    sql(format!("WITH 1 AS x INSERT INTO {table} FORMAT TSV {attack}"));
    sql(format!("INSERT INTO {table} SELECT * FROM input('n UInt32, s String') FORMAT TSV {attack}"));
    assert_eq!(sql(format!("SELECT count() FROM {table} WHERE s = 'kept'")).ok(), "1\n");

    // The same bytes as a value of a binary format arrive as they are.
    let value = format!("a\n\nDROP TABLE {table}");
    let mut row = vec![9, 0, 0, 0, u8::try_from(value.len()).unwrap()];
    row.extend(value.as_bytes());
    with(&[("query", &format!("INSERT INTO {table} FORMAT RowBinary"))], &row).ok();
    sql([format!("INSERT INTO {table} FORMAT RowBinary\n").as_bytes(), &row].concat()).ok();
    let stored = sql(format!("SELECT countIf(s = 'a\\n\\nDROP TABLE {table}') FROM {table}"));
    assert_eq!(stored.ok(), "2\n");
}

#[test]
fn rule_2_one_statement_a_request() {
    let table = victim();
    for text in [
        format!("SELECT 1; DROP TABLE {table}"),
        format!("DROP TABLE {table}; SELECT 1"),
        format!("DROP TABLE {table}; nonsense"),
        format!("SELECT 1;;DROP TABLE {table}"),
        format!("DROP TABLE {table} PARALLEL WITH DROP TABLE {table}"),
        format!("INSERT INTO {table} SELECT 2, 'x'; DROP TABLE {table}"),
    ] {
        let answer = sql(&text);
        assert_eq!((answer.status, answer.code), (400, 62), "{text}: {}", answer.text());
    }
    assert_eq!(sql(format!("SELECT count() FROM {table}")).ok(), "1\n");
    assert_eq!(sql("SELECT 1;").ok(), "1\n");
}

#[test]
fn rule_3_empty_and_unreadable_text_is_an_error() {
    for text in ["", " \n", "-- only a comment", "/* only a comment */", "\x01", "SELECT 'never closed", "SELEC 1", ";"]
    {
        let answer = sql(text);
        assert_eq!((answer.status, answer.code), (400, 62), "{text:?}: {}", answer.text());
    }
    let answer = sql("SELECT 1 +");
    assert!(
        answer.text().starts_with("Code: 62. DB::Exception: Syntax error: failed at position"),
        "{}",
        answer.text()
    );
}

#[test]
fn rule_4_every_stop_is_clean() {
    let data_dir = empty_dir("stops");
    for round in 0..6 {
        let process = Process::start(&[data_dir.to_str().unwrap()]);
        at(&process.url, "CREATE TABLE IF NOT EXISTS t (n UInt32) ENGINE = MergeTree ORDER BY n").ok();
        at(&process.url, format!("INSERT INTO t SELECT {round} FROM numbers(1000)")).ok();
        assert_eq!(at(&process.url, "SELECT count() FROM t").ok(), format!("{}\n", (round + 1) * 1000));
        let status = process.terminate();
        assert_eq!(status.code(), Some(0), "stop {round}: {status}");
    }
}

#[test]
fn rule_5_a_slow_statement_holds_nobody_up_and_too_many_are_refused() {
    let data_dir = empty_dir("turns");
    let process = Process::start(&[data_dir.to_str().unwrap(), "statements=2", "queue_wait_ms=300"]);
    let url = process.url.clone();
    let slow =
        std::thread::spawn(move || at(&url, "SELECT sleepEachRow(1) FROM numbers(3) SETTINGS max_block_size = 1"));
    eventually("the slow statement runs", Duration::from_secs(2), || {
        at(&process.url, "SELECT count() FROM system.processes WHERE query LIKE 'SELECT sleepEach%'").ok() == "1\n"
    });
    let start = Instant::now();
    for _ in 0..10 {
        at(&process.url, "SELECT 1").ok();
    }
    assert!(start.elapsed() < Duration::from_secs(1), "ten small statements took {:?}", start.elapsed());

    let url = process.url.clone();
    let second =
        std::thread::spawn(move || at(&url, "SELECT sleepEachRow(1) FROM numbers(2) SETTINGS max_block_size = 1"));
    let mut refused = None;
    eventually("a third statement is refused", Duration::from_secs(2), || {
        refused = Some(at(&process.url, "SELECT 1")).filter(|answer| answer.status != 200);
        refused.is_some()
    });
    let refused = refused.unwrap();
    assert_eq!((refused.status, refused.code), (503, 202), "{}", refused.text());
    slow.join().unwrap().ok();
    second.join().unwrap().ok();
    assert_eq!(at(&process.url, "SELECT 1").ok(), "1\n");
}

#[test]
fn rule_5_settings_of_one_request_do_not_reach_the_next() {
    let usual = sql("SELECT getSetting('max_result_rows'), currentDatabase()").ok();
    for _ in 0..5 {
        let set = with(
            &[("max_result_rows", "77"), ("database", "system")],
            "SELECT getSetting('max_result_rows'), currentDatabase()",
        );
        assert_eq!(set.ok(), "77\tsystem\n");
        sql("SET max_result_rows = 78").ok();
        assert_eq!(sql("SELECT getSetting('max_result_rows'), currentDatabase()").ok(), usual);
    }
}

#[test]
fn rule_6_a_client_that_goes_away_takes_its_statement_with_it() {
    // One that aggregates before it answers, and one that is in the middle of its answer.
    for statement in [
        "SELECT count() FROM numbers(100000000000) WHERE NOT ignore(cityHash64(number))",
        "SELECT number FROM system.numbers",
    ] {
        let marked = format!("{statement} /* {} */", unique("leaving"));
        let running = || sql(format!("SELECT count() FROM system.processes WHERE query = '{marked}'")).ok() == "1\n";
        let mut stream = TcpStream::connect(shared().url().trim_start_matches("http://")).unwrap();
        write!(stream, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{marked}", marked.len()).unwrap();
        eventually("the statement runs", Duration::from_secs(5), running);
        drop(stream);
        let took = eventually("the statement is cancelled", Duration::from_secs(3), || !running());
        assert!(took < Duration::from_secs(2), "cancelled after {took:?}");
    }
}

#[test]
fn rule_7_this_machine_passes_the_check_or_is_told_why_not() {
    // What the check says of other machines is tested beside it.
    match engine::check_cpu() {
        Ok(()) => assert_eq!(sql("SELECT 1").ok(), "1\n"),
        Err(error) => assert!(error.to_string().contains("RAPPORT_WAREHOUSE__URL"), "{error}"),
    }
}

#[test]
fn rule_8_sql_reaches_no_file_and_no_network() {
    let directory = empty_dir("secrets");
    let secret = directory.join("secret.tsv");
    std::fs::write(&secret, "top secret\n").unwrap();
    let path = secret.display();
    assert_eq!(with(&[("database", "default")], "SELECT 1").code, 497);
    for text in [
        format!("SELECT * FROM default.`{path}`"),
        format!("SELECT * FROM `{path}`"),
        format!("SELECT * FROM file('{path}', LineAsString)"),
        format!("SELECT file('{path}')"),
        format!("SELECT `file`('{path}')"),
        format!("SELECT FiLe /* x */ ('{path}')"),
        format!("CREATE TABLE outside (s String) ENGINE = File(TSV, '{path}')"),
        format!("CREATE DATABASE outside ENGINE = Filesystem('{}')", directory.display()),
        format!(
            "CREATE DICTIONARY outside (s String) PRIMARY KEY s SOURCE(FILE(path '{path}' format 'TSV')) LAYOUT(FLAT())"
        ),
        format!("SELECT 1 INTO OUTFILE '{path}.out'"),
        format!("INSERT INTO FUNCTION file('{path}.out', TSV) SELECT 1"),
        format!("INSERT INTO FUNCTION file('{path}.out', TSV) FORMAT TSV\n1\n"),
        "CREATE TABLE default.t (n UInt8) ENGINE = MergeTree ORDER BY n".to_owned(),
        "USE default".to_owned(),
        "SELECT * FROM url('http://127.0.0.1:1/', LineAsString)".to_owned(),
        "SELECT * FROM remote('127.0.0.1', system.one)".to_owned(),
        "SELECT * FROM executable('id', TSV, 's String')".to_owned(),
        "GRANT ALL ON *.* TO default".to_owned(),
    ] {
        let answer = sql(&text);
        assert!(answer.code != 0 || text == "USE default", "{text} was answered: {}", answer.text());
        assert!(!answer.text().contains("top secret"), "{text}");
    }
    let values = format!("INSERT INTO {} VALUES (1, file('{path}'))", victim());
    assert_eq!(sql(values).code, 497);
    assert!(!directory.join("secret.tsv.out").exists());
    assert_eq!(sql("SELECT currentDatabase()").ok(), "rapport\n");
    assert_eq!(sql("SELECT engine FROM system.databases WHERE name = 'rapport'").ok(), "Atomic\n");
}

#[test]
fn rule_9_configuration_that_lies_around_is_not_read() {
    let hostile = empty_dir("hostile");
    let config = "<clickhouse><mark_cache_size>11111111</mark_cache_size><path>./stolen/</path></clickhouse>";
    for place in [".", ".clickhouse-local", ".clickhouse-client", "conf.d", "config.d"] {
        std::fs::create_dir_all(hostile.join(place)).unwrap();
        std::fs::write(hostile.join(place).join("config.xml"), config).unwrap();
    }
    let data_dir = empty_dir("guarded");
    let process =
        Process::start_command(Command::new(PROGRAM).arg(&data_dir).current_dir(&hostile).env("HOME", &hostile));
    let marks = at(&process.url, "SELECT value FROM system.server_settings WHERE name = 'mark_cache_size'");
    assert_eq!(marks.ok(), format!("{}\n", engine::Limits::default().mark_cache_bytes));
    assert!(!hostile.join("stolen").exists());
    assert_eq!(std::fs::read_link(format!("/proc/{}/cwd", process.pid())).unwrap(), data_dir.join("engine"));
}

#[test]
fn rule_10_a_second_process_on_the_same_directory_fails_with_words() {
    let data_dir = empty_dir("contended");
    let first = Process::start(&[data_dir.to_str().unwrap()]);
    let second = Command::new(PROGRAM).arg(&data_dir).arg("lock_wait_ms=200").output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    let message = String::from_utf8(second.stderr).unwrap();
    assert!(message.contains("is in use by another process"), "{message}");
    assert_eq!(at(&first.url, "SELECT 1").ok(), "1\n");
}
