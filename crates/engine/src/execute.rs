//! Runs a plan on a session. Everything here blocks and belongs on a thread of its own.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use crate::DATABASE;
use crate::config::PROFILE;
use crate::engine::{Engine, Job, Session};
use crate::exception::{Exception, code};
use crate::ffi::{Answer, Connection, Parameters, QueryStream};
use crate::format::Pieces;
use crate::plan::{Kind, Plan};

/// Pieces of an answer that wait for a slow client; then the engine waits.
const PIECES_AHEAD: usize = 4;

/// An answer is begun when this much of it is there, or all of it: an error before that has a status of its own, as at
/// a ClickHouse server.
const BEGIN_BYTES: usize = 256 << 10;

/// What came of a statement.
pub(crate) enum Reply {
    /// The whole answer.
    Whole { body: Bytes, counts: [u64; 4] },
    /// The begin of an answer; the rest follows, and may end in an exception.
    Pieces { first: Bytes, rest: mpsc::Receiver<Result<Bytes, Exception>> },
}

/// Where the reply goes; a client that has gone away receives nothing.
type Replies = oneshot::Sender<Result<Reply, Exception>>;

/// Runs `plan` and replies. The session goes back to the pool when its state is as it was before.
pub(crate) fn run(engine: &Engine, plan: Plan, job: &Arc<Job>, replies: Replies) {
    let mut session = match engine.session() {
        Ok(session) => session,
        Err(exception) => {
            job.end();
            replies.send(Err(exception)).ok();
            return;
        }
    };
    if !job.begin(&session) {
        job.end();
        engine.give_back(session);
        return;
    }
    let clean = Statement { session: &mut session, job, engine }.run(plan, replies);
    if job.end() && clean {
        engine.give_back(session);
    }
}

struct Statement<'a> {
    session: &'a mut Session,
    job: &'a Job,
    engine: &'a Engine,
}

impl Statement<'_> {
    /// True when the session may be used again.
    fn run(&mut self, mut plan: Plan, replies: Replies) -> bool {
        plan.settings.retain(|(name, value)| !PROFILE.contains(&(name.as_str(), value.as_str())));
        let untouched =
            plan.database.as_deref().is_none_or(|database| database == DATABASE) && plan.settings.is_empty();
        let class = match self.prepare(&plan) {
            Ok(class) => class,
            Err(exception) => {
                replies.send(Err(exception)).ok();
                return untouched;
            }
        };
        match std::mem::replace(&mut plan.kind, Kind::Whole { inserts: false }) {
            Kind::Insert { format, mut data, coding } => {
                let connection = &mut self.session.connection;
                let limits = self.engine.limits();
                let reply = insert(connection, &plan, &format, |sink| data.decode(coding, limits, sink));
                // The memory of the body is free before the client can send the next.
                drop(data);
                let clean = untouched && reply.is_ok();
                replies.send(reply.map(whole)).ok();
                clean
            }
            Kind::Stream(pieces) => {
                self.stream(&plan, pieces, replies);
                untouched
            }
            Kind::Whole { .. } => {
                let answer = self.session.connection.query(&plan.sql, &plan.default_format, &plan.parameters);
                replies.send(answer.map(whole).map_err(Exception::from_engine)).ok();
                // Anything but a read may have left a setting, a current database or a temporary table behind.
                untouched && class == 0
            }
        }
    }

    /// Checks the statement and applies database and settings; the class of the statement.
    fn prepare(&mut self, plan: &Plan) -> Result<u32, Exception> {
        let connection = &mut self.session.connection;
        if let Some(database) = plan.database.as_deref().filter(|database| *database != DATABASE) {
            use_database(connection, database)?;
        }
        for (name, value) in &plan.settings {
            set(connection, name, &quoted(value))?;
        }
        if matches!(plan.kind, Kind::Whole { inserts: true }) {
            // Sizes that make an insert one block are for data that is sent; a SELECT may be larger than memory.
            for name in ["max_insert_block_size", "min_insert_block_size_rows", "min_insert_block_size_bytes"] {
                set(connection, name, "DEFAULT")?;
            }
        }
        let text = match plan.kind {
            Kind::Insert { .. } => Bytes::from([plan.sql.as_ref(), b" FORMAT Native"].concat()),
            _ => plan.sql.clone(),
        };
        let class = check_single(connection, &text)?;
        if plan.read_only && class != 0 {
            let message = "only statements that read are allowed with GET or readonly: use POST";
            return Err(Exception::new(code::READONLY, "READONLY", message));
        }
        Ok(class)
    }

    fn stream(&mut self, plan: &Plan, pieces: Pieces, replies: Replies) {
        let job = self.job;
        let stream = match self.session.connection.stream(&plan.sql, &plan.default_format, &plan.parameters) {
            Ok(stream) => stream,
            Err(error) => return drop(replies.send(Err(Exception::from_engine(error)))),
        };
        let mut answer = PiecedAnswer { stream, pieces, header: None };
        let mut first = Vec::new();
        while first.iter().map(Bytes::len).sum::<usize>() < BEGIN_BYTES {
            match answer.next() {
                Ok(Some(piece)) => first.push(piece),
                Ok(None) => return drop(replies.send(Ok(Reply::Whole { body: joined(first), counts: [0; 4] }))),
                Err(exception) => return drop(replies.send(Err(exception))),
            }
        }
        let (sender, rest) = mpsc::channel(PIECES_AHEAD);
        if replies.send(Ok(Reply::Pieces { first: joined(first), rest })).is_err() {
            return;
        }
        while !job.is_cancelled() {
            let Some(piece) = answer.next().transpose() else { return };
            let ended = piece.is_err();
            // A closed channel is a client that has gone away: dropping the stream cancels it.
            if sender.blocking_send(piece).is_err() || ended {
                return;
            }
        }
    }
}

