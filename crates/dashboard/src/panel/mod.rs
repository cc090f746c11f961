//! Panels: each asks for its figures and draws them, or says why there are none.

mod changes;
mod frame;
mod funnel;
mod hours;
mod kpis;
mod percentiles;
mod ranking;
mod stack;
pub(crate) mod states;
mod trend;

use api::Told;
use chrono::{DateTime, FixedOffset, NaiveDateTime, NaiveTime};
use maud::Markup;
use warehouse::registry::Metric;

pub(crate) use frame::{filtered_link, framed};
pub(crate) use hours::week;
pub(crate) use trend::state;

use crate::{
    desk::{Desk, Figure, Row},
    pages::{Kind, Page, Panel},
    words::Words,
    write::Writer,
};

/// Where panels are drawn: on which page, and for whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room<'a> {
    pub(crate) desk: &'a Desk,
    pub(crate) page: &'a Page,
    pub(crate) words: Words,
}

/// A panel's inside, and up to when its figures are complete.
#[derive(Debug)]
pub(crate) struct Drawn {
    pub(crate) body: Markup,
    pub(crate) note: String,
    pub(crate) fresh_to: Option<DateTime<FixedOffset>>,
}

impl Drawn {
    fn of(body: Markup, figure: &Figure) -> Drawn {
        Drawn { body, note: String::new(), fresh_to: figure.fresh_to }
    }
}

impl<'a> Room<'a> {
    pub(crate) fn writer(&self) -> Writer<'a> {
        Writer { words: self.words, currency: &self.desk.project.settings.currency }
    }

    /// The address of what explains a metric; None where there is nothing behind figures for who looks.
    pub(crate) fn explain(&self, metric: &str) -> Option<String> {
        if !self.leads_on() {
            return None;
        }
        let view = self.desk.view.elsewhere().with("metric", Some(metric)).with("from_page", Some(self.page.id));
        Some(view.link(&self.desk.project.id, "explain"))
    }

    /// Whether panels lead anywhere: those of a shared page do not.
    pub(crate) fn leads_on(&self) -> bool {
        self.desk.reader.may_look_behind()
    }

    /// The slots of rows by time.
    fn slots(&self, rows: &[Row]) -> Vec<chart::Slot> {
        let starts: Vec<NaiveDateTime> = rows.iter().filter_map(|row| row.bucket).collect();
        chart::slots(&starts, self.desk.project.settings.week_start, self.words.0)
    }

    /// What the last of some rows is called: the part of a bucket that is in, or its name.
    fn end(&self, rows: &[Row], fresh_to: Option<DateTime<FixedOffset>>) -> String {
        let Some(last) = rows.last().filter(|row| row.state == chart::State::Partial) else {
            return self.slots(rows).last().map(|slot| slot.name.clone()).unwrap_or_default();
        };
        let fresh = fresh_to.map(|fresh| fresh.with_timezone(&self.desk.range.tz).naive_local());
        let begun = last.bucket.zip(fresh).filter(|(start, fresh)| fresh >= start);
        match begun {
            Some((start, fresh)) if start.time() == NaiveTime::MIN && start.date() == fresh.date() => {
                self.words.today_to(fresh.format("%H:%M"))
            }
            Some((_, fresh)) => self.words.up_to(fresh.format("%H:%M")),
            None => self.words.not_yet().to_owned(),
        }
    }
}

/// A declared metric. Pages name only those that exist; a test holds them to it.
pub(crate) fn metric(id: &'static str) -> &'static Metric {
    Metric::by_id(id).expect("pages name metrics of the registry")
}

/// The points of a series.
fn points(rows: &[Row]) -> Vec<chart::Point> {
    rows.iter().map(|row| chart::Point { value: row.cell.value, state: row.state }).collect()
}

/// The values of a comparison.
fn values(figure: Option<&Figure>) -> Vec<Option<f64>> {
    figure.map(|figure| figure.rows.iter().map(|row| row.cell.value).collect()).unwrap_or_default()
}

/// A panel with its frame.
pub(crate) async fn drawn(room: Room<'_>, panel: &'static Panel) -> (Markup, Option<DateTime<FixedOffset>>) {
    match Box::pin(inside(room, panel)).await {
        Ok(drawn) => (framed(room, panel, &drawn), drawn.fresh_to),
        Err(told) => {
            let body = states::failed(room, &told);
            (framed(room, panel, &Drawn { body, note: String::new(), fresh_to: None }), None)
        }
    }
}

async fn inside(room: Room<'_>, panel: &'static Panel) -> Result<Drawn, Told> {
    let is_table = room.desk.view.is_table(panel.id);
    match &panel.kind {
        Kind::Kpis(kpis) => kpis::drawn(room, kpis).await,
        Kind::Trend(series) => trend::drawn(room, series, is_table).await,
        Kind::Ranking(ranking) => ranking::drawn(room, ranking).await,
        Kind::Countries(id) => ranking::countries(room, id).await,
        Kind::Hours(id) => Box::pin(hours::drawn(room, id, is_table)).await,
        Kind::Changes(ids) => changes::drawn(room, ids).await,
        Kind::Stack(id, by, layers) => stack::drawn(room, (id, by), layers, is_table).await,
        Kind::Percentiles(rows) => percentiles::drawn(room, rows).await,
        Kind::Funnel(steps) => funnel::drawn(room, steps).await,
    }
}
