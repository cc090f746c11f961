//! The process: what runs, what it is given, and in which order it ends.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use axum::Router;
use chrono::Utc;
use control::Control;
use gateway::Intake;
use journal::{ErrorClass, Journal, Topic};
use service::{
    health::Health,
    lifecycle::{Lifecycle, OnFailure, Spawner},
};
use tokio::{net::TcpListener, time::Instant};

use super::{
    DRAIN, Roles, Start, connections,
    decisions::Decided,
    directory::{self, ServerNote},
    registry::HttpRegistry,
    secrets::{self, Secrets},
    stores::{self, Warehouse},
    watch, welcome,
};
use crate::{files, settings, settings::Settings, terminal};

/// How long requests in work may take to end after SIGTERM.
const HTTP_DRAIN: Duration = Duration::from_secs(3);
/// How long a start waits for the control topic, and how long between two tries.
const CONTROL_PATIENCE: Duration = Duration::from_secs(30);
const CONTROL_AGAIN: Duration = Duration::from_millis(300);
/// How often recorded histogram samples are folded together, scraped or not.
const UPKEEP: Duration = Duration::from_secs(5);

/// Starts the services of a process, runs until the end is asked for, and stops everything.
///
/// # Errors
/// When a part cannot be started, or a task that may not fail failed.
pub(super) async fn serve(settings: &Settings, start: Start) -> anyhow::Result<()> {
    let Start { roles, demo, spools } = start;
    connections::allow_open_files();
    let listen = &settings.http.listen;
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}: is another program there? Choose an address with --listen")
    })?;
    let address = listener.local_addr()?;
    let url = format!("http://{address}");
    let directory = roles.is_whole().then_some(settings.data.dir.as_path());
    let secrets = secrets::secrets(directory)?;
    let (Opened { journal, retention }, warehouse) = open_stores(settings, roles).await?;
    let control = open_control(&journal, &secrets.admin_key).await?;
    if let Some(warehouse) = &warehouse {
        let applied = warehouse.client.migrate().await.context("the warehouse's tables cannot be made")?;
        tracing::debug!(applied, "migrations");
    }

    let takes_events = roles.gateway || roles.api;
    let intake = if takes_events { Some(open_intake(settings, &journal, spools).await?) } else { None };

    let lifecycle = Lifecycle::new(DRAIN);
    let parts = Parts {
        settings,
        roles,
        secrets: &secrets,
        journal: &journal,
        intake: intake.as_ref(),
        retention,
        warehouse: warehouse.as_ref().map(|warehouse| &warehouse.client),
        control: &control,
        demo: demo.then(|| dashboard::Demo { listens: address.ip(), project: welcome::PROJECT.to_owned() }),
        health: Health::default(),
        worker: worker::Status::default(),
        spawner: lifecycle.spawner(),
    };
    parts.spawn(listener)?;
    if let Some(warehouse) = warehouse.as_ref().filter(|_| roles.is_whole()) {
        let note = ServerNote { pid: std::process::id(), url, warehouse_url: warehouse.url.clone() };
        files::write_private(&directory::server_file(&settings.data.dir), &serde_json::to_vec(&note)?)?;
        welcome::spawn(&parts.spawner, welcome::Guest { settings, control: &control, note: &note, demo }).await?;
    } else {
        terminal::line(format_args!("{} answers at {url}", roles.name()));
    }
    if roles.api {
        welcome::first_administrator(&control, &secrets.secret, address);
    }
    drop(parts);

    let outcome = lifecycle.run().await;
    stop(journal, intake, control, warehouse).await;
    outcome.context("the server stopped")
}

/// A journal, and how long it keeps events: as set here, or as its topic was found.
struct Opened {
    journal: Arc<dyn Journal>,
    retention: Option<Duration>,
}

/// Opens journal and warehouse at the same time: each takes a good part of a second on existing data.
async fn open_stores(settings: &Settings, roles: Roles) -> anyhow::Result<(Opened, Option<Warehouse>)> {
    let journal = async {
        if !settings.kafka.brokers.is_empty() {
            let journal = stores::connect_journal(settings).await?;
            let retention = journal.facts(Topic::Events).retention;
            return Ok(Opened { journal: Arc::new(journal), retention });
        }
        let retention = Some(settings.journal.retention.get());
        let settings = settings.clone();
        let opened = tokio::task::spawn_blocking(move || stores::open_journal(&settings)).await;
        let journal = opened.context("the journal's thread panicked")??;
        Ok(Opened { journal: Arc::new(journal), retention })
    };
    let warehouse = async {
        if !roles.needs_warehouse() {
            return Ok(None);
        }
        let settings = settings.clone();
        let opened = tokio::task::spawn_blocking(move || stores::open_warehouse(&settings)).await;
        anyhow::Ok(Some(opened.context("the warehouse's thread panicked")??))
    };
    tokio::try_join!(journal, warehouse)
}

