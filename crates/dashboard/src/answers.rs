//! What a page has asked and what it was answered: panels that ask the same share the answer.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use api::{Parameters, Told};
use tokio::sync::watch;

use crate::{desk::Figure, view::encoded};

/// An answer, once it is there.
type Answer = Option<Result<Figure, Told>>;

/// A question that nobody has asked of the API yet.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) parameters: Parameters,
    /// Its dimensions.
    pub(crate) by: Vec<String>,
    /// Where its answer goes.
    pub(crate) answer: watch::Sender<Answer>,
}

#[derive(Default)]
struct Book {
    answers: HashMap<String, watch::Receiver<Answer>>,
    wanted: Vec<Wanted>,
}

/// The questions of one page.
#[derive(Clone, Default)]
pub(crate) struct Answers(Arc<Mutex<Book>>);

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answers").finish_non_exhaustive()
    }
}

impl Answers {
    /// The answer to a question, when it is there.
    pub(crate) async fn of(&self, parameters: Parameters, by: &[&str]) -> Result<Figure, Told> {
        let mut answer = self.receiver(parameters, by);
        let given = answer.wait_for(Option::is_some).await.expect("what is wanted is answered while the page is drawn");
        given.clone().expect("it was waited for")
    }

    fn receiver(&self, parameters: Parameters, by: &[&str]) -> watch::Receiver<Answer> {
        let mut book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let question = encoded(&parameters);
        if let Some(known) = book.answers.get(&question) {
            return known.clone();
        }
        let (answer, receiver) = watch::channel(None);
        book.answers.insert(question, receiver.clone());
        book.wanted.push(Wanted { parameters, by: by.iter().map(|name| (*name).to_owned()).collect(), answer });
        receiver
    }

    /// What has been asked for since the last call.
    pub(crate) fn wanted(&self) -> Vec<Wanted> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).wanted)
    }
}
