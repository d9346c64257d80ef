//! Before a code is proven, nothing tells whether a number or an address is known: not the status, not a
//! header, not the length, not the time.

use std::time::Instant;

use chrono::TimeDelta;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::house::{ADA, Answer, BEN, Browser, CAT, DAN, House, let_in, percent_encode};

const PENDING: &str = "+447400123005";
const REJECTED: &str = "+447400123006";
const SUSPENDED: &str = "+447400123007";
/// Everybody at acme's door: let in, let in here and elsewhere, elsewhere only, nowhere, and the three who wait or may not.
const PHONES: [&str; 7] = [ADA, CAT, BEN, DAN, PENDING, REJECTED, SUSPENDED];
/// Works here, nobody, works elsewhere, worked here once; all of one length.
const EMAILS: [&str; 4] = ["picker@acme.example", "nobody@acme.example", "owner@bravo.example", "former@acme.example"];

async fn house_of_all_sorts() -> House {
    let house = House::open_with(|config| config.codes.guesses_per_day = usize::MAX).await;
    let acme = house.tenant("acme").await;
    let_in(&mut house.admin().await, acme, "A-7", SUSPENDED).await;
    house.change(&format!("update account_access set status = 'suspended' where phone = '{SUSPENDED}'")).await;
    for (phone, status) in [(PENDING, "pending"), (REJECTED, "rejected")] {
        house.request("acme", phone, status).await;
    }
    let gone = Uuid::now_v7();
    house
        .change(&format!(
            "insert into staff (tenant_id, staff_id, email, name, role, created_at, removed_at)
             values ('{acme}', '{gone}', '{}', 'Former', 'owner', now(), now())",
            EMAILS[3]
        ))
        .await;
    house
}

/// What an answer tells, without what is new in every answer and without what the asker typed.
fn told(answer: &Answer, typed: &str) -> (StatusCode, Vec<(String, String)>, usize, String) {
    let headers = answer.headers.iter().filter(|(name, _)| *name != "date" && *name != "x-request-id").map(|(name, value)| {
        let value = value.to_str().expect("letters");
        // Of a cookie the name, the attributes and the length of what it holds.
        let shown = match (name.as_str(), value.split_once('=').and_then(|(cookie, rest)| Some((cookie, rest.split_once(';')?)))) {
            ("set-cookie", Some((cookie, (secret, attributes)))) => format!("{cookie}={};{attributes}", secret.len()),
            _ => value.to_owned(),
        };
        (name.to_string(), shown)
    });
    let mut text = answer.text.clone();
    if let Ok(mut problem) = serde_json::from_str::<Value>(&text)
        && problem.get("request_id").is_some()
    {
        problem["request_id"] = json!("");
        text = problem.to_string();
    }
    let local = format!("0{}", typed.trim_start_matches("+44"));
    let national = format!("{} {}", local.get(..5).unwrap_or_default(), local.get(5..).unwrap_or_default());
    for way in [typed, &typed.replace('+', "&#43;"), &percent_encode(typed), &national] {
        text = text.replace(way, "THEIRS");
    }
    // The seconds left may have become one less; how many digits they have is in the length.
    text.retain(|character| !character.is_ascii_digit());
    (answer.status, headers.collect(), answer.text.len(), text)
}

/// The steps a stranger can take with an address, by the API and by the pages.
pub async fn steps(house: &House, office: &str, field: &str, typed: &str) -> Vec<(StatusCode, Vec<(String, String)>, usize, String)> {
    let (api, pages) = (house.browser("acme"), house.browser("acme"));
    let answers = [
        api.post(&format!("/api/v1{office}/codes"), json!({ field: typed })).await,
        api.post(&format!("/api/v1{office}/codes"), json!({ field: typed })).await,
        api.post(&format!("/api/v1{office}/sessions"), json!({ field: typed, "code": "000000" })).await,
        pages.form(&format!("{office}/codes"), &[(field, typed)]).await,
        pages.get(&format!("{office}/code")).await,
        pages.form(&format!("{office}/sessions"), &[(field, typed), ("code", "000000")]).await,
    ];
    answers.iter().map(|answer| told(answer, typed)).collect()
}

#[tokio::test]
async fn every_number_gets_the_same_answers() {
    let house = house_of_all_sorts().await;
    let expected = steps(&house, "", "phone", DAN).await;
    let statuses: Vec<u16> = expected.iter().map(|(status, ..)| status.as_u16()).collect();
    assert_eq!(statuses, [202, 202, 401, 303, 200, 422]);
    for phone in PHONES {
        // The seconds left until the next text are told, so each number begins without any.
        house.wait(TimeDelta::days(1));
        assert_eq!(steps(&house, "", "phone", phone).await, expected, "{phone}");
    }
}

#[tokio::test]
async fn every_address_gets_the_same_answers() {
    let house = house_of_all_sorts().await;
    let expected = steps(&house, "/office", "email", EMAILS[1]).await;
    let statuses: Vec<u16> = expected.iter().map(|(status, ..)| status.as_u16()).collect();
    assert_eq!(statuses, [202, 202, 401, 303, 200, 422]);
    for email in EMAILS {
        house.wait(TimeDelta::days(1));
        assert_eq!(steps(&house, "/office", "email", email).await, expected, "{email}");
    }
}

