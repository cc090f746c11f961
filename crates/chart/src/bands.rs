//! Series by time: bands of lines or bars under each other, on one axis of time.

use maud::{Markup, html};

use crate::{
    Locale,
    curve::{monotone, straight},
    place::{N, Percent},
    scale::Scale,
    series::{Point, Slot, State, middle},
    sparkline::runs,
    words::Words,
};

/// Room above a band for its title, and below it.
const HEAD: f64 = 30.0;
const FOOT: f64 = 4.0;
/// Room below the last band for ticks.
const AXIS: f64 = 24.0;
/// More buckets than this have no spot of their own to point at.
const SPOTS_MAX: usize = 120;
/// The part of a slot that a bar fills, percent.
const BAR: f64 = 68.0;

/// How a band is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A line over a light area: counts.
    Area,
    /// A line alone: rates and durations.
    Line,
    /// A curve between its neighbours.
    Curve,
    /// Bars.
    Bars,
}

/// A series with its comparison and its own scale from zero.
pub struct Band<'a> {
    /// What is drawn; empty for none.
    pub title: &'a str,
    /// How.
    pub kind: Kind,
    /// A value for each slot.
    pub points: &'a [Point],
    /// The values of the comparison, by slot; it may be shorter.
    pub before: &'a [Option<f64>],
    /// Height of the drawing without title and axis, pixels.
    pub height: f64,
    /// Whether values are whole things.
    pub is_whole: bool,
    /// Whether values are seconds: ticks are then round seconds, minutes or hours.
    pub is_time: bool,
    /// In which language.
    pub locale: Locale,
    /// How values are written.
    pub write: &'a dyn Fn(f64) -> String,
    /// What stands under the value at the right end, as `today to 14:20`.
    pub end: &'a str,
    /// What the comparison is called at its right end; empty for none.
    pub before_end: &'a str,
}

impl std::fmt::Debug for Band<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Band").field("title", &self.title).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Something that happened, as a line through all bands.
#[derive(Debug, Clone, PartialEq)]
pub struct Marker {
    /// Its place in slots: 2.5 is the middle of the third.
    pub at: f64,
    /// What it is called.
    pub title: String,
    /// When it was.
    pub when: String,
}

/// Bands on one axis of time.
#[derive(Debug)]
pub struct Chart<'a> {
    /// The bands, from above.
    pub bands: &'a [Band<'a>],
    /// The slots of all of them.
    pub slots: &'a [Slot],
    /// What happened meanwhile.
    pub markers: &'a [Marker],
    /// The drawing in a sentence.
    pub summary: &'a str,
}

/// Draws the bands.
pub fn chart(data: &Chart<'_>) -> Markup {
    let tops: Vec<f64> = data
        .bands
        .iter()
        .scan(0.0, |top, band| {
            let own = *top;
            *top += HEAD + band.height + FOOT;
            Some(own)
        })
        .collect();
    let bottom: f64 = data.bands.iter().map(|band| HEAD + band.height + FOOT).sum();
    let count = data.slots.len();
    html! {
        svg .chart width="100%" height=(N(bottom + AXIS)) role="img" aria-label=(data.summary) {
            @for (band, top) in data.bands.iter().zip(&tops) { (ground(band, *top, count)) }
            @for marker in data.markers { (self::marker(marker, bottom, count)) }
            @for (band, top) in data.bands.iter().zip(&tops) { (self::band(band, *top)) }
            (ticks(data.slots, bottom - FOOT))
            @if count <= SPOTS_MAX { (spots(data, bottom)) }
        }
    }
}

/// The ticks of the axis of time.
pub(crate) fn ticks(slots: &[Slot], y: f64) -> Markup {
    let ticked = slots.iter().enumerate().filter_map(|(at, slot)| Some((at, slot.tick.as_ref()?)));
    html! {
        @for (place, (at, label)) in ticked.enumerate() {
            @let x = Percent(middle(at, slots.len()));
            line .g0 x1=(x) x2=(x) y1=(N(y)) y2=(N(y + 4.0)) {}
            text .ax-s[place % 2 == 1] x=(x) y=(N(y + 18.0)) text-anchor="middle" { (label) }
        }
    }
}

/// Lines of the value axis with labels in the left gutter.
pub(crate) fn grid(scale: &Scale, (top, height): (f64, f64), write: &dyn Fn(f64) -> String) -> Markup {
    html! {
        @for (place, tick) in scale.ticks.iter().enumerate() {
            @let y = top + height * (1.0 - scale.share(*tick));
            line .(if place == 0 { "g0" } else { "g" }) x1="0" x2="100%" y1=(N(y)) y2=(N(y)) {}
            text x="-8" y=(N(y + 4.0)) text-anchor="end" { (write(*tick)) }
        }
    }
}

