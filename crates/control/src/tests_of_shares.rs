//! Tests of shares on a real journal.

use chrono::{DateTime, Duration, Utc};
use chrono_tz::UTC;

use crate::{
    Control, Error, Grant, Holder, Purpose, SHARE_LASTS, SHARE_LASTS_MAX, SHARED_PAGES, SHARES_MAX, Shown, Tokens,
    tests::{journal, open},
};

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_774_000_000, 0).unwrap()
}

fn tokens() -> Tokens {
    Tokens::new(b"secret"[..].into())
}

fn shown(page: &str) -> Shown {
    Shown {
        page: page.into(),
        title: Some("  Our week ".into()),
        range: "28d".into(),
        environment: "production".into(),
        filters: vec!["channel:is:web".into()],
        may_change_range: false,
        origins: vec!["https://Shop.example/".into()],
    }
}

async fn code(control: &Control, project: &str, shown: Shown, lasts: Duration) -> &'static str {
    control.share(project, shown, (now(), lasts)).await.map_or_else(|error| error.code(), |_| "shared")
}

#[tokio::test]
async fn a_share_is_good_in_every_process_until_it_is_over_or_revoked() {
    let (_dir, journal) = journal();
    let control = open(&journal).await;
    for name in ["shop", "bank"] {
        control.create_project(name, UTC).await.unwrap();
    }
    let share = control.share("shop", shown("overview"), (now(), SHARE_LASTS)).await.unwrap();
    assert_eq!(
        (share.shown.title.as_deref(), &share.shown.origins),
        (Some("Our week"), &vec!["https://shop.example".to_owned()])
    );
    let link = share.link(&tokens());
    let token = link.strip_prefix("/s/").unwrap();
    let other = open(&journal).await;
    for control in [&control, &other] {
        assert_eq!(control.shared(&tokens(), token, now()), Some(share.clone()));
        assert_eq!(control.shared(&tokens(), token, now() + SHARE_LASTS), None, "it is over");
        let forged = share.link(&Tokens::new(b"another"[..].into()));
        assert_eq!(control.shared(&tokens(), forged.strip_prefix("/s/").unwrap(), now()), None);
    }
    let another_project = tokens().sign(Purpose::Share, &share.id, share.expires_at, b"bank");
    assert_eq!(control.shared(&tokens(), &another_project, now()), None);
    let as_invitation = tokens().sign(Purpose::Join, &share.id, share.expires_at, b"shop");
    assert_eq!(control.shared(&tokens(), &as_invitation, now()), None);
    // Who signs longer than the share lasts has the secret; the share is over all the same.
    let longer = tokens().sign(Purpose::Share, &share.id, i64::MAX, b"shop");
    assert_eq!(control.shared(&tokens(), &longer, now() + SHARE_LASTS), None);
    assert!(matches!(control.revoke_share("bank", &share.id).await, Err(Error::UnknownShare(_))), "another project's");
    control.revoke_share("shop", &share.id).await.unwrap();
    other.learn().await.unwrap();
    for control in [&control, &other, &open(&journal).await] {
        assert_eq!(control.shared(&tokens(), token, now()), None);
        assert!(control.shares("shop", now()).is_empty());
    }
    assert!(matches!(control.revoke_share("shop", &share.id).await, Err(Error::UnknownShare(_))));
}

#[tokio::test]
async fn what_cannot_be_shared_is_refused() {
    let (_dir, journal) = journal();
    let control = open(&journal).await;
    control.create_project("shop", UTC).await.unwrap();
    for page in ["agents", "conversations", "explain", "settings", ""] {
        assert_eq!(code(&control, "shop", shown(page), SHARE_LASTS).await, "invalid_share", "{page}");
    }
    for lasts in [SHARE_LASTS_MAX + Duration::seconds(1), Duration::zero(), Duration::days(-1)] {
        assert_eq!(code(&control, "shop", shown("overview"), lasts).await, "invalid_share", "{lasts}");
    }
    assert_eq!(code(&control, "shop", shown("overview"), SHARE_LASTS_MAX).await, "shared");
    assert_eq!(code(&control, "bank", shown("overview"), SHARE_LASTS).await, "unknown_project");
    let origins = |origins: Vec<String>| Shown { origins, ..shown("overview") };
    assert_eq!(code(&control, "shop", origins(vec!["*".into()]), SHARE_LASTS).await, "invalid_origin");
    assert_eq!(
        code(&control, "shop", origins(vec!["https://a.example; script-src *".into()]), SHARE_LASTS).await,
        "invalid_origin"
    );
    assert_eq!(
        code(&control, "shop", origins(vec!["https://a.example".into(); 11]), SHARE_LASTS).await,
        "invalid_share"
    );
    let long = Shown { filters: vec!["a".repeat(4_097)], ..shown("overview") };
    assert_eq!(code(&control, "shop", long, SHARE_LASTS).await, "invalid_share");
    let title = Shown { title: Some("a\nb".into()), ..shown("overview") };
    assert_eq!(code(&control, "shop", title, SHARE_LASTS).await, "invalid_name");
}

#[tokio::test]
async fn a_project_has_so_many_shares_and_those_that_are_over_make_room() {
    let (_dir, journal) = journal();
    let control = open(&journal).await;
    control.create_project("shop", UTC).await.unwrap();
    for page in SHARED_PAGES.iter().cycle().take(SHARES_MAX) {
        assert_eq!(code(&control, "shop", shown(page), SHARE_LASTS).await, "shared");
    }
    assert_eq!(code(&control, "shop", shown("overview"), SHARE_LASTS).await, "invalid_share");
    let later = now() + SHARE_LASTS;
    control.share("shop", shown("overview"), (later, SHARE_LASTS)).await.unwrap();
    assert_eq!(control.read_state(|state| state.shares.held.len()), 1, "what is over is forgotten");
}

#[tokio::test]
async fn whoever_has_a_share_sees_figures_and_nothing_behind_them() {
    let (_dir, journal) = journal();
    let control = open(&journal).await;
    control.create_project("shop", UTC).await.unwrap();
    let share = control.share("shop", shown("overview"), (now(), SHARE_LASTS)).await.unwrap();
    let grant = Grant::share(&share);
    assert_eq!((grant.holder, grant.project.as_deref()), (Holder::Share, Some("shop")));
    assert!(grant.role.may_read() && !grant.role.may_manage() && !grant.role.may_ingest("message.created"));
    assert!(!grant.may_read_conversations() && !grant.may_single_out_agents());
    assert!(!grant.may_read_texts() && !grant.may_look_behind());
}
