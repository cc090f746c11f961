//! How a project's pages look.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Request, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode},
};
use control::{Brand, Grant, Logo, Project};
use serde_json::{Value, json};

use crate::{
    Error, Management, access,
    manage::{bytes, read},
    router::App,
};

/// What is managed here.
const WHAT: &str = "change how pages look";

type Id = Result<Path<String>, PathRejection>;

/// `GET /api/v1/projects/{id}/brand`.
pub(crate) async fn brand(State(app): State<Arc<App>>, headers: HeaderMap, id: Id) -> Result<Json<Value>, Error> {
    let key = access::authenticate(&app.deps, &headers)?;
    access::may_read(&key)?;
    let Path(id) = id.map_err(|_| Error::NoRoute)?;
    let project = access::project(&app.deps, &key, Some(&id))?;
    Ok(Json(described(&project)))
}

/// `PUT /api/v1/projects/{id}/brand`: what is left out is as this program has it.
pub(crate) async fn change(State(app): State<Arc<App>>, id: Id, request: Request) -> Result<Json<Value>, Error> {
    let key = access::authenticate(&app.deps, request.headers())?;
    let management = Management::new(app);
    management.may_manage(&key, WHAT)?;
    let Path(id) = id.map_err(|_| Error::NoRoute)?;
    let brand: Brand = read(request).await?;
    let project = management.change_brand(&key, &id, brand).await?;
    Ok(Json(described(&project)))
}

/// `PUT /api/v1/projects/{id}/logo`: the file.
pub(crate) async fn change_logo(State(app): State<Arc<App>>, id: Id, request: Request) -> Result<StatusCode, Error> {
    let key = access::authenticate(&app.deps, request.headers())?;
    let management = Management::new(app);
    management.may_manage(&key, WHAT)?;
    let Path(id) = id.map_err(|_| Error::NoRoute)?;
    let file = bytes(request).await?;
    management.change_logo(&key, &id, Some(&file)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/v1/projects/{id}/logo`.
pub(crate) async fn remove_logo(State(app): State<Arc<App>>, headers: HeaderMap, id: Id) -> Result<StatusCode, Error> {
    let key = access::authenticate(&app.deps, &headers)?;
    let Path(id) = id.map_err(|_| Error::NoRoute)?;
    Management::new(app).change_logo(&key, &id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Management {
    /// `PUT /api/v1/projects/{id}/brand`.
    pub async fn change_brand(&self, key: &Grant, project: &str, brand: Brand) -> Result<Arc<Project>, Error> {
        let project = self.project(key, Some(project), WHAT)?;
        self.control().change_brand(&project.id, brand).await?;
        access::project(self.deps(), key, Some(&project.id))
    }

    /// `PUT` and `DELETE /api/v1/projects/{id}/logo`: the bytes of a file, or none.
    pub async fn change_logo(&self, key: &Grant, project: &str, file: Option<&[u8]>) -> Result<(), Error> {
        let project = self.project(key, Some(project), WHAT)?;
        let logo = file.map(Logo::new).transpose()?;
        Ok(self.control().change_logo(&project.id, logo.as_ref()).await?)
    }
}

fn described(project: &Project) -> Value {
    let logo = project.logo.as_ref().map(|logo| json!({"type": logo.kind.media_type(), "bytes": logo.bytes.len()}));
    json!({"brand": &*project.brand, "logo": logo})
}