impl Band<'_> {
    fn shown_before(&self) -> &[Option<f64>] {
        &self.before[..self.before.len().min(self.points.len())]
    }

    fn scale(&self) -> Scale {
        let known = self.points.iter().filter_map(|point| point.value);
        let most = known.chain(self.shown_before().iter().copied().flatten()).fold(0.0, f64::max);
        if self.is_time { Scale::of_seconds(most) } else { Scale::from_zero(most, self.is_whole) }
    }

    /// The slots without values that have some on both sides.
    fn gaps(&self) -> Vec<(usize, usize)> {
        let first = self.points.iter().position(|point| point.value.is_some());
        let last = self.points.iter().rposition(|point| point.value.is_some());
        let Some((first, last)) = first.zip(last) else { return Vec::new() };
        let mut gaps: Vec<(usize, usize)> = Vec::new();
        for at in first..=last {
            match gaps.last_mut() {
                _ if self.points[at].value.is_some() => {}
                Some((_, end)) if *end == at => *end += 1,
                _ => gaps.push((at, at + 1)),
            }
        }
        gaps
    }
}

/// What lies behind the values: title, axis, gaps, and the hatch of what can still change.
fn ground(band: &Band<'_>, top: f64, count: usize) -> Markup {
    let y = top + HEAD;
    let edge = |at: usize| middle(at, count) - 50.0 / slots_of(count);
    let is_line = band.kind != Kind::Bars;
    let maturing = band.points.iter().position(|point| point.state == State::Maturing).filter(|_| is_line);
    html! {
        @if !band.title.is_empty() { text .k x="0" y=(N(top + 16.0)) { (band.title) } }
        @for (from, to) in band.gaps() {
            rect .gap x=(Percent(edge(from))) width=(Percent(edge(to) - edge(from))) y=(N(y)) height=(N(band.height)) {}
            @if edge(to) - edge(from) > 9.0 {
                text x=(Percent(f64::midpoint(edge(from), edge(to)))) y=(N(y + band.height / 2.0)) text-anchor="middle" { (Words(band.locale).no_data()) }
            }
        }
        @if let Some(from) = maturing {
            rect .mat fill="url(#hatch)" x=(Percent(edge(from))) width=(Percent(100.0 - edge(from))) y=(N(y)) height=(N(band.height)) {}
        }
        (grid(&band.scale(), (y, band.height), band.write))
    }
}

fn slots_of(count: usize) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "buckets are few")]
    let count = count.max(1) as f64;
    count
}

fn band(band: &Band<'_>, top: f64) -> Markup {
    let scale = band.scale();
    let y = |value: f64| top + HEAD + band.height * (1.0 - scale.share(value));
    let count = band.points.len();
    let place = |at: usize, value: f64| (middle(at, count) * 10.0, y(value));
    let bottom = top + HEAD + band.height;
    let before = runs(band.shown_before().iter().map(|value| value.map(|value| (value, true))), place);
    let solid = runs(
        band.points
            .iter()
            .map(|point| point.value.filter(|_| point.state != State::Partial).map(|value| (value, true))),
        place,
    );
    let line = |run: &[(f64, f64)]| if band.kind == Kind::Curve { monotone(run) } else { straight(run) };
    let height = top + HEAD + band.height + FOOT;
    html! {
        @if band.kind == Kind::Bars { (bars(band, &scale, top)) }
        svg .nss viewBox={"0 0 1000 " (N(height))} preserveAspectRatio="none" width="100%" height=(N(height)) {
            @if band.kind != Kind::Bars {
                @for run in solid.iter().filter(|run| run.len() > 1 && band.kind == Kind::Area) {
                    path .ar d={(straight(run)) "L" (N(run[run.len() - 1].0)) " " (N(bottom)) "L" (N(run[0].0)) " " (N(bottom)) "Z"} {}
                }
            }
            @for run in &before { path .lc d=(straight(run)) {} }
            @if band.kind != Kind::Bars {
                @for run in &solid { path .ln d=(line(run)) {} }
                @if let Some(joined) = open_end(band) { path .ln .inc d=(straight(&joined.map(|(at, value)| place(at, value)))) {} }
            }
        }
        (points(band, y))
    }
}

/// From the last value that is over to the one that is not.
fn open_end(band: &Band<'_>) -> Option<[(usize, f64); 2]> {
    let at = band.points.iter().position(|point| point.state == State::Partial)?;
    let before = at.checked_sub(1)?;
    Some([(before, band.points[before].value?), (at, band.points[at].value?)])
}

