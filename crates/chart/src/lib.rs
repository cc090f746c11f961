//! Charts as inline SVG, and numbers, durations and dates as text: one drawing for pages, mail and print.
//!
//! Everything here is a pure function of its arguments: no clock, no input or output, no knowledge of metrics. Colours and sizes
//! of type are classes of the stylesheet that the drawing stands in. Widths are percentages, so that a drawing fills its place
//! without stretching its text.

mod bands;
mod bars;
mod curve;
mod format;
mod heatmap;
mod lanes;
mod map;
mod percentiles;
mod place;
mod rows;
mod scale;
mod series;
mod sparkline;
mod territory;
mod words;

pub use bands::{Band, Chart, Kind, Marker, chart};
pub use bars::{Layer, stacked};
pub use format::{Locale, clock};
pub use heatmap::{Heatmap, heatmap};
pub use lanes::{Lane, Lanes, Mark, Span, lanes};
pub use map::{Circle, map};
pub use percentiles::{Percentiles, percentiles};
pub use rows::{bar, waterfall};
pub use scale::Scale;
pub use series::{Point, Slot, State, slots};
pub use sparkline::sparkline;
pub use territory::{Territory, territory};
