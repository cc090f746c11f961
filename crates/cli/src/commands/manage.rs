//! `rapport project` and `rapport key`: through the server that runs, or on the directory when none does.

use anyhow::Context;
use serde_json::json;

use crate::{
    args::{KeyCommand, ProjectCommand, Reach},
    http::{self, Client},
    run::{Held, directory},
    terminal,
};

/// Where management happens.
enum Office {
    Server(Client),
    /// No server runs: the directory is locked and changed by this process.
    Directory(Held),
}

/// Runs `project …`.
///
/// # Errors
/// When the server or the directory cannot be reached, or refuses.
pub(crate) fn project(command: &ProjectCommand) -> anyhow::Result<()> {
    let ProjectCommand::Create { name, timezone, json, reach } = command;
    let created = match office(reach)? {
        Office::Server(client) => client.create("/api/v1/projects", &json!({"name": name, "timezone": timezone}))?,
        Office::Directory(held) => held.create_project(name, timezone)?,
    };
    if *json {
        terminal::line(created);
    } else {
        terminal::line(format_args!("project {name} created, days in {timezone}"));
    }
    Ok(())
}

/// Runs `key …`.
///
/// # Errors
/// When the server or the directory cannot be reached, or refuses.
pub(crate) fn key(command: &KeyCommand) -> anyhow::Result<()> {
    match command {
        KeyCommand::Create { project, environment, role, bot, origins, json, reach } => {
            let wanted = json!({
                "project": project, "environment": environment, "role": role.name(), "bot": bot, "origins": origins,
            });
            let created = match office(reach)? {
                Office::Server(client) => client.create("/api/v1/keys", &wanted)?,
                Office::Directory(held) => held.create_key(&wanted)?,
            };
            let text = created["key"].as_str().context("the server's answer has no key")?;
            terminal::line(if *json { created.to_string() } else { text.to_owned() });
        }
        KeyCommand::Revoke { id, reach } => {
            match office(reach)? {
                Office::Server(client) => client.delete(&format!("/api/v1/keys/{}", path_segment(id)?))?,
                Office::Directory(held) => held.revoke_key(id)?,
            }
            terminal::line(format_args!("key {id} revoked"));
        }
    }
    Ok(())
}

fn office(reach: &Reach) -> anyhow::Result<Office> {
    if let Some(url) = &reach.url {
        http::check_url(url)?;
        let key = directory::admin_key_of_environment()
            .context("--url needs the server's administrator key in RAPPORT_ADMIN_KEY")?;
        return Ok(Office::Server(Client::new(url, &key)));
    }
    Ok(match directory::running_server(&reach.data_dir)? {
        Some(server) => Office::Server(Client::new(&server.url, &server.admin_key)),
        None => Office::Directory(Held::open(&reach.data_dir)?),
    })
}

/// An id that can stand in a path as it is.
fn path_segment(id: &str) -> anyhow::Result<&str> {
    let plain = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    anyhow::ensure!(plain, "{id:?} is no key id: take the one that `rapport key create --json` printed");
    Ok(id)
}
