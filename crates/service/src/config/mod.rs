//! Configuration in layers: the embedded default file, an optional file, the environment, explicit overrides.
//!
//! The embedded default is complete: a key that it lacks is unknown, whichever layer names it, and is refused with the
//! nearest key that exists. The caller's struct decides the types; the default's own value decides how the text of an
//! environment variable or a flag is read.

mod layers;
mod secret;
mod units;
mod url;

pub use layers::{Error, Layers, Loaded};
pub use secret::Secret;
pub use units::{Duration, Size, empty_as_none};
pub use url::{Url, without_credentials};
