use super::*;

fn data(text: &str) -> (&str, String, &str) {
    match shape(text.as_bytes()) {
        Ok(Shape::InsertData { head, format, data }) => (&text[head], format, &text[data..]),
        other => panic!("{text}: {other:?}"),
    }
}

fn code_of(text: &str) -> u32 {
    shape(text.as_bytes()).expect_err(text).code
}

#[test]
fn the_data_of_an_insert_begins_after_its_format_or_values() {
    for (text, head, format, rest) in [
        ("INSERT INTO t FORMAT TSV\n1\t2\n\nDROP TABLE t", "INSERT INTO t ", "TSV", "1\t2\n\nDROP TABLE t"),
        ("insert into d.t (a, `b)`) format Native\n\n\x01", "insert into d.t (a, `b)`) ", "Native", "\n\x01"),
        ("INSERT INTO t VALUES (1, 'FORMAT'); ", "INSERT INTO t ", "Values", " (1, 'FORMAT'); "),
        (
            "/* FORMAT X */ INSERT INTO t(a) SETTINGS a = 1 FORMAT CSV",
            "/* FORMAT X */ INSERT INTO t(a) SETTINGS a = 1 ",
            "CSV",
            "",
        ),
        ("INSERT INTO t FORMAT RowBinary;\n", "INSERT INTO t ", "RowBinary", ""),
        ("INSERT INTO TABLE `values` VALUES (1)", "INSERT INTO TABLE `values` ", "Values", " (1)"),
        ("INSERT INTO values VALUES (1)", "INSERT INTO values ", "Values", " (1)"),
        (
            "INSERT INTO {d:Identifier}.{t:Identifier} FORMAT TSV x",
            "INSERT INTO {d:Identifier}.{t:Identifier} ",
            "TSV",
            "x",
        ),
        ("INSERT INTO t FORMAT TSV \r\nx", "INSERT INTO t ", "TSV", "x"),
    ] {
        assert_eq!(data(text), (head, format.to_owned(), rest), "{text}");
    }
}

#[test]
fn an_insert_from_a_select_has_no_data() {
    for text in [
        "INSERT INTO t SELECT 1",
        "INSERT INTO t (a) WITH 1 AS x SELECT x",
        "INSERT INTO t (SELECT 1)",
        "INSERT INTO t SELECT format AS f FROM x",
        "INSERT INTO t SELECT x.format FROM x",
        "WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x",
        "EXPLAIN INSERT INTO t SELECT 1",
    ] {
        assert_eq!(shape(text.as_bytes()), Ok(Shape::InsertSelect), "{text}");
    }
}

#[test]
fn data_where_it_could_be_read_as_sql_is_refused() {
    assert_eq!(code_of("INSERT INTO t SELECT * FROM input('a String') FORMAT TSV x\n\nDROP TABLE t"), 48);
    assert_eq!(code_of("EXPLAIN INSERT INTO t FORMAT TSV x\n\nDROP TABLE t"), 48);
    assert_eq!(code_of("WITH 1 AS x INSERT INTO t VALUES (1)\n\nDROP TABLE t"), 48);
    assert_eq!(code_of("INSERT INTO t FORMAT TSV\n;1"), 62);
    assert_eq!(code_of("INSERT INTO t; DROP TABLE t"), 62);
}

#[test]
fn a_select_says_its_format() {
    for (text, format) in [
        ("SELECT 1", None),
        ("SELECT 1 FORMAT JSON", Some("JSON")),
        ("(SELECT 1) format Native SETTINGS max_threads = 1", Some("Native")),
        ("SELECT 'FORMAT X', (SELECT 1 FORMAT)", None),
        ("WITH 1 AS x SELECT format, x -- FORMAT JSON", None),
    ] {
        assert_eq!(shape(text.as_bytes()), Ok(Shape::Select(format.map(str::to_owned))), "{text}");
    }
    assert_eq!(shape(b"SHOW TABLES FORMAT JSON"), Ok(Shape::Other));
}

#[test]
fn empty_and_broken_texts_are_refused_as_syntax_errors() {
    for text in ["", "  \n", "-- only this", "/* and this */", "SELECT 'abc", "SELECT /* x", "INSERT INTO t"] {
        assert_eq!(code_of(text), 62, "{text:?}");
    }
}

#[test]
fn what_reaches_outside_the_database_is_refused() {
    for text in [
        "SELECT file('/etc/passwd')",
        "SELECT `file` ('/etc/passwd')",
        "SELECT File/**/('/etc/passwd')",
        "CREATE VIEW v AS SELECT file('/etc/passwd')",
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        "INSERT INTO t FROM INFILE '/etc/passwd' FORMAT TSV",
        "INSERT INTO FUNCTION file('x', TSV) SELECT 1",
        "INSERT INTO TABLE FUNCTION url('x') FORMAT TSV",
        "CREATE DICTIONARY d (a UInt8) PRIMARY KEY a SOURCE/**/(FILE(path 'x')) LAYOUT(FLAT())",
    ] {
        assert_eq!(code_of(text), 497, "{text}");
    }
    assert_eq!(check_values(b"(1, file('/etc/passwd'))").expect_err("must be refused").code, 497);
    assert_eq!(check_values(b"(1, 'file (x)', profile(2))"), Ok(()));
    assert!(shape(b"SELECT file, 'INTO OUTFILE' FROM t").is_ok());
    assert!(shape(b"CREATE DICTIONARY d (a UInt8) PRIMARY KEY a SOURCE(CLICKHOUSE(TABLE 't')) LAYOUT(FLAT())").is_ok());
}
