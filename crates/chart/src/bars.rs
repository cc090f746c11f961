//! Stacked bars by time.

use maud::{Markup, html};

use crate::{
    bands::{grid, ticks},
    place::{N, Percent},
    scale::Scale,
    series::{Slot, State, middle},
};

const TOP: f64 = 16.0;
const AXIS: f64 = 24.0;

/// A layer of a stack.
#[derive(Debug, Clone)]
pub struct Layer<'a> {
    /// What it is called.
    pub name: &'a str,
    /// The class that colours it.
    pub class: &'a str,
    /// Its values by slot.
    pub values: &'a [f64],
}

/// Layers on each other, the first at the bottom; `states` says which slots are not over, which get a dashed outline.
pub fn stacked(
    layers: &[Layer<'_>],
    (slots, states): (&[Slot], &[State]),
    height: f64,
    (write, summary): (&dyn Fn(f64) -> String, &str),
) -> Markup {
    let count = slots.len();
    let value = |layer: &Layer<'_>, at: usize| layer.values.get(at).copied().unwrap_or(0.0);
    let total = |at: usize| layers.iter().map(|layer| value(layer, at)).sum::<f64>();
    let scale = Scale::from_zero((0..count).map(total).fold(0.0, f64::max), true);
    #[allow(clippy::cast_precision_loss, reason = "buckets are few")]
    let width = 68.0 / count.max(1) as f64;
    let share = |value: f64| height * scale.share(value);
    html! {
        svg .chart width="100%" height=(N(TOP + height + AXIS)) role="img" aria-label=(summary) {
            (grid(&scale, (TOP, height), write))
            @for (at, slot) in slots.iter().enumerate() {
                @let x = middle(at, count) - width / 2.0;
                g {
                    title {
                        (slot.name)
                        @for layer in layers { "\n" (layer.name) ": " (write(value(layer, at))) }
                    }
                    @for (place, layer) in layers.iter().enumerate().filter(|(_, layer)| value(layer, at) > 0.0) {
                        @let below: f64 = layers[..place].iter().map(|layer| value(layer, at)).sum();
                        @let own = (share(value(layer, at)) - 0.75).max(0.75);
                        rect .(layer.class) x=(Percent(x)) width=(Percent(width)) y=(N(TOP + height - share(below) - own)) height=(N(own)) {}
                    }
                    @if states.get(at) == Some(&State::Partial) && total(at) > 0.0 {
                        rect .outline x=(Percent(x)) width=(Percent(width)) y=(N(TOP + height - share(total(at)))) height=(N(share(total(at)))) {}
                    }
                }
            }
            (ticks(slots, TOP + height))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Locale;

    #[test]
    fn layers_stand_on_each_other_and_today_is_outlined() {
        let slots =
            [Slot { name: "Mon".into(), tick: None, day: None }, Slot { name: "Tue".into(), tick: None, day: None }];
        let layers = [
            Layer { name: "handled", class: "h", values: &[10.0, 0.0] },
            Layer { name: "missed", class: "x", values: &[5.0, 2.0] },
        ];
        let write = |value: f64| Locale::En.count(value);
        let states = [State::Final, State::Partial];
        let drawn = stacked(&layers, (&slots, &states), 100.0, (&write, "legs")).into_string();
        assert_eq!(drawn.matches("class=\"h\"").count(), 1, "nothing has no bar: {drawn}");
        assert_eq!(drawn.matches("class=\"x\"").count(), 2);
        assert_eq!(drawn.matches("class=\"outline\"").count(), 1);
        assert!(drawn.contains("Mon\nhandled: 10\nmissed: 5"), "{drawn}");
    }
}