/// How long one sort of address took, as a share of what its round's addresses took: what the machine does
/// meanwhile happens to all of them, and falls out.
type Samples = Vec<f64>;

/// Times the asking, and a wrong guess, for each address in turn, over and over. Each round begins a day later,
/// with nothing left of the one before, and with another address.
async fn time(house: &House, path: &str, field: &str, all: &[&str], rounds: usize) -> [Vec<Samples>; 2] {
    let browser = house.browser("acme");
    let mut taken = [vec![Samples::new(); all.len()], vec![Samples::new(); all.len()]];
    for round in 0..rounds {
        house.wait(TimeDelta::hours(25));
        let mut of_round = [vec![0.0; all.len()], vec![0.0; all.len()]];
        for n in 0..all.len() {
            let which = (n + round) % all.len();
            let started = Instant::now();
            let asked = post(&browser, &format!("{path}/codes"), json!({ field: all[which] })).await;
            let between = Instant::now();
            let guessed = post(&browser, &format!("{path}/sessions"), json!({ field: all[which], "code": "000000" })).await;
            of_round[0][which] = (between - started).as_secs_f64();
            of_round[1][which] = between.elapsed().as_secs_f64();
            assert_eq!(asked, StatusCode::ACCEPTED);
            // Of the thousands of guesses here one may be right: once in some two hundred runs.
            assert!(guessed == StatusCode::UNAUTHORIZED || house.code_for(all[which]).await == "000000", "{guessed}");
        }
        for (taken, of_round) in taken.iter_mut().zip(of_round) {
            let usual = median(&of_round);
            taken.iter_mut().zip(of_round).for_each(|(samples, seconds)| samples.push(seconds / usual));
        }
    }
    taken
}

async fn post(browser: &Browser, path: &str, body: Value) -> StatusCode {
    browser.send(Method::POST, path, &[], Some(("application/json", body.to_string()))).await.status
}

fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// How many standard deviations the ranks of `some` among all lie from where chance would put them
/// (Mann and Whitney's test, in its normal approximation).
fn rank_deviation(some: &[f64], others: &[f64]) -> f64 {
    let (n, m) = (some.len() as f64, others.len() as f64);
    let wins: f64 = some
        .iter()
        .map(|a| {
            others
                .iter()
                .map(|b| {
                    if a > b {
                        1.0
                    } else if a < b {
                        0.0
                    } else {
                        0.5
                    }
                })
                .sum::<f64>()
        })
        .sum();
    (wins - n * m / 2.0) / (n * m * (n + m + 1.0) / 12.0).sqrt()
}

/// Nobody stands out. By chance alone a deviation of six happens once in half a billion times; a busy machine
/// makes more of chance, so a fiftieth of the time must be in it as well.
fn assert_alike(all: &[&str], steps: &[Vec<Samples>; 2]) {
    for (step, taken) in ["asking", "guessing"].iter().zip(steps) {
        for (which, some) in taken.iter().enumerate() {
            let others: Samples = taken.iter().enumerate().filter(|(n, _)| *n != which).flat_map(|(_, samples)| samples.clone()).collect();
            let (deviation, share) = (rank_deviation(some, &others), median(some) / median(&others));
            let told = format!("{step} for {} takes {share:.3} of what others take: {deviation:+.2} deviations", all[which]);
            println!("{told}");
            assert!(deviation.abs() < 6.0 || (share - 1.0).abs() < 0.02, "{told}");
        }
    }
}

#[tokio::test]
async fn every_number_takes_the_same_time() {
    let house = house_of_all_sorts().await;
    time(&house, "/api/v1", "phone", &PHONES, 7).await;
    assert_alike(&PHONES, &time(&house, "/api/v1", "phone", &PHONES, 20 * PHONES.len()).await);
}

#[tokio::test]
async fn every_address_takes_the_same_time() {
    let house = house_of_all_sorts().await;
    time(&house, "/api/v1/office", "email", &EMAILS, 8).await;
    assert_alike(&EMAILS, &time(&house, "/api/v1/office", "email", &EMAILS, 50 * EMAILS.len()).await);
}

#[test]
fn the_rank_test_finds_a_tenth_and_leaves_noise_alone() {
    // A fixed sequence that looks random, with the long tail that times have.
    let mut state = 7_u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let uniform = (state >> 11) as f64 / (1_u64 << 53) as f64;
        5.0 - 0.3 * (1.0 - uniform).ln()
    };
    let others: Samples = (0..300).map(|_| noise()).collect();
    let alike: Samples = (0..60).map(|_| noise()).collect();
    let slower: Samples = (0..60).map(|_| noise() + 0.5).collect();
    assert!(rank_deviation(&alike, &others).abs() < 3.0);
    assert!(rank_deviation(&slower, &others) > 6.0);
}
