//! The process: what runs, what it is given, and in which order it ends.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use chrono::Utc;
use control::Control;
use journal::Journal;
use service::{
    health::Health,
    lifecycle::{Lifecycle, OnFailure, Spawner},
};
use tokio::net::TcpListener;

use super::{
    DRAIN, connections,
    directory::{self, ServerNote},
    secrets::{self, Secrets},
    stores::{self, Warehouse},
    watch, welcome,
};
use crate::{files, settings, settings::Settings};

/// How long requests in work may take to end after SIGTERM.
const HTTP_DRAIN: Duration = Duration::from_secs(3);
/// How often recorded histogram samples are folded together, scraped or not.
const UPKEEP: Duration = Duration::from_secs(5);

/// Starts everything, runs until the end is asked for, and stops everything.
///
/// # Errors
/// When a part cannot be started, or a task that may not fail failed.
pub(super) async fn serve(settings: &Settings, demo: bool) -> anyhow::Result<()> {
    connections::allow_open_files();
    let listen = &settings.http.listen;
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}: is another program there? Choose an address with --listen")
    })?;
    let url = format!("http://{}", listener.local_addr()?);
    let secrets = secrets::secrets(&settings.data.dir)?;
    let (journal, warehouse) = open_stores(settings).await?;
    let control = Control::open(Arc::clone(&journal), Some(&secrets.admin_key)).await?;
    let applied = warehouse.client.migrate().await.context("the warehouse's tables cannot be made")?;
    tracing::debug!(applied, "migrations");

    let lifecycle = Lifecycle::new(DRAIN);
    let parts = Parts {
        settings,
        secrets: &secrets,
        journal: &journal,
        warehouse: &warehouse.client,
        control: &control,
        health: Health::default(),
        spawner: lifecycle.spawner(),
    };
    parts.spawn_worker();
    parts.spawn_control();
    parts.spawn_http(listener)?;
    parts.spawn_watch();
    let note = ServerNote { pid: std::process::id(), url, warehouse_url: warehouse.url.clone() };
    files::write_private(&directory::server_file(&settings.data.dir), &serde_json::to_vec(&note)?)?;
    welcome::spawn(&parts.spawner, welcome::Guest { settings, control: &control, note: &note, demo }).await?;
    drop(parts);

    let outcome = lifecycle.run().await;
    stop(journal, control, warehouse).await;
    outcome.context("the server stopped")
}

/// Opens journal and warehouse at the same time: each takes a good part of a second on existing data.
async fn open_stores(settings: &Settings) -> anyhow::Result<(Arc<dyn Journal>, Warehouse)> {
    let (for_journal, for_warehouse) = (settings.clone(), settings.clone());
    let journal = tokio::task::spawn_blocking(move || stores::open_journal(&for_journal));
    let warehouse = tokio::task::spawn_blocking(move || stores::open_warehouse(&for_warehouse));
    let (journal, warehouse) = tokio::try_join!(journal, warehouse).context("a store's thread panicked")?;
    Ok((Arc::new(journal?), warehouse?))
}

/// Lets go of the journal, which writes what it was asked, and ends the engine.
async fn stop(journal: Arc<dyn Journal>, control: Control, warehouse: Warehouse) {
    let stopping = tokio::task::spawn_blocking(move || {
        drop(control);
        drop(journal);
        if let Some(engine) = warehouse.engine {
            engine.stop();
        }
    });
    if stopping.await.is_err() {
        tracing::error!("stopping the stores panicked");
    }
}

/// What the tasks are made of.
struct Parts<'a> {
    settings: &'a Settings,
    secrets: &'a Secrets,
    journal: &'a Arc<dyn Journal>,
    warehouse: &'a warehouse::Client,
    control: &'a Control,
    health: Health,
    spawner: Spawner,
}

impl Parts<'_> {
    fn spawn_worker(&self) {
        let retention = self.settings.journal.retention.get();
        let deps = worker::Deps {
            journal: Arc::clone(self.journal),
            sink: Arc::new(self.warehouse.clone()),
            clock: Arc::new(|| Utc::now().timestamp_millis()),
            options: worker::Options {
                retention_ms: i64::try_from(retention.as_millis()).ok(),
                ..worker::Options::default()
            },
        };
        let shutdown = self.spawner.shutdown();
        self.spawner.spawn("worker", OnFailure::Stop, async move {
            worker::run(deps, async move { shutdown.wait().await }).await?;
            Ok(())
        });
    }

    fn spawn_control(&self) {
        let (control, shutdown) = (self.control.clone(), self.spawner.shutdown());
        self.spawner.spawn("control", OnFailure::Stop, async move {
            control.follow(async move { shutdown.wait().await }).await;
            Ok(())
        });
    }

    fn spawn_watch(&self) {
        let (journal, warehouse) = (Arc::clone(self.journal), self.warehouse.clone());
        watch::spawn(&self.spawner, watch::Parts { journal, warehouse, health: self.health.clone() });
    }

    fn spawn_http(&self, listener: TcpListener) -> anyhow::Result<()> {
        let metrics = service::metrics::install()?;
        service::metrics::describe(&gateway::metrics::CATALOGUE);
        service::metrics::describe(api::CATALOGUE);
        service::metrics::describe(watch::CATALOGUE);
        let position_secret: Arc<[u8]> = self.secrets.secret.as_bytes().into();
        let geo = settings::geo_database(self.settings).map(|path| gateway::Geo::open(&path)).transpose()?;
        let ingest = gateway::router(gateway::Deps {
            journal: Arc::clone(self.journal),
            control: self.control.clone(),
            geo,
            options: self.settings.gateway.clone(),
            position_secret: Arc::clone(&position_secret),
        });
        let questions = api::router(api::Deps {
            warehouse: self.warehouse.clone(),
            control: self.control.clone(),
            journal: Arc::clone(self.journal),
            health: self.health.clone(),
            metrics: metrics.clone(),
            position_secret,
            documents: vec![gateway::document(&self.settings.gateway)],
            generation: worker::Options::default().generation,
            now: Arc::new(Utc::now),
        });
        let router = ingest.merge(questions);
        let bounds = connections::Bounds::new(&self.settings.http, HTTP_DRAIN);
        let shutdown = self.spawner.shutdown();
        self.spawner.spawn("http", OnFailure::Stop, async move {
            connections::serve(listener, router, bounds, shutdown).await;
            Ok(())
        });
        let shutdown = self.spawner.shutdown();
        self.spawner.spawn("metrics upkeep", OnFailure::Stop, async move {
            while tokio::time::timeout(UPKEEP, shutdown.wait()).await.is_err() {
                metrics.upkeep();
            }
            Ok(())
        });
        Ok(())
    }
}
