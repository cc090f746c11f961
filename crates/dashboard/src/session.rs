//! Who signed in. A session is a signed cookie and nothing that a process remembers: every process with the same secret takes it, and a
//! restart ends none. It is over after twelve hours, and when what it stands on changes: a member's epoch, or a key.

use std::{fmt, sync::Arc};

use axum::http::{HeaderMap, header};
use chrono::{DateTime, Utc};
use control::{Control, Grant, Member, MemberRole, Purpose, Tokens};

/// The cookie that carries a session.
const COOKIE: &str = "rapport_session";
/// How long a session lasts, seconds.
const LASTS_S: i64 = 12 * 3_600;
/// What the token of a form says: that it is one.
const FORM: &str = "form";

/// Somebody who signed in.
#[derive(Debug, Clone)]
pub(crate) enum Visitor {
    Member(Arc<Member>),
    /// With a key that may read.
    Key(Grant),
}

impl Visitor {
    /// Who signed in by this key; None for one that may not read.
    pub(crate) fn of_key(control: &Control, key: &str) -> Option<Visitor> {
        control.authenticate(key).filter(|grant| grant.role.may_read()).map(Visitor::Key)
    }

    /// What they may read of a project; None where they have nothing to do with it.
    pub(crate) fn reader(&self, project: &str) -> Option<Grant> {
        match self {
            Visitor::Member(member) => {
                member.role(project).map(|role| Grant::member(&format!("member {}", member.id), project, role))
            }
            Visitor::Key(grant) => {
                let is_own = grant.project.as_deref().is_none_or(|own| own == project);
                is_own.then(|| Grant::reader(&grant.key_id, project))
            }
        }
    }

    /// The same for owners of a project, with the power to change it.
    pub(crate) fn manager(&self, project: &str) -> Option<Grant> {
        let may = match self {
            Visitor::Member(member) => member.role(project) == Some(MemberRole::Owner),
            Visitor::Key(grant) => grant.role.may_manage(),
        };
        self.reader(project).filter(|_| may).map(Grant::managing)
    }

    /// What the session's cookie says, and what that stands on.
    fn claim(&self, control: &Control) -> Option<(String, Vec<u8>)> {
        let body = match self {
            Visitor::Member(member) => format!("m.{}", member.id),
            Visitor::Key(grant) => format!("k.{}", grant.key_id),
        };
        let (_, ground) = of_body(control, &body)?;
        Some((body, ground))
    }
}

/// Whom a cookie names, and what the session stands on as that is now.
fn of_body(control: &Control, body: &str) -> Option<(Visitor, Vec<u8>)> {
    match body.split_once('.')? {
        ("m", id) => control.member(id).map(|member| {
            let epoch = member.epoch.to_be_bytes().to_vec();
            (Visitor::Member(member), epoch)
        }),
        ("k", id) => {
            let (grant, hash) = control.key(id).filter(|(grant, _)| grant.role.may_read())?;
            Some((Visitor::Key(grant), hash.to_vec()))
        }
        _ => None,
    }
}

/// A session of a request.
pub(crate) struct Session {
    pub(crate) visitor: Visitor,
    token: String,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("visitor", &self.visitor).finish_non_exhaustive()
    }
}

/// Begins sessions and knows them again.
#[derive(Debug)]
pub(crate) struct Sessions {
    pub(crate) tokens: Tokens,
}

impl Sessions {
    pub(crate) fn new(tokens: Tokens) -> Sessions {
        Sessions { tokens }
    }

    /// The cookie of a new session; None for somebody who may not sign in any more.
    pub(crate) fn begin(
        &self,
        control: &Control,
        visitor: &Visitor,
        headers: &HeaderMap,
        now: DateTime<Utc>,
    ) -> Option<String> {
        let (body, ground) = visitor.claim(control)?;
        let token = self.tokens.sign(Purpose::Session, &body, now.timestamp() + LASTS_S, &ground);
        let secure = if is_https(headers) { "; Secure" } else { "" };
        Some(format!("{COOKIE}={token}; Path=/; Max-Age={LASTS_S}; HttpOnly; SameSite=Lax{secure}"))
    }

    /// The session of a request.
    pub(crate) fn of(&self, control: &Control, headers: &HeaderMap, now: DateTime<Utc>) -> Option<Session> {
        let token = cookie(headers, COOKIE)?;
        let ground = |body: &str| of_body(control, body).map(|(_, ground)| ground);
        let body = self.tokens.open(Purpose::Session, &token, now.timestamp(), ground)?;
        let (visitor, _) = of_body(control, &body)?;
        Some(Session { visitor, token })
    }

    /// What a form of this session carries: another page cannot know it.
    pub(crate) fn form_token(&self, session: &Session) -> String {
        self.tokens.sign(Purpose::Form, FORM, i64::MAX, session.token.as_bytes())
    }

    /// Whether a form is one of this session.
    pub(crate) fn is_form(&self, session: &Session, token: &str) -> bool {
        let ground = |_: &str| Some(session.token.as_bytes().to_vec());
        self.tokens.open(Purpose::Form, token, 0, ground).as_deref() == Some(FORM)
    }

    /// The cookie that ends a session at its browser.
    pub(crate) fn end() -> String {
        format!("{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
    }
}

/// Whether the visitor came by TLS, which ends at a proxy.
pub(crate) fn is_https(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https")
}

/// The value of a cookie.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}
