use proptest::prelude::*;

use super::*;
use crate::words::Words;

fn read(query: &str) -> View {
    let (view, notices) = View::read(query);
    assert!(notices.is_empty(), "{query}: {notices:?}");
    view
}

fn fallen_back(query: &str) -> View {
    let (view, notices) = View::read(query);
    assert_eq!(notices.len(), 1, "{query}: {notices:?}");
    view
}

#[test]
fn a_whole_state_is_understood() {
    let query = "r=7d&tz=America/New_York&cmp=yoy&g=day&f=channel:is:whatsapp,web&f=language:isnot:unknown\
                 &env=development&v=table&panel=daily";
    let view = read(query);
    assert_eq!(view.range, RangeChoice::Preset("7d"));
    assert_eq!(view.tz, Some(chrono_tz::America::New_York));
    assert_eq!((view.compare, view.grain), (Compare::Year, "day"));
    assert_eq!(view.filters[0].values, ["web", "whatsapp"]);
    assert_eq!(view.filters[1].op, Op::IsNot);
    assert!(view.is_table("daily") && !view.is_table("hours"));
    assert_eq!(view.query(), query.replace("whatsapp,web", "web,whatsapp"));
}

#[test]
fn defaults_are_left_out() {
    assert_eq!(read("r=28d&cmp=prev&g=auto&env=production&v=chart").query(), "");
    assert_eq!(View::default().link("shop", "overview"), "/p/shop/overview");
}

#[test]
fn what_cannot_be_used_falls_back_with_a_notice() {
    for query in [
        "r=28x",
        "r=0d",
        "r=9999d",
        "r=2026-03-31..2026-03-01",
        "r=2026-02-30..2026-03-01",
        "r=",
        "tz=Europe/Madird",
        "cmp=mom",
        "g=fortnight",
        "f=chanel:is:web",
        "f=channel:like:web",
        "f=channel:is:",
        "f=channel",
        "env=",
        "v=cake",
    ] {
        assert_eq!(fallen_back(query).query(), "", "{query}");
    }
    assert_eq!(fallen_back("r=7d&r=90d").query(), "r=7d");
    let (view, notices) = View::read("r=bad&cmp=off&g=bad");
    assert_eq!((view.query().as_str(), notices.len()), ("cmp=off", 2), "the rest stays as it was");
}

#[test]
fn unknown_parameters_are_kept_in_one_order() {
    assert_eq!(read("utm=a+b&r=7d&b=2&b=1").query(), "r=7d&b=2&b=1&utm=a%20b");
    let view = read("r=7d&cursor=1&metric=chats");
    assert_eq!(view.with("cursor", None).with("limit", Some("5")).query(), "r=7d&limit=5&metric=chats");
    assert_eq!(view.elsewhere().query(), "r=7d");
}

#[test]
fn custom_ranges_are_days_both_included() {
    let view = read("r=2026-03-01..2026-03-31");
    assert_eq!(view.query(), "r=2026-03-01..2026-03-31");
    assert_eq!(view.range.name(Words(chart::Locale::En)), None);
    assert_eq!(read("r=3d").range.name(Words(chart::Locale::En)).unwrap(), "Last 3 days");
}

#[test]
fn commas_in_values_survive() {
    let filter = Filter::new("page", Op::Is, vec!["/a,b".into(), r"c\d".into()]).unwrap();
    let view = View::default().filtered(filter.clone());
    assert_eq!(read(&view.query()).filters, [filter]);
}

proptest! {
    #[test]
    fn any_address_is_read_and_its_state_reads_back(query in "(&?(r|f|tz|cmp|g|env|v|panel|x)=?[^#]{0,14}){0,6}") {
        let (view, _) = View::read(&query);
        let (again, notices) = View::read(&view.query());
        prop_assert_eq!(&again, &view);
        prop_assert!(notices.is_empty(), "{:?}", notices);
        prop_assert_eq!(again.query(), view.query());
    }

    #[test]
    fn equal_states_are_equal_texts(order in Just(["r=7d", "cmp=off", "f=channel:is:b,a", "f=role:is:user", "zz=1"]).prop_shuffle()) {
        prop_assert_eq!(read(&order.join("&")).query(), "r=7d&cmp=off&f=channel:is:a,b&f=role:is:user&zz=1");
    }

    #[test]
    fn any_text_survives_an_address(text in any::<String>()) {
        let pairs = vec![("name".to_owned(), text)];
        prop_assert_eq!(decoded(&encoded(&pairs)), pairs);
    }
}
