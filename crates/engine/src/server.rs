//! ClickHouse's HTTP interface.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use axum::routing::get;
use tokio::sync::oneshot;

use crate::body::{Budget, Coding};
use crate::engine::{Engine, Job};
use crate::exception::{Exception, code};
use crate::execute;
use crate::plan::{self, Plan};
use crate::request::Head;
use crate::response::{self, CancelOnDrop};

/// What every request needs.
struct Server {
    engine: Arc<Engine>,
    access_key: Option<String>,
    budget: Budget,
}

/// The routes: `/` for statements, `/ping` for whether the engine is there.
pub(crate) fn router(engine: Arc<Engine>, access_key: Option<String>) -> Router {
    let budget = Budget::new(engine.limits());
    let server = Arc::new(Server { engine, access_key, budget });
    Router::new()
        .route("/ping", get(async || "Ok.\n"))
        .route("/", get(statement).post(statement))
        .fallback(async || (axum::http::StatusCode::NOT_FOUND, "there are / for statements and /ping\n"))
        .with_state(server)
}

async fn statement(State(server): State<Arc<Server>>, request: Request) -> Response<Body> {
    match server.statement(request).await {
        Ok(response) => response,
        Err(exception) => response::exception(&exception),
    }
}

impl Server {
    async fn statement(&self, request: Request) -> Result<Response<Body>, Exception> {
        let (parts, body) = request.into_parts();
        let mut head = Head::read(&parts.method, &parts.uri, &parts.headers)?;
        head.authenticate(self.access_key.as_deref())?;
        if parts.method == axum::http::Method::GET && parts.uri.query().is_none() {
            return Ok(Response::new(Body::from("Ok.\n")));
        }
        let limits = self.engine.limits();
        let body = self.budget.collect(body, limits).await?;
        let coding = Coding::of(&parts.headers, head.blocks)?;
        let body = plan::read_form(&parts.headers, body, &mut head).await?;

        // From here on a client that goes away takes its statement with it.
        let job = Arc::new(Job::default());
        let guard = CancelOnDrop::new(Arc::clone(&self.engine), Arc::clone(&job));
        let turn = self.engine.turn().await?;
        let (sender, receiver) = oneshot::channel();
        let (format_sender, format_receiver) = oneshot::channel();
        let engine = Arc::clone(&self.engine);
        tokio::task::spawn_blocking(move || {
            // Held until the statement is over, also when its client is not there any more.
            let _turn = turn;
            match Plan::new(head, body, coding, engine.limits()) {
                Ok(plan) => {
                    format_sender.send(plan.answer_format.clone()).ok();
                    execute::run(&engine, plan, &job, sender);
                }
                Err(exception) => drop(sender.send(Err(exception))),
            }
        });
        let lost = |_| Exception::new(code::POCO_EXCEPTION, "POCO_EXCEPTION", "the statement was lost in the engine");
        let reply = receiver.await.map_err(lost)??;
        let format = format_receiver.await.unwrap_or_default();
        Ok(response::answer(reply, &format, guard))
    }
}
