//! Waiting for a server that is away or busy: how long, and what the person at the terminal is told meanwhile.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use indicatif::ProgressBar;

use crate::terminal;

/// The pauses between attempts: the first, and the longest that this program chooses itself.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONG_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause between two attempts, whatever `Retry-After` says.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A busy server is nothing to speak of before this.
const BUSY_SILENCE: Duration = Duration::from_secs(3);
/// How often a wait is spoken of.
const REMIND: Duration = Duration::from_secs(10);

/// How long a server is waited for before a request is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Patience {
    /// One that has never answered.
    absent: Duration,
    /// One that has answered before, or says itself that it is busy.
    known: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { absent: Duration::from_secs(30), known: Duration::from_secs(300) }
    }
}

impl Patience {
    /// What the option `--wait` says, in seconds, or the default.
    pub(crate) fn of_option(wait: Option<u64>) -> Self {
        let of = |seconds| Self { absent: Duration::from_secs(seconds), known: Duration::from_secs(seconds) };
        wait.map_or_else(Self::default, of)
    }
}

/// Why an attempt is to be repeated.
#[derive(Debug)]
pub(super) enum Why {
    /// Nobody answers.
    Away { says: String },
    /// The server asks to come back later.
    Busy { says: String, retry_after: Option<Duration> },
}

/// What the requests of one client know together. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    patience: Patience,
    bar: ProgressBar,
    common: Arc<Common>,
}

#[derive(Debug, Default)]
struct Common {
    answered: AtomicBool,
    /// When a wait that is not over was spoken of last.
    said: Mutex<Option<Instant>>,
}

impl Default for Waiting {
    fn default() -> Self {
        Self::new(Patience::default(), ProgressBar::hidden())
    }
}

impl Waiting {
    pub(super) fn new(patience: Patience, bar: ProgressBar) -> Self {
        Self { patience, bar, common: Arc::default() }
    }

    /// The wait of one request for the server at `url`.
    pub(super) fn begin(&self, url: String) -> Wait<'_> {
        Wait { waiting: self, url, began: Instant::now(), next: FIRST_PAUSE }
    }

    fn say(&self, text: impl std::fmt::Display) {
        self.bar.suspend(|| terminal::remark(text));
    }
}

/// The wait of one request.
#[derive(Debug)]
pub(super) struct Wait<'a> {
    waiting: &'a Waiting,
    url: String,
    began: Instant,
    next: Duration,
}

impl Wait<'_> {
    /// Pauses before the next attempt, and says what is waited for; false, at once, when the patience is at its end.
    pub(super) fn pause(&mut self, why: &Why) -> bool {
        let common = &self.waiting.common;
        let asked = match why {
            Why::Away { .. } => None,
            Why::Busy { retry_after, .. } => {
                common.answered.store(true, Ordering::Relaxed);
                *retry_after
            }
        };
        let patience = self.waiting.patience;
        let most = if common.answered.load(Ordering::Relaxed) { patience.known } else { patience.absent };
        let pause = asked.unwrap_or(self.next).min(LONGEST_PAUSE);
        let waited = self.began.elapsed();
        if waited + pause > most {
            return false;
        }
        self.tell(why, waited, most);
        thread::sleep(pause);
        self.next = (self.next * 2).min(LONG_PAUSE);
        true
    }

    /// The server has answered.
    pub(super) fn over(self) {
        let common = &self.waiting.common;
        common.answered.store(true, Ordering::Relaxed);
        let spoken_of = common.said.lock().unwrap_or_else(PoisonError::into_inner).take().is_some();
        if spoken_of {
            self.waiting.say(format_args!("{} answers, after {} s", self.url, self.began.elapsed().as_secs()));
        }
    }

    fn tell(&self, why: &Why, waited: Duration, most: Duration) {
        let common = &self.waiting.common;
        let mut said = common.said.lock().unwrap_or_else(PoisonError::into_inner);
        let silent = matches!(why, Why::Busy { .. }) && waited < BUSY_SILENCE;
        if silent || said.is_some_and(|said| said.elapsed() < REMIND) {
            return;
        }
        *said = Some(Instant::now());
        drop(said);
        let (url, waited, most) = (&self.url, waited.as_secs(), most.as_secs());
        let bound = format_args!("waiting for it, {waited} s of at most {most} s (--wait)");
        match why {
            Why::Busy { says, .. } => self.waiting.say(format_args!("{url} asks to wait: {says}; {bound}")),
            Why::Away { says } if common.answered.load(Ordering::Relaxed) => {
                self.waiting.say(format_args!("{url} does not answer any more ({says}): is it restarting? {bound}"));
            }
            Why::Away { says } => self.waiting.say(format_args!(
                "no Rapport answers at {url} ({says}): start it with `rapport run`, or name another with --url; {bound}"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::TcpListener,
    };

    use super::*;
    use crate::http::Client;

    /// A server that gives each connection the next answer; the empty one hangs up.
    fn answering(answers: &'static [&'static str]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = [0; 4_096];
                while !answer.is_empty() && !request.ends_with(b"\n") {
                    let read = stream.read(&mut request).unwrap();
                    if request[..read].ends_with(b"}") {
                        break;
                    }
                }
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        url
    }

    const TAKEN: &str = "HTTP/1.1 200 OK\r\nContent-Length: 15\r\nConnection: close\r\n\r\n{\"accepted\": 1}";
    const BUSY: &str = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\nRetry-After: 0\r\n\r\n";

    fn patience(absent_ms: u64, known_ms: u64) -> Patience {
        Patience { absent: Duration::from_millis(absent_ms), known: Duration::from_millis(known_ms) }
    }

    #[test]
    fn a_server_that_hangs_up_or_is_busy_gets_the_batch_again() {
        let url = answering(&["", BUSY, TAKEN]);
        let client = Client::patient(&url, "key", patience(5_000, 5_000), ProgressBar::hidden());
        assert_eq!(client.batch(b"{}").unwrap().accepted, 1);
    }

    #[test]
    fn a_server_that_never_answered_is_given_up_sooner_than_one_that_is_busy() {
        let nobody = { TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap() };
        let client = Client::patient(&nobody.to_string(), "key", patience(300, 60_000), ProgressBar::hidden());
        let began = Instant::now();
        let error = format!("{:#}", client.batch(b"{}").unwrap_err());
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
        assert!(error.contains("no Rapport answers at") && error.contains("rapport run"), "{error}");

        let url = answering(&[BUSY, TAKEN]);
        let client = Client::patient(&url, "key", patience(0, 5_000), ProgressBar::hidden());
        assert_eq!(client.batch(b"{}").unwrap().accepted, 1);
    }
}
