//! Speech of calls, where messages carry its timing.

use super::{Scope, items, label};

pub(super) fn turns(scope: &Scope<'_>) -> String {
    let select = format!("assumeNotNull(x_silence_us) / 1000 AS ms, {} AS workflow", label("x_workflow"));
    items(scope, "turns", ("reply", &["reply", "silence_us", "workflow"]), (&select, "isNotNull(x_silence_us)"))
}

pub(super) fn calls(scope: &Scope<'_>) -> String {
    let columns = ["start", "ended", "counted", "open", "call_us", "silent_us", "hung_up"];
    let select = "us - toUnixTimestamp64Micro(x_start) AS us_long, x_call_us AS call_us, x_silent_us AS silent_us, \
                  x_hung_up AS hung_up";
    items(scope, "chats", ("ended", &columns), (select, "x_counted = 1 AND x_open = 0 AND x_call_us > 0"))
}

pub(super) fn utterances(scope: &Scope<'_>) -> String {
    let select = "x_role AS role, us - toUnixTimestamp64Micro(x_began) AS spoken_us, x_interrupted AS interrupted";
    items(scope, "utterances", ("ended", &["began", "ended", "role", "interrupted"]), (select, "1"))
}
