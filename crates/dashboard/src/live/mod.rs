//! The present: what is open, who waits, which agents are there, what is written and what arrives. The page is whole as it is sent;
//! `stream` sends its parts again when they change.

mod board;
mod stream;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use api::Told;
use chrono::Timelike as _;
use maud::{Markup, html};
use serde_json::Value;
use tokio::time::Instant;

pub(crate) use stream::{Streams, events};

use crate::{
    desk::{Desk, Figure, instant, pair},
    health,
    router::Visit,
    shell::Shell,
    view::View,
};

/// For how long everyone who looks at the same project is shown the same present.
const SHARED: Duration = Duration::from_secs(2);
/// Presents that nobody has asked for in so long are forgotten.
const KEPT: Duration = Duration::from_secs(60);

/// The present as it was asked last.
#[derive(Debug, Clone)]
pub(crate) struct Now {
    live: Value,
    /// Messages by minute, over an hour.
    messages: Figure,
}

type Answer = Arc<Result<Now, Told>>;
type Slot = Arc<tokio::sync::Mutex<Option<(Instant, Answer)>>>;

/// The presents of projects and environments, shared by all who look at them: the warehouse is asked once for all.
#[derive(Default)]
pub(crate) struct Presents(Mutex<HashMap<(String, String), (Instant, Slot)>>);

impl fmt::Debug for Presents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presents").finish_non_exhaustive()
    }
}

impl Presents {
    /// The present of a desk's project and environment, two seconds old at most.
    async fn of(&self, desk: &Desk) -> Answer {
        let slot = self.slot((desk.project.id.clone(), desk.view.environment.clone()));
        // Who comes while another asks waits here, and then finds the answer.
        let mut last = slot.lock().await;
        if let Some((at, answer)) = last.as_ref()
            && at.elapsed() < SHARED
        {
            return Arc::clone(answer);
        }
        let answer = Arc::new(ask(desk).await);
        *last = Some((Instant::now(), Arc::clone(&answer)));
        answer
    }

    fn slot(&self, whose: (String, String)) -> Slot {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|_, (asked, _)| asked.elapsed() < KEPT);
        let (asked, slot) = slots.entry(whose).or_insert_with(|| (Instant::now(), Slot::default()));
        *asked = Instant::now();
        Arc::clone(slot)
    }
}

async fn ask(desk: &Desk) -> Result<Now, Told> {
    let minute = |now: chrono::DateTime<chrono::Utc>| now.with_second(0).and_then(|now| now.with_nanosecond(0));
    let last = minute(desk.now).unwrap_or(desk.now);
    let at =
        |minutes: i64| (last + chrono::Duration::minutes(minutes)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let environment = pair("env", desk.view.environment.as_str());
    let mut parameters = vec![pair("metric", "messages_total"), pair("g", "minute"), pair("tz", "UTC")];
    parameters.extend([pair("from", at(1 - health::MINUTES)), pair("to", at(1)), environment.clone()]);
    let asking = async {
        let live = async { desk.questions.live(&desk.reader, vec![environment]).await.map_err(|error| error.told()) };
        let messages = desk.answered(parameters, &[]);
        let (live, messages) = tokio::try_join!(live, messages)?;
        Ok(Now { live, messages })
    };
    desk.gathering(Box::pin(asking)).await
}

/// The page, or with `tv=1` the same for a screen on a wall.
pub(crate) async fn page(visit: &Visit, presents: &Presents) -> Markup {
    let answer = presents.of(&visit.desk).await;
    let (view, words) = (&visit.desk.view, visit.words);
    let link = |page: &str, view: &View| view.link(&visit.desk.project.id, page);
    let is_wall = view.own("tv") == Some("1");
    let turned = view.with("tv", (!is_wall).then_some("1"));
    let body = html! {
        div #live .board data-live=(link("live/events", view)) {
            @for (name, part) in board::parts(visit, &answer) { div .part id={"live-" (name)} { (part) } }
        }
        p .ways .live-ways {
            span #live-badge .sec { (words.as_of(visit.desk.now.with_timezone(&visit.desk.range.tz).format("%H:%M:%S"))) }
            a .btn href=(link("live", view)) { (words.refresh()) }
            a .btn href=(link("live", &turned)) { @if is_wall { (words.leave_wallboard()) } @else { (words.wallboard()) } }
        }
    };
    if is_wall {
        let wall = html! { main #main .wall { h1 { (visit.desk.project.name) } (body) } };
        return visit.shell("live", words.live()).document(&wall, true);
    }
    let fresh_to = answer.as_ref().as_ref().ok().and_then(|now| instant(&now.live["fresh_to"]));
    Shell { fresh_to, has_range: false, ..visit.shell("live", words.live()) }.around(&body)
}
