//! What a person at a terminal sees: the only place that writes to standard output and standard error.

use std::io::Write as _;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Prints a line on standard output. A reader that went away is no failure of the command.
pub(crate) fn line(text: impl std::fmt::Display) {
    writeln!(std::io::stdout().lock(), "{text}").ok();
}

/// Prints a remark on standard error.
pub(crate) fn remark(text: impl std::fmt::Display) {
    writeln!(std::io::stderr().lock(), "{text}").ok();
}

/// Prints an error with its causes on standard error.
pub(crate) fn error(error: &anyhow::Error) {
    remark(format_args!("rapport: {error:#}"));
}

/// A progress bar on standard error, drawn on a terminal only. The template's `{msg}` is the caller's.
pub(crate) fn progress(template: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    let style =
        ProgressStyle::with_template(template).expect("templates are literals, each drawn by a test or a command");
    bar.with_style(style.progress_chars("=> "))
}
