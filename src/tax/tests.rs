use proptest::prelude::*;

use super::*;

fn country(code: &str) -> Country {
    Country::parse(code).unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn lines(of: &[(i64, u32)]) -> Vec<TaxedLine> {
    of.iter().map(|(net_minor, basis_points)| TaxedLine { net_minor: *net_minor, basis_points: *basis_points }).collect()
}

fn tax(of: &[(i64, u32)], rounding: Rounding) -> i64 {
    totals(&lines(of), rounding).tax_minor
}

#[test]
fn half_a_penny_is_rounded_up_line_by_line_or_rate_by_rate() {
    let three_lines = [(33, 2_000); 3];
    assert_eq!((tax(&three_lines, Rounding::Line), tax(&three_lines, Rounding::RateGroup)), (21, 20));
    let one_line = [(99, 2_000)];
    assert_eq!((tax(&one_line, Rounding::Line), tax(&one_line, Rounding::RateGroup)), (20, 20));
    let three_cheaper = [(32, 2_000); 3];
    assert_eq!((tax(&three_cheaper, Rounding::Line), tax(&three_cheaper, Rounding::RateGroup)), (18, 19));
    let (ten, one) = (totals(&lines(&[(360, 550); 10]), Rounding::Line), totals(&lines(&[(3_600, 550)]), Rounding::Line));
    assert_eq!((ten.gross_minor, one.gross_minor), (3_800, 3_798));
    assert_eq!(tax_on(100, 550), 6, "5.5 up");
    assert_eq!((tax_on(0, 2_000), tax_on(1, 2_000), tax_on(2, 2_000), tax_on(3, 2_000)), (0, 0, 0, 1));
}

#[test]
fn what_is_said_of_each_rate_and_of_each_line_comes_to_the_whole() {
    let mixed = [(1_000, 0), (333, 2_000), (250, 500), (333, 2_000)];
    let by_line = totals(&lines(&mixed), Rounding::Line);
    let rates: Vec<(u32, i64, i64)> = by_line.by_rate.iter().map(|total| (total.basis_points, total.net_minor, total.tax_minor)).collect();
    assert_eq!(rates, [(2_000, 666, 134), (500, 250, 13), (0, 1_000, 0)]);
    assert_eq!((by_line.net_minor, by_line.tax_minor, by_line.gross_minor), (1_916, 147, 2_063));
    assert_eq!(by_line.line_tax_minor, Some(vec![0, 67, 13, 67]));
    let by_rate = totals(&lines(&mixed), Rounding::RateGroup);
    assert_eq!((by_rate.tax_minor, by_rate.line_tax_minor), (146, None));
    assert_eq!(totals(&[], Rounding::Line), Totals { line_tax_minor: Some(Vec::new()), ..Totals::default() });
}

#[test]
fn a_rate_is_that_of_the_country_the_class_and_the_day() {
    let at_home = |code, class, on| rate_of(&[], country(code), country(code), class, day(on)).basis_points;
    for (code, class, on, basis_points) in [
        ("GB", TaxClass::Standard, "2026-06-01", 2_000),
        ("GB", TaxClass::Standard, "2011-01-04", 2_000),
        ("GB", TaxClass::Reduced, "2026-06-01", 500),
        ("GB", TaxClass::Intermediate, "2026-06-01", 2_000),
        ("GB", TaxClass::Zero, "2026-06-01", 0),
        ("GB", TaxClass::Exempt, "2026-06-01", 0),
        ("FR", TaxClass::Standard, "2026-06-01", 2_000),
        ("FR", TaxClass::Intermediate, "2026-06-01", 1_000),
        ("FR", TaxClass::Reduced, "2026-06-01", 550),
        ("FR", TaxClass::SuperReduced, "2026-06-01", 210),
        ("EE", TaxClass::Standard, "2025-06-30", 2_200),
        ("EE", TaxClass::Standard, "2025-07-01", 2_400),
        ("US", TaxClass::Standard, "2026-06-01", 0),
    ] {
        assert_eq!(at_home(code, class, on), basis_points, "{code} {class:?} {on}");
    }
}

#[test]
fn what_leaves_the_country_is_untaxed_unless_the_wholesaler_says_otherwise() {
    let (britain, ireland, france) = (country("GB"), country("IE"), country("FR"));
    let on = day("2026-06-01");
    let export = Rate { basis_points: 0, country: TaxCountry::Export };
    assert_eq!(rate_of(&[], britain, france, TaxClass::Standard, on), export);
    let man = rate_of(&[], britain, country("IM"), TaxClass::Standard, on);
    assert_eq!(man, Rate { basis_points: 2_000, country: TaxCountry::In(britain) });
    let own = |class, from: &str, basis_points| OwnRate { country: ireland, class, from: day(from), basis_points };
    let rates = [
        own(TaxClass::Standard, "2020-01-01", 2_100),
        own(TaxClass::Standard, "2026-06-02", 2_500),
        own(TaxClass::Reduced, "2020-01-01", 1_350),
    ];
    let to_ireland = |class, on: &str| rate_of(&rates, britain, ireland, class, day(on));
    let in_ireland = |basis_points| Rate { basis_points, country: TaxCountry::In(ireland) };
    assert_eq!(to_ireland(TaxClass::Standard, "2026-06-01"), in_ireland(2_100));
    assert_eq!(to_ireland(TaxClass::Standard, "2026-06-02"), in_ireland(2_500));
    assert_eq!(to_ireland(TaxClass::Reduced, "2026-06-02"), in_ireland(1_350));
    assert_eq!(to_ireland(TaxClass::Intermediate, "2026-06-02"), in_ireland(2_500), "as everything else there");
    assert_eq!(to_ireland(TaxClass::Zero, "2026-06-02"), in_ireland(0));
    assert_eq!(rate_of(&rates, britain, france, TaxClass::Standard, on), export, "of another country nothing is said");
    // At home the wholesaler's own wins as well, each for its class.
    let at_home = |class| rate_of(&rates, ireland, ireland, class, on).basis_points;
    assert_eq!((at_home(TaxClass::Standard), at_home(TaxClass::SuperReduced)), (2_100, 480));
}

#[test]
fn own_rates_are_kept_and_read_again() {
    let rates = vec![OwnRate { country: country("IE"), class: TaxClass::SuperReduced, from: day("2020-02-29"), basis_points: 480 }];
    let kept = OwnRate::keep_all(&rates);
    assert_eq!(kept.to_string(), r#"[{"basis_points":480,"country":"IE","from":"2020-02-29","tax_class":"super_reduced"}]"#);
    assert_eq!(OwnRate::parse_all(&kept), Some(rates));
    for wrong in ["{}", "[{}]", r#"[{"country":"XX","tax_class":"zero","from":"2020-01-01","basis_points":0}]"#] {
        assert_eq!(OwnRate::parse_all(&serde_json::from_str(wrong).unwrap()), None, "{wrong}");
    }
    let too_much = r#"[{"country":"GB","tax_class":"zero","from":"2020-01-01","basis_points":10001}]"#;
    assert_eq!(OwnRate::parse_all(&serde_json::from_str(too_much).unwrap()), None);
    assert!(TaxClass::ALL.into_iter().all(|class| TaxClass::parse(class.word()) == Some(class)));
    assert_eq!((TaxCountry::parse("export"), TaxCountry::parse("XX")), (Some(TaxCountry::Export), None));
}

proptest! {
    #[test]
    fn rounding_by_line_is_off_by_less_than_half_a_penny_a_line(nets in prop::collection::vec(0_i64..1_000_000, 0..40), points in 0_u32..=10_000) {
        let of: Vec<(i64, u32)> = nets.iter().map(|net| (*net, points)).collect();
        let (by_line, by_rate) = (totals(&lines(&of), Rounding::Line), totals(&lines(&of), Rounding::RateGroup));
        prop_assert_eq!(by_line.net_minor, by_rate.net_minor);
        let twice_off = (by_line.tax_minor - by_rate.tax_minor).abs() * 2;
        prop_assert!(twice_off <= i64::try_from(nets.len()).unwrap() + 1);
        prop_assert_eq!(by_line.line_tax_minor.unwrap().iter().sum::<i64>(), by_line.tax_minor);
    }
}
