//! What `run` tells the person who started it, and the demo that it fills for them.

use std::{net::SocketAddr, path::Path};

use anyhow::Context;
use chrono::Utc;
use control::{Control, NewKey, Role, Tokens};
use service::lifecycle::{OnFailure, Spawner};
use uuid::Uuid;

use super::directory::{self, ServerNote};
use crate::{
    demo::{self, Fill},
    files,
    http::Client,
    settings::Settings,
    terminal,
};

/// The project of the demo, and the zone of its days.
pub(super) const PROJECT: &str = "demo";
const ZONE: chrono_tz::Tz = chrono_tz::Europe::Madrid;

/// What a welcome needs to know.
pub(super) struct Guest<'a> {
    pub(super) settings: &'a Settings,
    pub(super) control: &'a Control,
    pub(super) note: &'a ServerNote,
    pub(super) demo: bool,
}

/// Prints where everything is; with `--demo`, also makes the project and its key, and fills it in the background.
///
/// # Errors
/// When the demo's project or key cannot be made.
pub(super) async fn spawn(spawner: &Spawner, guest: Guest<'_>) -> anyhow::Result<()> {
    let note = guest.note;
    terminal::line(format_args!("Rapport answers at {}", note.url));
    terminal::line(format_args!("ClickHouse's HTTP interface, for your own SQL: {}", note.warehouse_url));
    if !guest.demo {
        let directory = guest.settings.data.dir.display();
        terminal::line(format_args!("Next: rapport project create NAME --data-dir {directory}"));
        return Ok(());
    }
    let key = demo_key(guest.control, &guest.settings.data.dir).await?;
    terminal::line(format_args!("The dashboard, open to this machine alone: {}", note.url));
    terminal::line(instructions(&note.url, &key));
    let fill = Fill {
        client: Client::new(&note.url, &key),
        seed: guest.settings.demo.seed,
        now: Utc::now(),
        progress_file: directory::demo_progress_file(&guest.settings.data.dir),
    };
    // The filling thread knows no signal: it dies with the process, and the next start goes on where it stopped.
    let filling = tokio::task::spawn_blocking(move || {
        let bar = terminal::progress("filling the demo [{bar:30}] {percent}% {msg}");
        let sent = demo::fill(&fill, &bar);
        bar.finish_and_clear();
        sent
    });
    let shutdown = spawner.shutdown();
    spawner.spawn("demo", OnFailure::Log, async move {
        tokio::select! {
            () = shutdown.wait() => {}
            sent = filling => {
                let sent = sent??;
                terminal::line(format_args!("The demo is complete: {sent} events sent."));
            }
        }
        Ok(())
    });
    Ok(())
}

/// Prints the link by which the first administrator joins, where there is none yet.
pub(super) fn first_administrator(control: &Control, secret: &str, address: SocketAddr) {
    let Some(invitation) = control.first_invitation() else { return };
    let link = invitation.link(&Tokens::new(secret.as_bytes().into()), Utc::now());
    terminal::line(format_args!(
        "The first administrator joins here, once and within 24 hours: http://{address}{link}"
    ));
}

/// The key of the project `demo`, kept in the directory; the project is made if it is missing.
async fn demo_key(control: &Control, directory: &Path) -> anyhow::Result<String> {
    let path = directory::demo_key_file(directory);
    if let Some(key) = files::read_text(&path)?.filter(|key| control.authenticate(key).is_some()) {
        return Ok(key);
    }
    if control.project(PROJECT).is_none() {
        control.create_project(PROJECT, ZONE).await.context("the project `demo` cannot be made")?;
    }
    let wanted = NewKey {
        origins: Vec::new(),
        project: PROJECT.to_owned(),
        environment: "production".to_owned(),
        role: Role::Write,
        bot_id: Some("shop-assistant".to_owned()),
    };
    let key = control.create_key(wanted).await.context("the demo's key cannot be made")?;
    files::write_private(&path, format!("{}\n", key.key.reveal()).as_bytes())?;
    Ok(key.key.reveal().to_owned())
}

/// The key and two commands to try: one adds a message, the other shows the count with it.
fn instructions(url: &str, key: &str) -> String {
    let event = format!(
        r#"[{{"event_id":"{}","event":"message.created","conversation_id":"hello","data":{{"message_id":"{}","role":"user","text":"Hello, Rapport!"}}}}]"#,
        Uuid::now_v7(),
        Uuid::now_v7()
    );
    format!(
        "Key of the project `{PROJECT}`: {key}\n\n\
         Add a message:\n  curl -sS {url}/v1/batch -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{event}'\n\
         Count messages:\n  curl -sS '{url}/api/v1/query?metric=messages_total&r=7d' -H 'Authorization: Bearer {key}'\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_event_to_try_is_fresh_json_without_a_time() {
        let body = |text: &str| text.split("-d '").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        let (first, second) = (body(&instructions("u", "k")), body(&instructions("u", "k")));
        let event: serde_json::Value = serde_json::from_str(&first).unwrap();
        assert!(event[0]["timestamp"].is_null());
        assert_ne!(first, second);
    }
}
