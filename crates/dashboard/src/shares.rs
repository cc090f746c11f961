//! The part of the settings page where pages are shared, and shares are taken back.

use api::{Management, Shared};
use chrono::DateTime;
use control::{Grant, SHARE_LASTS, SHARE_LASTS_MAX, SHARED_PAGES, Shown};
use maud::{Markup, html};

use crate::{
    form::Form,
    pages::page,
    router::Visit,
    view::{PRESETS, RangeChoice},
};

/// Shares a page as a form says it.
///
/// # Errors
/// As the API's route.
pub(crate) async fn share(
    management: &Management,
    manager: &Grant,
    project: &str,
    form: &Form,
) -> Result<(), api::Error> {
    let lines = |name: &str| {
        form.text(name).lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    let shown = Shown {
        page: form.text("page").to_owned(),
        title: Some(form.text("title").to_owned()),
        range: form.text("range").trim().to_owned(),
        environment: form.text("environment").trim().to_owned(),
        filters: lines("filters"),
        may_change_range: form.get("may_change_range").is_some(),
        origins: form.text("origins").split_whitespace().map(str::to_owned).collect(),
    };
    // What is no number of days is none that a share can last.
    let days = form.text("days").trim().parse().unwrap_or(0);
    management.share(manager, project, (shown, Some(days))).await.map(drop)
}

/// The shares, and the form of another; `start` is what its forms begin with.
pub(crate) fn drawn(shares: &[Shared], start: &dyn Fn(&str) -> Markup, (visit, address): (&Visit, &str)) -> Markup {
    html! {
        @if !shares.is_empty() {
            div .tw tabindex="0" { table .t {
                thead { tr { th scope="col" { "Page" } th scope="col" { "Range" } th scope="col" { "Kept to" } th scope="col" { "Embedded by" } th scope="col" { "Until" } th scope="col" { span .vh { "To change it" } } } }
                tbody { @for one in shares { (row(one, start, (visit, address))) } }
            } }
        }
        form .pop method="post" action=(address) {
            (start("share"))
            label { "Page" select name="page" { @for id in SHARED_PAGES { option value=(id) { (title_of(id)) } } } }
            label { "Title, if it is not the page’s own" input type="text" name="title" maxlength="120" autocomplete="off"; }
            label { "Range" select name="range" { @for (id, says) in PRESETS { option value=(id) selected[id == "28d"] { (says) } } } }
            label .check { input type="checkbox" name="may_change_range" value="1"; span { "Whoever looks may choose another range" } }
            label { "Environment" input type="text" name="environment" value="production" required maxlength="255"; }
            label { "Filters that stay, one a line, as channel:is:web,app" textarea name="filters" rows="2" maxlength="4096" spellcheck="false" {} }
            label { "Origins whose pages may embed it, separated by spaces" input type="text" name="origins" placeholder="https://shop.example"; }
            label { "Days until it is over" input type="number" name="days" value=(SHARE_LASTS.num_days()) min="1" max=(SHARE_LASTS_MAX.num_days()) required; }
            button .btn .pri type="submit" { "Share the page" }
        }
        p .note { "Whoever has the link sees the page without signing in: its figures, and nothing behind them. No conversation, no text that somebody wrote, no single agent." }
    }
}

fn row(one: &Shared, start: &dyn Fn(&str) -> Markup, (visit, address): (&Visit, &str)) -> Markup {
    let shown = &one.share.shown;
    let title = shown.title.as_deref().unwrap_or_else(|| title_of(&shown.page));
    let range = RangeChoice::read(&shown.range).and_then(|range| range.name()).unwrap_or_else(|| shown.range.clone());
    let until = DateTime::from_timestamp(one.share.expires_at, 0)
        .unwrap_or_default()
        .with_timezone(&visit.desk.project.timezone);
    let domain = visit.desk.project.brand.domain.as_deref();
    let link = domain.map_or_else(|| one.link.clone(), |domain| format!("https://{domain}{}", one.link));
    html! {
        tr {
            th scope="row" { a href=(link) { (title) } @if title != title_of(&shown.page) { " " span .tag { (title_of(&shown.page)) } } }
            td { (range) @if shown.may_change_range { " " span .tag { "may be changed" } } }
            td { (shown.filters.join(" ")) @if shown.environment != "production" { " " span .tag { (shown.environment) } } }
            td { (shown.origins.join(" ")) }
            td .nowrap { (visit.locale.date(until.date_naive())) }
            td .num { form .inline method="post" action=(address) { (start("unshare")) input type="hidden" name="id" value=(one.share.id); button .btn type="submit" { "Revoke" } } }
        }
    }
}

fn title_of(id: &str) -> &str {
    page(id).map_or(id, |page| page.title)
}
