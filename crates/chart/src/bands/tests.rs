use super::*;

fn final_points(values: &[Option<f64>]) -> Vec<Point> {
    values.iter().map(|value| Point { value: *value, state: State::Final }).collect()
}

fn drawn_with(kind: Kind, points: &[Point], before: &[Option<f64>]) -> String {
    let slots: Vec<Slot> =
        (0..points.len()).map(|at| Slot { name: format!("day {at}"), tick: None, day: None }).collect();
    let write = |value: f64| Locale::En.count(value);
    let band = Band {
        title: "Messages",
        kind,
        points,
        before,
        height: 100.0,
        is_whole: true,
        is_time: false,
        locale: Locale::En,
        write: &write,
        end: "today",
        before_end: "before",
    };
    let markers = [Marker { at: 1.0, title: "<i>3.8</i>".into(), when: "18 Mar".into() }];
    chart(&Chart { bands: &[band], slots: &slots, markers: &markers, summary: "a \"summary\"" }).into_string()
}

fn drawn(kind: Kind, points: &[Point]) -> String {
    drawn_with(kind, points, &[])
}

#[test]
fn what_is_not_over_is_dashed_to_a_hollow_dot() {
    let mut points = final_points(&[Some(1.0), Some(3.0), Some(2.0)]);
    points[2].state = State::Partial;
    let line = drawn(Kind::Area, &points);
    assert_eq!((line.matches("ln inc").count(), line.matches("class=\"open\"").count()), (1, 1), "{line}");
    let bars = drawn(Kind::Bars, &points);
    assert_eq!((bars.matches("class=\"bo\"").count(), bars.matches("class=\"b1\"").count()), (1, 2), "{bars}");
}

#[test]
fn what_can_still_change_is_hatched() {
    let mut points = final_points(&[Some(0.1), Some(0.2), Some(0.3)]);
    points[2].state = State::Maturing;
    assert_eq!(drawn(Kind::Line, &points).matches("url(#hatch)").count(), 1);
    assert_eq!(drawn(Kind::Bars, &points).matches("class=\"bh\"").count(), 1);
}

#[test]
fn a_gap_is_no_line_and_its_ends_are_none() {
    let points = final_points(&[None, Some(1.0), Some(1.0), None, None, Some(2.0), Some(2.0), None]);
    let drawn = drawn(Kind::Line, &points);
    assert_eq!(drawn.matches("class=\"ln\"").count(), 2, "{drawn}");
    assert_eq!((drawn.matches("class=\"gap\"").count(), drawn.matches("no data").count()), (1, 1), "{drawn}");
}

#[test]
fn one_point_is_a_dot_with_its_value() {
    let drawn = drawn(Kind::Area, &final_points(&[Some(73.0)]));
    assert!(drawn.contains("class=\"dt\"") && drawn.contains(">73<"), "{drawn}");
    assert!(!drawn.contains("class=\"ar\""), "{drawn}");
}

#[test]
fn any_size_and_none_are_drawn_without_nonsense() {
    for values in [
        vec![Some(5.0); 4],
        vec![Some(0.0); 4],
        vec![Some(1.0), Some(1e9)],
        vec![None, None],
        vec![],
        vec![Some(0.0004), None],
    ] {
        for kind in [Kind::Area, Kind::Line, Kind::Curve, Kind::Bars] {
            let drawn = drawn_with(kind, &final_points(&values), &[Some(2.0), None, Some(3.0)]);
            assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{values:?} {kind:?}: {drawn}");
        }
    }
    assert!(drawn(Kind::Area, &final_points(&[Some(1.0), Some(1e9)])).contains("billion"));
}

#[test]
fn a_curve_of_zeros_and_ones_is_never_below_zero() {
    let drawn = drawn(Kind::Curve, &final_points(&[Some(0.0), Some(9.0), Some(0.0), Some(0.0), Some(4.0)]));
    let path = drawn.split("class=\"ln\" d=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let numbers: Vec<f64> =
        path.split(['M', 'C', 'L', ' ']).filter(|text| !text.is_empty()).map(|text| text.parse().unwrap()).collect();
    let lowest = numbers.iter().skip(1).step_by(2).fold(0.0_f64, |low, y| low.max(*y));
    assert!(lowest <= HEAD + 100.0 + 0.01, "{lowest}: {path}");
}

#[test]
fn texts_are_never_markup() {
    let drawn = drawn(Kind::Area, &final_points(&[Some(1.0), Some(2.0)]));
    assert!(drawn.contains("&lt;i&gt;3.8") && !drawn.contains("<i>"), "{drawn}");
    assert!(drawn.contains("a &quot;summary&quot;"), "{drawn}");
}

#[test]
fn every_slot_says_its_value_and_the_one_before() {
    let drawn = drawn_with(Kind::Area, &final_points(&[Some(1.0), Some(2.0)]), &[Some(7.0)]);
    assert!(drawn.contains("day 0\nMessages: 1 (before 7)"), "{drawn}");
    assert!(drawn.contains("day 1\nMessages: 2<"), "{drawn}");
}
