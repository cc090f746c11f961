//! Shares: links that show one page of a project to whoever has them.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Request, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode},
};
use chrono::{DateTime, Duration, SecondsFormat};
use control::{Grant, Project, SHARE_LASTS, Share, Shown, Tokens};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Error, Management, access,
    manage::read,
    params::{CONVERSATIONS, Sent, environment, of_conversations, range},
    router::App,
};

/// The range of a share that names none.
const RANGE_DEFAULT: &str = "28d";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShareBody {
    page: String,
    title: Option<String>,
    range: Option<String>,
    environment: Option<String>,
    #[serde(default)]
    filters: Vec<String>,
    #[serde(default)]
    may_change_range: bool,
    #[serde(default)]
    origins: Vec<String>,
    expires_in_days: Option<u32>,
}

/// A share, and its address without the host: whoever has it may look.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Shared {
    /// The share.
    pub share: Arc<Share>,
    /// Its link.
    pub link: String,
}

type Id = Result<Path<String>, PathRejection>;
type Ids = Result<Path<(String, String)>, PathRejection>;

/// `GET /api/v1/projects/{id}/shares`.
pub(crate) async fn shares(State(app): State<Arc<App>>, headers: HeaderMap, id: Id) -> Result<Json<Value>, Error> {
    let key = access::authenticate(&app.deps, &headers)?;
    let Path(id) = id.map_err(|_| Error::NoRoute)?;
    let shares = Management::new(app).shares(&key, &id)?;
    Ok(Json(json!({ "shares": shares.iter().map(described).collect::<Vec<_>>() })))
}

/// `POST /api/v1/projects/{id}/shares`.
pub(crate) async fn share(
    State(app): State<Arc<App>>,
    id: Id,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Error> {
    let key = access::authenticate(&app.deps, request.headers())?;
    let management = Management::new(app);
    management.may_manage(&key, WHAT)?;
    let Path(id) = id.map_err(|_| Error::NoRoute)?;
    let body: ShareBody = read(request).await?;
    let shown = Shown {
        page: body.page,
        title: body.title,
        range: body.range.unwrap_or_else(|| RANGE_DEFAULT.into()),
        environment: body.environment.unwrap_or_else(|| "production".into()),
        filters: body.filters,
        may_change_range: body.may_change_range,
        origins: body.origins,
    };
    let shared = management.share(&key, &id, (shown, body.expires_in_days)).await?;
    Ok((StatusCode::CREATED, Json(described(&shared))))
}

/// `DELETE /api/v1/projects/{id}/shares/{share}`.
pub(crate) async fn revoke(State(app): State<Arc<App>>, headers: HeaderMap, ids: Ids) -> Result<StatusCode, Error> {
    let key = access::authenticate(&app.deps, &headers)?;
    let Path((id, share)) = ids.map_err(|_| Error::NoRoute)?;
    Management::new(app).revoke_share(&key, (&id, &share)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is managed here.
const WHAT: &str = "manage shares";

impl Management {
    /// `GET /api/v1/projects/{id}/shares`: those that are not over, the oldest first.
    pub fn shares(&self, key: &Grant, project: &str) -> Result<Vec<Shared>, Error> {
        let project = self.project(key, Some(project), WHAT)?;
        let shares = self.control().shares(&project.id, self.now());
        Ok(shares.into_iter().map(|share| self.with_link(share)).collect())
    }

    /// `POST /api/v1/projects/{id}/shares`: until so many days from now, 30 where none are named.
    pub async fn share(
        &self,
        key: &Grant,
        project: &str,
        (shown, days): (Shown, Option<u32>),
    ) -> Result<Shared, Error> {
        let project = self.project(key, Some(project), WHAT)?;
        self.check(&project, &shown)?;
        let lasts = days.map_or(SHARE_LASTS, |days| Duration::days(days.into()));
        let share = self.control().share(&project.id, shown, (self.now(), lasts)).await?;
        Ok(self.with_link(share))
    }

    /// `DELETE /api/v1/projects/{id}/shares/{share}`.
    pub async fn revoke_share(&self, key: &Grant, (project, share): (&str, &str)) -> Result<(), Error> {
        let project = self.project(key, Some(project), WHAT)?;
        Ok(self.control().revoke_share(&project.id, share).await?)
    }

    /// Whether range, environment and filters are those of a question: dimensions of conversations, so that every figure of a page can
    /// be kept to them.
    fn check(&self, project: &Project, shown: &Shown) -> Result<(), Error> {
        let mut pairs = vec![("r".to_owned(), shown.range.clone()), ("env".to_owned(), shown.environment.clone())];
        pairs.extend(shown.filters.iter().map(|filter| ("f".to_owned(), filter.clone())));
        let sent = Sent::new(pairs, CONVERSATIONS)?;
        range(&sent, project, self.now())?;
        environment(&sent)?;
        of_conversations(&sent).map(drop)
    }

    fn with_link(&self, share: Arc<Share>) -> Shared {
        let link = share.link(&Tokens::new(Arc::clone(&self.deps().position_secret)));
        Shared { share, link }
    }
}

fn described(shared: &Shared) -> Value {
    let Share { id, shown, expires_at, .. } = &*shared.share;
    let until = DateTime::from_timestamp(*expires_at, 0);
    json!({
        "id": id, "page": shown.page, "title": shown.title, "range": shown.range, "environment": shown.environment,
        "filters": shown.filters, "may_change_range": shown.may_change_range, "origins": shown.origins,
        "expires_at": until.map(|until| until.to_rfc3339_opts(SecondsFormat::Secs, true)), "link": shared.link,
    })
}