fn bars(band: &Band<'_>, scale: &Scale, top: f64) -> Markup {
    let count = band.points.len();
    let width = BAR / slots_of(count);
    html! {
        @for (at, point) in band.points.iter().enumerate() {
            @if let Some(value) = point.value.filter(|value| *value > 0.0) {
                @let height = (band.height * scale.share(value)).max(1.0);
                @let class = match point.state { State::Final => "b1", State::Maturing => "bh", State::Partial => "bo" };
                rect .(class) x=(Percent(middle(at, count) - width / 2.0)) width=(Percent(width))
                    y=(N(top + HEAD + band.height - height)) height=(N(height)) {}
            }
        }
    }
}

/// Dots and labels: lonely points, the peak, and the right end.
fn points(band: &Band<'_>, y: impl Fn(f64) -> f64) -> Markup {
    let count = band.points.len();
    let x = |at: usize| Percent(middle(at, count));
    let known: Vec<(usize, f64, State)> =
        band.points.iter().enumerate().filter_map(|(at, point)| Some((at, point.value?, point.state))).collect();
    let is_lonely = |at: usize| {
        let has = |at: Option<usize>| at.and_then(|at| band.points.get(at)).is_some_and(|point| point.value.is_some());
        !has(at.checked_sub(1)) && !has(at.checked_add(1))
    };
    let over = known.iter().filter(|(.., state)| *state != State::Partial);
    let peak = over.clone().copied().reduce(|best, one| if one.1 > best.1 { one } else { best });
    let last = known.last().copied();
    let varies = known.windows(2).any(|pair| (pair[0].1 - pair[1].1).abs() > f64::EPSILON);
    let peak = peak.filter(|peak| varies && known.len() > 2 && last.is_some_and(|last| last.0 != peak.0));
    let is_bars = band.kind == Kind::Bars;
    html! {
        @for (at, value, state) in known.iter().filter(|(at, ..)| !is_bars && is_lonely(*at)) {
            circle .(if *state == State::Partial { "open" } else { "dt" }) cx=(x(*at)) cy=(N(y(*value))) r="4" {}
        }
        @if let Some((at, value, _)) = peak.filter(|_| !is_bars) {
            circle .dt cx=(x(at)) cy=(N(y(value))) r="3" {}
            text .k .halo x=(x(at)) y=(N(y(value) - 9.0)) text-anchor=(anchor(at, count)) { ((band.write)(value)) }
        }
        @if let Some((at, value, state)) = last {
            @if state == State::Partial && !is_bars { circle .open cx=(x(at)) cy=(N(y(value))) r="4" {} }
            @let own = y(value);
            @let other = band.shown_before().iter().rev().copied().flatten().next().filter(|_| !band.before_end.is_empty());
            @let label = other.map_or(own, |before| apart(own, y(before)));
            text .k1 .end x="100%" dx="10" y=(N(label)) { ((band.write)(value)) }
            text .end x="100%" dx="10" y=(N(label + 15.0)) { (band.end) }
            @if let Some(before) = other {
                text .end x="100%" dx="10" y=(N(if y(before) <= own { (label - 22.0).min(y(before) + 4.0) } else { (label + 34.0).max(y(before) + 4.0) })) { (band.before_end) }
            }
        }
    }
}

/// Where the label of a value stands so that it does not run into the one of the comparison.
fn apart(own: f64, other: f64) -> f64 {
    if other <= own { own.max(other + 8.0) } else { own - 8.0 }
}

fn anchor(at: usize, count: usize) -> &'static str {
    match middle(at, count) {
        share if share < 8.0 => "start",
        share if share > 92.0 => "end",
        _ => "middle",
    }
}

fn marker(marker: &Marker, bottom: f64, count: usize) -> Markup {
    let x = Percent((marker.at / slots_of(count)).clamp(0.0, 1.0) * 100.0);
    html! {
        g .release tabindex="0" {
            title { (marker.title) ", " (marker.when) }
            line .rel x1=(x) x2=(x) y1="4" y2=(N(bottom)) {}
            text .k1 .halo x=(x) dx="6" y="10" { (marker.title) }
            text .halo x=(x) dx="6" y="25" { (marker.when) }
        }
    }
}

/// A spot for each slot that says its values.
fn spots(data: &Chart<'_>, bottom: f64) -> Markup {
    let count = data.slots.len();
    html! {
        @for (at, slot) in data.slots.iter().enumerate() {
            rect .hit data-day=[slot.day] x=(Percent(middle(at, count) - 50.0 / slots_of(count))) width=(Percent(100.0 / slots_of(count))) y="0" height=(N(bottom)) {
                title {
                    (slot.name)
                    @for band in data.bands {
                        @if let Some(value) = band.points.get(at).and_then(|point| point.value) {
                            "\n" @if !band.title.is_empty() { (band.title) ": " } ((band.write)(value))
                            @if let Some(before) = band.before.get(at).copied().flatten() { " (" (Words(band.locale).before((band.write)(before))) ")" }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
