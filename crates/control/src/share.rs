//! Shares: links that show one page of a project, kept to what was settled with them, to whoever has them.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use crate::{
    Control, Error, Purpose, Tokens,
    control::now as stamp,
    name, origin,
    record::{Change, ShareChange},
    shares::Shares,
};

/// The pages that can be shared: none names a single agent, and none shows what people wrote.
pub const SHARED_PAGES: [&str; 9] =
    ["overview", "users", "engagement", "chatbot", "handover", "feedback", "clicks", "contact-center", "cost"];
/// How long a share lasts unless another time is asked for.
pub const SHARE_LASTS: Duration = Duration::days(30);
/// The longest that a share can last.
pub const SHARE_LASTS_MAX: Duration = Duration::days(365);
/// Most shares of a project that are not over.
pub const SHARES_MAX: usize = 100;
/// Most origins whose pages may embed a share.
const ORIGINS_MAX: usize = 10;
/// Longest title, in characters.
const TITLE_CHARS_MAX: usize = 120;
/// Longest text of a share's filters together, in bytes.
const FILTERS_BYTES_MAX: usize = 4_096;

/// A link that shows a page to whoever has it. Its token says its id alone: nothing of what it shows can be changed in an address.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Share {
    /// Public id: the link is what has to be kept secret.
    pub id: String,
    /// The project.
    pub project: String,
    /// What it shows, and to whom.
    pub shown: Shown,
    /// When it is over, seconds since 1970.
    pub expires_at: i64,
}

/// What a share shows. The rules of ranges and filters are those of the API, which checks them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Shown {
    /// One of [`SHARED_PAGES`].
    pub page: String,
    /// What it is called instead of its page's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The range, as an address says it: `28d`.
    pub range: String,
    /// The environment.
    pub environment: String,
    /// What figures are kept to, as questions say it: `channel:is:web`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<String>,
    /// Whether another range may be looked at.
    #[serde(default)]
    pub may_change_range: bool,
    /// The pages that may embed it, as `https://shop.example`; none means that no page may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
}

impl Shown {
    /// As it can be kept: origins as browsers write them, no white space around the title.
    fn checked(mut self) -> Result<Shown, Error> {
        if !SHARED_PAGES.contains(&self.page.as_str()) {
            let shown: String = self.page.chars().take(80).collect();
            let pages = SHARED_PAGES.join(", ");
            return Err(Error::InvalidShare(format!("{shown:?} is no page that can be shared: use one of {pages}")));
        }
        if self.origins.len() > ORIGINS_MAX {
            return Err(Error::InvalidShare(format!("pages of at most {ORIGINS_MAX} origins may embed a share")));
        }
        if self.filters.iter().map(String::len).sum::<usize>() > FILTERS_BYTES_MAX {
            return Err(Error::InvalidShare(format!("the filters of a share have at most {FILTERS_BYTES_MAX} bytes")));
        }
        self.origins = origin::normalised(&self.origins)?;
        let title = self.title.as_deref().filter(|title| !title.trim().is_empty());
        self.title =
            title.map(|title| name::checked("a share's title", title, TITLE_CHARS_MAX)).transpose()?.map(str::to_owned);
        Ok(self)
    }
}

impl Share {
    /// The address of what it shows, without the host. Whoever has it may look.
    pub fn link(&self, tokens: &Tokens) -> String {
        format!("/s/{}", tokens.sign(Purpose::Share, &self.id, self.expires_at, self.project.as_bytes()))
    }
}

impl Control {
    /// The share of a link's token, if it was given out here, was not revoked, and is not over.
    pub fn shared(&self, tokens: &Tokens, token: &str, now: DateTime<Utc>) -> Option<Arc<Share>> {
        let held = |id: &str| self.read_state(|state| state.shares.share(id));
        let ground = |id: &str| held(id).map(|share| share.project.as_bytes().to_vec());
        let id = tokens.open(Purpose::Share, token, now.timestamp(), ground)?;
        held(&id).filter(|share| share.expires_at > now.timestamp())
    }

    /// The shares of a project that are not over, the oldest first.
    pub fn shares(&self, project: &str, now: DateTime<Utc>) -> Vec<Arc<Share>> {
        self.read_state(|state| state.shares.of(project, now.timestamp()))
    }

    /// Shares a page until `now` and `lasts`.
    ///
    /// # Errors
    /// `UnknownProject`; `InvalidShare` and `InvalidOrigin` for what cannot be shown, too long a time, or too many shares; `Invalid` for a
    /// title that is none; `Journal` if it could not be written.
    pub async fn share(
        &self,
        project: &str,
        shown: Shown,
        (now, lasts): (DateTime<Utc>, Duration),
    ) -> Result<Arc<Share>, Error> {
        let shown = shown.checked()?;
        if lasts < Duration::minutes(1) || lasts > SHARE_LASTS_MAX {
            let most = SHARE_LASTS_MAX.num_days();
            return Err(Error::InvalidShare(format!("a share lasts at least a minute and at most {most} days")));
        }
        self.learn().await?;
        if self.project(project).is_none() {
            return Err(Error::UnknownProject(project.to_owned()));
        }
        if self.shares(project, now).len() >= SHARES_MAX {
            return Err(Error::InvalidShare(format!("the project has {SHARES_MAX} shares: revoke one first")));
        }
        let id = Uuid::now_v7().to_string();
        let expires_at = (now + lasts).timestamp();
        let change = ShareChange::Created {
            id: id.clone(),
            project: project.to_owned(),
            shown,
            expires_at,
            created_s: now.timestamp(),
        };
        self.write(&id, &Change::Share(change)).await?;
        self.read_state(|state| state.shares.share(&id)).ok_or(Error::UnknownShare(id))
    }

    /// Ends a share of a project. Resolves when this handle shows it no more.
    ///
    /// # Errors
    /// `UnknownShare`; `Journal` if it could not be written.
    pub async fn revoke_share(&self, project: &str, id: &str) -> Result<(), Error> {
        self.learn().await?;
        let held = self.read_state(|state| state.shares.share(id));
        if held.is_none_or(|share| share.project != project) {
            return Err(Error::UnknownShare(id.chars().take(80).collect()));
        }
        let change = ShareChange::Revoked { id: id.to_owned(), revoked_at: stamp() };
        self.write(id, &Change::Share(change)).await?;
        Ok(())
    }
}

impl Shares {
    pub(crate) fn share(&self, id: &str) -> Option<Arc<Share>> {
        self.held.get(id).cloned()
    }

    fn of(&self, project: &str, now: i64) -> Vec<Arc<Share>> {
        // Their ids begin with the time.
        let own = self.held.values().filter(|share| share.project == project && share.expires_at > now);
        own.cloned().collect()
    }
}
