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
    words::Words,
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
    let words = visit.words;
    html! {
        @if !shares.is_empty() {
            div .tw tabindex="0" { table .t {
                thead { tr { th scope="col" { (words.page_head()) } th scope="col" { (words.range()) } th scope="col" { (words.kept_to()) } th scope="col" { (words.embedded_by()) } th scope="col" { (words.until()) } th scope="col" { span .vh { (words.to_change_it()) } } } }
                tbody { @for one in shares { (row(one, start, (visit, address))) } }
            } }
        }
        form .pop method="post" action=(address) {
            (start("share"))
            label { (words.page_head()) select name="page" { @for id in SHARED_PAGES { option value=(id) { (title_of(id, words)) } } } }
            label { (words.title_if_other()) input type="text" name="title" maxlength="120" autocomplete="off"; }
            label { (words.range()) select name="range" { @for id in PRESETS { option value=(id) selected[id == "28d"] { (RangeChoice::Preset(id).name(words).unwrap_or_default()) } } } }
            label .check { input type="checkbox" name="may_change_range" value="1"; span { (words.may_choose_range()) } }
            label { (words.environment()) input type="text" name="environment" value="production" required maxlength="255"; }
            label { (words.filters_that_stay()) textarea name="filters" rows="2" maxlength="4096" spellcheck="false" {} }
            label { (words.origins_that_embed()) input type="text" name="origins" placeholder="https://shop.example"; }
            label { (words.days_until_over()) input type="number" name="days" value=(SHARE_LASTS.num_days()) min="1" max=(SHARE_LASTS_MAX.num_days()) required; }
            button .btn .pri type="submit" { (words.share_page()) }
        }
        p .note { (words.share_note()) }
    }
}

fn row(one: &Shared, start: &dyn Fn(&str) -> Markup, (visit, address): (&Visit, &str)) -> Markup {
    let (shown, words) = (&one.share.shown, visit.words);
    let own = title_of(&shown.page, words);
    let title = shown.title.as_deref().unwrap_or(own);
    let range =
        RangeChoice::read(&shown.range).and_then(|range| range.name(words)).unwrap_or_else(|| shown.range.clone());
    let until = DateTime::from_timestamp(one.share.expires_at, 0)
        .unwrap_or_default()
        .with_timezone(&visit.desk.project.timezone);
    let domain = visit.desk.project.brand.domain.as_deref();
    let link = domain.map_or_else(|| one.link.clone(), |domain| format!("https://{domain}{}", one.link));
    html! {
        tr {
            th scope="row" { a href=(link) { (title) } @if title != own { " " span .tag { (own) } } }
            td { (range) @if shown.may_change_range { " " span .tag { (words.may_be_changed()) } } }
            td { (shown.filters.join(" ")) @if shown.environment != "production" { " " span .tag { (shown.environment) } } }
            td { (shown.origins.join(" ")) }
            td .nowrap { (words.date(until.date_naive())) }
            td .num { form .inline method="post" action=(address) { (start("unshare")) input type="hidden" name="id" value=(one.share.id); button .btn type="submit" { (words.revoke()) } } }
        }
    }
}

fn title_of(id: &str, words: Words) -> &str {
    page(id).map_or(id, |page| (page.title)(words))
}
