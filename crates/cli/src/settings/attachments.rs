//! Where attachments lie.

use std::path::Path;

use serde::{Deserialize, Serialize};
use service::config::Secret;

/// `[attachments]`
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Attachments {
    url: String,
    endpoint: String,
    region: String,
    access_key_id: Secret,
    secret_access_key: Secret,
}

impl Attachments {
    /// The place that the address names, if it names one.
    pub(crate) fn place(&self, data: &Path) -> Result<agentsight::FilesPlace, String> {
        let Some((scheme, rest)) = self.url.split_once("://") else {
            let directory = if self.url.is_empty() { data.join("attachments") } else { self.url.as_str().into() };
            return Ok(agentsight::FilesPlace::Directory(directory));
        };
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if scheme != "s3" || name.is_empty() {
            return Err(format!("`{}` is neither a directory nor of the form s3://BUCKET/PREFIX", self.url));
        }
        Ok(agentsight::FilesPlace::Bucket(agentsight::Bucket {
            name: name.to_owned(),
            prefix: prefix.to_owned(),
            endpoint: self.endpoint.clone(),
            region: self.region.clone(),
            access_key_id: self.access_key_id.clone(),
            secret_access_key: self.secret_access_key.clone(),
        }))
    }

    pub(super) fn bad_endpoint(&self) -> Option<String> {
        let is_one = self.endpoint.is_empty() || ["http://", "https://"].iter().any(|it| self.endpoint.starts_with(it));
        (!is_one).then(|| format!("`{}` is no address of the form https://HOST or http://HOST:PORT", self.endpoint))
    }

    pub(super) fn half_credentials(&self) -> Option<String> {
        let is_half = self.access_key_id.is_empty() != self.secret_access_key.is_empty();
        is_half.then(|| "`attachments.access_key_id` and this one belong together: set both or none".to_owned())
    }
}