/// Opens the gateway's door to the journal, with its spool.
async fn open_intake(settings: &Settings, journal: &Arc<dyn Journal>, spools: bool) -> anyhow::Result<Arc<Intake>> {
    if !spools {
        return Ok(Arc::new(Intake::new(Arc::clone(journal))));
    }
    let (settings, journal) = (settings.clone(), Arc::clone(journal));
    let opened = tokio::task::spawn_blocking(move || stores::open_intake(&settings, journal)).await;
    Ok(Arc::new(opened.context("the spool's thread panicked")??))
}

/// Reads the control topic. Brokers that have just come back are asked again: their partitions may have no leader yet.
async fn open_control(journal: &Arc<dyn Journal>, admin_key: &str) -> anyhow::Result<Control> {
    let begun = Instant::now();
    loop {
        match Control::open(Arc::clone(journal), Some(admin_key)).await {
            Err(error) if error.class() == ErrorClass::Retry && begun.elapsed() < CONTROL_PATIENCE => {
                tracing::warn!(%error, "the control topic cannot be read yet; trying again");
                tokio::time::sleep(CONTROL_AGAIN).await;
            }
            outcome => return Ok(outcome?),
        }
    }
}

/// Lets go of spool and journal, which write what they were asked, and ends the engine.
async fn stop(journal: Arc<dyn Journal>, intake: Option<Arc<Intake>>, control: Control, warehouse: Option<Warehouse>) {
    let stopping = tokio::task::spawn_blocking(move || {
        drop(intake);
        drop(control);
        drop(journal);
        if let Some(engine) = warehouse.and_then(|warehouse| warehouse.engine) {
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
    roles: Roles,
    secrets: &'a Secrets,
    journal: &'a Arc<dyn Journal>,
    /// The gateway's door to it.
    intake: Option<&'a Arc<Intake>>,
    /// How long it keeps events; None for ever.
    retention: Option<Duration>,
    warehouse: Option<&'a warehouse::Client>,
    control: &'a Control,
    /// What the dashboard shows without signing in.
    demo: Option<dashboard::Demo>,
    health: Health,
    /// What the worker says of itself.
    worker: worker::Status,
    spawner: Spawner,
}

impl Parts<'_> {
    fn spawn(&self, listener: TcpListener) -> anyhow::Result<()> {
        if let Some(warehouse) = self.warehouse.filter(|_| self.roles.worker) {
            self.spawn_worker(warehouse);
        }
        self.spawn_control();
        if let Some(intake) = self.intake.filter(|intake| intake.has_spool()) {
            self.spawn_drain(Arc::clone(intake));
        }
        self.spawn_http(listener)?;
        self.spawn_watch();
        Ok(())
    }

    fn spawn_worker(&self, warehouse: &warehouse::Client) {
        let deps = worker::Deps {
            journal: Arc::clone(self.journal),
            sink: Arc::new(warehouse.clone()),
            registry: self.registry(),
            erasures: Some(self.erasures(warehouse)),
            idle: worker::Idle::new(Arc::new(Decided(self.control.clone()))),
            clock: Arc::new(|| Utc::now().timestamp_millis()),
            options: worker::Options {
                retention_ms: self.retention.and_then(|kept| i64::try_from(kept.as_millis()).ok()),
                group: stores::worker_group(self.settings),
                ..worker::Options::default()
            },
            status: self.worker.clone(),
        };
        let shutdown = self.spawner.shutdown();
        self.spawner.spawn("worker", OnFailure::Stop, async move {
            worker::run(deps, async move { shutdown.wait().await }).await?;
            Ok(())
        });
    }

    fn erasures(&self, warehouse: &warehouse::Client) -> worker::Erasures {
        let secret = self.secrets.secret.as_bytes();
        worker::Erasures::new(warehouse.clone(), secret, agentsight::number_key(secret))
    }

    /// Where producers' own schemas are kept, if that is set.
    fn registry(&self) -> Option<Arc<dyn worker::Registry>> {
        let url = &self.settings.kafka.schema_registry;
        (!url.is_empty()).then(|| Arc::new(HttpRegistry::new(url)) as Arc<dyn worker::Registry>)
    }

    fn spawn_control(&self) {
        let (control, shutdown) = (self.control.clone(), self.spawner.shutdown());
        self.spawner.spawn("control", OnFailure::Stop, async move {
            control.follow(async move { shutdown.wait().await }).await;
            Ok(())
        });
    }

    fn spawn_drain(&self, intake: Arc<Intake>) {
        let shutdown = self.spawner.shutdown();
        self.spawner.spawn("drain", OnFailure::Stop, async move {
            tokio::select! {
                () = intake.drain() => {}
                () = shutdown.wait() => {}
            }
            Ok(())
        });
    }

    fn spawn_watch(&self) {
        let (journal, warehouse) = (Arc::clone(self.journal), self.warehouse.cloned());
        let worker = self.roles.worker.then(|| self.worker.clone());
        let intake = self.intake.cloned();
        let (health, group) = (self.health.clone(), stores::worker_group(self.settings));
        watch::spawn(&self.spawner, watch::Parts { journal, intake, warehouse, health, worker, group });
    }

    fn spawn_http(&self, listener: TcpListener) -> anyhow::Result<()> {
        let metrics = service::metrics::install()?;
        service::metrics::describe(&gateway::metrics::CATALOGUE);
        service::metrics::describe(api::CATALOGUE);
        service::metrics::describe(agentsight::CATALOGUE);
        service::metrics::describe(watch::CATALOGUE);
        let geo = settings::geo_database(self.settings).filter(|_| self.intake.is_some());
        let geo = geo.map(|path| gateway::Geo::open(&path)).transpose()?;
        let router = match (self.gateway(&geo), self.warehouse.filter(|_| self.roles.api)) {
            (None, None) => api::operations(self.health.clone(), metrics.clone()),
            (Some(ingest), None) => ingest.merge(api::operations(self.health.clone(), metrics.clone())),
            (None, Some(warehouse)) => self.agentsight(warehouse, geo)?.merge(self.api(warehouse, &metrics)),
            (Some(ingest), Some(warehouse)) => {
                ingest.merge(self.agentsight(warehouse, geo)?).merge(self.api(warehouse, &metrics))
            }
        };
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

    fn gateway(&self, geo: &Option<gateway::Geo>) -> Option<Router> {
        let intake = self.intake.filter(|_| self.roles.gateway)?;
        Some(gateway::router(gateway::Deps {
            intake: Arc::clone(intake),
            control: self.control.clone(),
            geo: geo.clone(),
            options: self.settings.gateway.clone(),
            position_secret: self.position_secret(),
        }))
    }

    /// The routes of AgentSight's clients, which append through the gateway's library and read the warehouse.
    fn agentsight(&self, warehouse: &warehouse::Client, geo: Option<gateway::Geo>) -> anyhow::Result<Router> {
        let Some(intake) = self.intake else { return Ok(Router::new()) };
        let settings = &self.settings.agentsight;
        let secret = self.position_secret();
        let options = self.settings.gateway.clone();
        let door = gateway::Door::new(Arc::clone(intake), self.control.clone(), geo, options, agentsight::BODY_MAX);
        let place = self.settings.attachments.place(&self.settings.data.dir).map_err(anyhow::Error::msg)?;
        let files = agentsight::Files::open(place, &secret).context("the settings of `attachments` cannot be used")?;
        self.spawn_forgetting(files.clone(), warehouse.clone());
        Ok(agentsight::router(agentsight::Deps {
            door: Arc::new(door),
            warehouse: warehouse.clone(),
            feed: api::Feed::new(warehouse.clone(), Arc::clone(self.journal), worker::Options::default().generation),
            files,
            secret,
            public_url: settings.public_url.clone(),
            shadow: self.spawn_shadow(),
        }))
    }

    /// What deletes files of persons who asked to be forgotten.
    fn spawn_forgetting(&self, files: agentsight::Files, warehouse: warehouse::Client) {
        let shutdown = self.spawner.shutdown();
        self.spawner.spawn("files", OnFailure::Log, async move {
            tokio::select! {
                never = agentsight::forget_files(files, warehouse) => match never {},
                () = shutdown.wait() => Ok(()),
            }
        });
    }

    /// What sends copies of tracking calls to another service, if one is named.
    fn spawn_shadow(&self) -> Option<Arc<agentsight::Shadow>> {
        let settings = &self.settings.agentsight;
        if settings.shadow_url.is_empty() {
            return None;
        }
        let address = settings.shadow_url.address();
        let options = agentsight::ShadowOptions { address, authorization: settings.shadow_authorization };
        let (shadow, sender) = agentsight::Shadow::new(options);
        let shutdown = self.spawner.shutdown();
        self.spawner.spawn("shadow", OnFailure::Log, async move {
            tokio::select! {
                () = sender => {}
                () = shutdown.wait() => {}
            }
            Ok(())
        });
        Some(Arc::new(shadow))
    }

    fn api(&self, warehouse: &warehouse::Client, metrics: &service::metrics::Handle) -> Router {
        let here = self.roles.gateway.then(|| gateway::document(&self.settings.gateway));
        let (router, questions) = api::surface(api::Deps {
            warehouse: warehouse.clone(),
            control: self.control.clone(),
            journal: Arc::clone(self.journal),
            health: self.health.clone(),
            metrics: metrics.clone(),
            position_secret: self.position_secret(),
            documents: here.into_iter().collect(),
            generation: worker::Options::default().generation,
            retention: self.retention,
            now: Arc::new(Utc::now),
        });
        let closing = self.spawner.shutdown();
        router.merge(dashboard::router(dashboard::Deps { questions, demo: self.demo.clone(), closing }))
    }

    fn position_secret(&self) -> Arc<[u8]> {
        self.secrets.secret.as_bytes().into()
    }
}
