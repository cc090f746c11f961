//! What changed: the metrics that differ from the comparison by more than their days differ among themselves.

use api::{Change, Told};
use futures_util::future::try_join_all;
use maud::{Markup, html};
use warehouse::registry::{Class, Metric};

use super::{Drawn, Room, metric};
use crate::desk::{Figure, Wish};

/// Most sentences.
const SENTENCES: usize = 3;
/// A shift is told when the mean of its daily differences is so many of its standard errors from zero.
const NOISE: f64 = 2.0;
/// Fewer pairs of days show no noise.
const DAYS_MIN: usize = 5;

/// A shift of a metric.
struct Shift {
    metric: &'static Metric,
    now: f64,
    before: f64,
    /// Its size in standard errors.
    size: f64,
}

pub(super) async fn drawn(room: Room<'_>, ids: &'static [&'static str]) -> Result<Drawn, Told> {
    if room.desk.before.is_none() {
        return Ok(told(html! { p .sec { (room.words.nothing_compared()) } }, ""));
    }
    let figures = try_join_all(ids.iter().map(|id| async move {
        let metric = metric(id);
        let wish = Wish { grain: Some("day"), ..Wish::of(metric) };
        let (now, before) = tokio::try_join!(room.desk.figure(wish), room.desk.earlier(wish))?;
        Ok::<_, Told>(before.and_then(|before| shift(metric, &now, &before)))
    }))
    .await?;
    let mut shifts: Vec<Shift> =
        figures.into_iter().flatten().filter(|shift| shift.size >= NOISE && is_seen(room, shift)).collect();
    shifts.sort_by(|a, b| b.size.total_cmp(&a.size));
    shifts.truncate(SENTENCES);
    if shifts.is_empty() {
        let body = html! { p .sec { (room.words.no_shift()) } };
        return Ok(told(body, ""));
    }
    let sentences = try_join_all(shifts.iter().map(|shift| sentence(room, shift))).await?;
    let body = html! { @for sentence in &sentences { div .change { (sentence) } } };
    Ok(told(body, room.words.shift_note()))
}

fn told(body: Markup, note: &str) -> Drawn {
    Drawn { body, note: note.into(), fresh_to: None }
}

/// How far a metric moved, by the differences between days and those that they are compared with.
fn shift(metric: &'static Metric, now: &Figure, before: &Figure) -> Option<Shift> {
    let pairs = now.rows.iter().zip(&before.rows).filter(|(row, _)| row.state != chart::State::Partial);
    let differences: Vec<f64> = pairs.filter_map(|(now, before)| Some(now.cell.value? - before.cell.value?)).collect();
    if differences.len() < DAYS_MIN {
        return None;
    }
    #[allow(clippy::cast_precision_loss, reason = "days are few")]
    let count = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / count;
    let variance = differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let error = (variance / count).sqrt();
    let size = if error > 0.0 { mean.abs() / error } else { 0.0 };
    Some(Shift { metric, now: now.total.value?, before: before.total.value?, size })
}

/// Whether both figures are written differently.
fn is_seen(room: Room<'_>, shift: &Shift) -> bool {
    let written = |value| room.writer().value(shift.metric.unit, value);
    written(shift.now) != written(shift.before)
}

async fn sentence(room: Room<'_>, shift: &Shift) -> Result<Markup, Told> {
    let (writer, metric) = (room.writer(), shift.metric);
    let (words, rises) = (room.words, shift.now > shift.before);
    let name = words.metric_name(metric);
    let change = match Change::of(metric.unit, Some(shift.before), Some(shift.now)) {
        Change::Relative(share) => Some(words.percent(share.abs(), 1)),
        Change::Points(points) => Some(words.points(words.number(points.abs() * 100.0, 1))),
        Change::New | Change::Unknown => None,
    };
    let moved = match (rises, change) {
        (true, Some(size)) => words.rose_by(name, size),
        (false, Some(size)) => words.fell_by(name, size),
        (true, None) => words.rose(name),
        (false, None) => words.fell(name),
    };
    let by = [by(metric)];
    let wish = Wish { by: &by, ..Wish::of(metric) };
    let (now, before) = tokio::try_join!(room.desk.figure(wish), room.desk.earlier(wish))?;
    let where_ = before.and_then(|before| place(room, shift, (&now, &before), by[0])).unwrap_or_default();
    Ok(html! {
        p {
            b { (moved) }
            " " (words.from_to(writer.value(metric.unit, shift.before), writer.value(metric.unit, shift.now))) " " (where_)
        }
        @if let Some(link) = room.explain(metric.id) { a href=(link) { (words.see_behind()) } }
    })
}

/// The dimension by which a shift is looked at.
fn by(metric: &Metric) -> &'static str {
    let own = ["reason", "channel"];
    let has = |name: &&&str| metric.dimensions().any(|dimension| dimension.name() == **name);
    own.iter().find(has).copied().unwrap_or("channel")
}

/// Where a shift is largest.
fn place(room: Room<'_>, shift: &Shift, (now, before): (&Figure, &Figure), by: &str) -> Option<String> {
    let (metric, writer) = (shift.metric, room.writer());
    let old = |dims: &[String]| before.rows.iter().find(|row| row.dims == dims).and_then(|row| row.cell.value);
    let whole = shift.now - shift.before;
    let is_sum = metric.class == Class::A || metric.figure.zero && metric.class == Class::C;
    let moved = now.rows.iter().filter_map(|row| {
        let value = row.cell.value?;
        let earlier = old(&row.dims).or(metric.figure.zero.then_some(0.0))?;
        let weight = if is_sum { 1.0 } else { f64::from(u32::try_from(row.cell.n).unwrap_or(u32::MAX)) };
        Some((row, earlier, value, (value - earlier) * weight))
    });
    let (row, earlier, value, _) =
        moved.filter(|(.., moved)| moved.signum() == whole.signum()).max_by(|a, b| a.3.abs().total_cmp(&b.3.abs()))?;
    let name = room.words.named(by, row.dims.first()?);
    if is_sum {
        let difference = value - earlier;
        let share = difference / whole;
        return (share > 0.0 && share <= 1.0).then(|| {
            let (part, all) = (writer.value(metric.unit, difference.abs()), writer.value(metric.unit, whole.abs()));
            room.words.share_of_difference(name, part, all, room.words.percent(share, 0))
        });
    }
    Some(room.words.most_in(name, writer.value(metric.unit, earlier), writer.value(metric.unit, value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::{Cell, Row};

    fn days(values: &[f64]) -> Figure {
        let row = |value: &f64| Row {
            bucket: None,
            dims: Vec::new(),
            cell: Cell { value: Some(*value), n: 1, ..Cell::default() },
            state: chart::State::Final,
        };
        let total = Cell { value: Some(values.iter().sum()), n: 1, ..Cell::default() };
        Figure { total, rows: values.iter().map(row).collect(), fresh_to: None }
    }

    #[test]
    fn a_shift_counts_by_the_noise_of_its_days() {
        let metric = metric("messages_total");
        let steady =
            shift(metric, &days(&[11.0, 12.0, 11.0, 12.0, 11.0]), &days(&[10.0, 10.0, 10.0, 10.0, 10.0])).unwrap();
        let noisy = shift(metric, &days(&[40.0, 1.0, 9.0, 2.0, 5.0]), &days(&[10.0, 10.0, 10.0, 10.0, 10.0])).unwrap();
        assert!(steady.size > NOISE && noisy.size < NOISE, "{} {}", steady.size, noisy.size);
        assert!(shift(metric, &days(&[1.0; 4]), &days(&[2.0; 4])).is_none(), "too few days");
    }
}