/// The pieces of an answer, ready to be put one after the other.
struct PiecedAnswer<'a> {
    stream: QueryStream<'a>,
    pieces: Pieces,
    /// What is cut off every piece but the first.
    header: Option<Vec<u8>>,
}

impl PiecedAnswer<'_> {
    fn next(&mut self) -> Result<Option<Bytes>, Exception> {
        let Some(answer) = self.stream.fetch().map_err(Exception::from_engine)? else { return Ok(None) };
        let piece = Bytes::from_owner(answer);
        match &self.header {
            Some(header) if piece.starts_with(header) => Ok(Some(piece.slice(header.len()..))),
            Some(_) => {
                Err(Exception::from_engine("a piece of the answer has another header than the first".to_owned()))
            }
            None => {
                let length = self.pieces.header_length(&piece);
                let cut = || Exception::from_engine("the answer's header is cut off".to_owned());
                self.header = Some(piece[..length.ok_or_else(cut)?].to_vec());
                Ok(Some(piece))
            }
        }
    }
}

fn joined(mut pieces: Vec<Bytes>) -> Bytes {
    if pieces.len() == 1 { pieces.remove(0) } else { pieces.concat().into() }
}

fn whole(answer: Answer) -> Reply {
    let counts = answer.counts();
    Reply::Whole { body: Bytes::from_owner(answer), counts }
}

/// Inserts what `decode` hands on. All of it is one block: it is in whole, or not at all.
fn insert(
    connection: &mut Connection,
    plan: &Plan,
    format: &str,
    decode: impl FnOnce(&mut dyn FnMut(&[u8]) -> bool) -> Result<(), Exception>,
) -> Result<Answer, Exception> {
    let mut stream = connection.insert(&plan.sql, format, &plan.parameters).map_err(Exception::from_engine)?;
    // On a body that cannot be decoded the stream is dropped, which inserts nothing.
    decode(&mut |piece| stream.append(piece))?;
    stream.done().map_err(Exception::from_engine)
}

/// Requires exactly one statement, since the engine would run all of them, and nothing for text it cannot read.
fn check_single(connection: &mut Connection, text: &[u8]) -> Result<u32, Exception> {
    let analysis = connection.classify(text);
    match analysis.statements {
        1 => Ok(analysis.class),
        0 => Err(syntax_error(connection, text)),
        count => Err(Exception::syntax(format!("one statement a request is allowed, and this text holds {count}"))),
    }
}

/// The engine's own words on a text that does not parse, without running it.
fn syntax_error(connection: &mut Connection, text: &[u8]) -> Exception {
    let escaped = String::from_utf8_lossy(text).replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n");
    let parameters = Parameters(vec![("text".to_owned(), escaped)]);
    match connection.query(b"SELECT formatQuery({text:String})", "Null", &parameters) {
        Err(error) if error.starts_with("Code: 62.") => {
            // The last part of the message speaks of the query above.
            let own = error.split(": In scope SELECT formatQuery").next().unwrap_or_default();
            Exception::syntax(own.split_once("DB::Exception: ").map_or(own, |(_, message)| message))
        }
        _ => Exception::syntax("the text is empty or cannot be read"),
    }
}

fn use_database(connection: &mut Connection, name: &str) -> Result<(), Exception> {
    if name == "default" {
        let message = format!("the database default can read files and is not available: use {DATABASE}");
        return Err(Exception::denied(message));
    }
    let name = name.replace('\\', "\\\\").replace('`', "\\`");
    connection
        .query(format!("USE `{name}`").as_bytes(), "TSV", &Parameters::default())
        .map_err(Exception::from_engine)?;
    Ok(())
}

/// Sets one setting; `name` is checked when the request is read, `value` is SQL.
fn set(connection: &mut Connection, name: &str, value: &str) -> Result<(), Exception> {
    connection
        .query(format!("SET {name} = {value}").as_bytes(), "TSV", &Parameters::default())
        .map_err(Exception::from_engine)?;
    Ok(())
}

fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
}
