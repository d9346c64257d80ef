//! One price: whatever lists, steps, days and rates of VAT there are, everything that names a price names the same one, and names
//! it to those alone who may see it. Situations are drawn, the rules are written down a second time in `oracle.rs`, and every
//! surface is compared with them: whatever begins to name prices has to be asked here.

mod desk;
mod drawn;
mod oracle;
mod ordering;
mod scene;
mod shopping;

use std::collections::BTreeMap;

use self::drawn::Situation;
use self::ordering::Placed;
use self::scene::Scene;
use crate::house::House;
use crate::secrecy;

/// How many situations are drawn,
const SITUATIONS: u64 = 14;
/// and from which seed; another one is set by `SURFACES_SEED`.
const SEED: u64 = 1;

/// Each of these has to be met at what somebody orders, or the test has compared nothing.
const SORTS: [&str; 13] = [
    "own",
    "list",
    "base",
    "break",
    "dated out",
    "no price",
    "no price on this day",
    "first day",
    "last day",
    "dearer than another list",
    "dearer than another step",
    "began later",
    "own for more alone",
];

#[tokio::test]
async fn whatever_names_a_price_names_the_same_one() {
    let seed = std::env::var("SURFACES_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(SEED);
    let house = House::empty().await;
    // No day ends while somebody looks.
    house.clock.stop();
    let (mut met, mut ordered) = (BTreeMap::new(), 0);
    for number in 0..SITUATIONS {
        // The log of so many requests is long, and other tests search theirs for secrets.
        secrecy::forget_the_log();
        let drawn = Situation::draw(seed, number, &house);
        println!("{}", drawn.told());
        let mut scene = Scene::open(&house, &drawn).await;
        let placed = first_day(&mut scene).await;
        count(&scene, &mut met);
        ordered += placed.iter().flatten().count();
        next_day(&mut scene, &placed).await;
        scene.end();
    }
    let missing: Vec<_> = SORTS.iter().filter(|sort| !met.contains_key(*sort)).collect();
    assert!(missing.is_empty(), "seed {seed}: {missing:?} never happened: {met:?}");
    assert!(ordered > 12, "seed {seed}: {ordered} orders");
    house.run_jobs().await;
}

/// Which sorts of prices were those of the baskets.
fn count(scene: &Scene<'_>, met: &mut BTreeMap<&'static str, usize>) {
    for (at, account) in scene.drawn.accounts.iter().enumerate() {
        let eyes = scene.eyes(Some(at));
        for (product, quantity) in eyes.products().iter().zip(&account.quantities) {
            eyes.sorts(product, *quantity).into_iter().for_each(|sort| *met.entry(sort).or_default() += 1);
        }
    }
}

/// Everybody looks around, fills a basket and orders.
async fn first_day<'a>(scene: &mut Scene<'a>) -> [Option<Placed<'a>>; 2] {
    let none = vec![0; scene.drawn.products.len()];
    shopping::looks_around(scene, None, &none).await;
    desk::exports(scene).await;
    let mut placed = [None, None];
    for account in 0..2 {
        let quantities = &scene.drawn.accounts[account].quantities;
        let eyes = scene.eyes(Some(account));
        shopping::looks_around(scene, Some(account), &none).await;
        shopping::orders_quickly(scene, account, quantities).await;
        shopping::fills_the_basket(scene, account, quantities).await;
        shopping::looks_around(scene, Some(account), quantities).await;
        shopping::looks_into_the_basket(scene, account, quantities, &eyes).await;
        placed[account] = match account {
            0 => ordering::orders_by_api(scene, account, quantities).await,
            _ => ordering::sends_the_basket(scene, account, quantities).await,
        };
        if let Some(placed) = &placed[account] {
            ordering::is_read(scene, account, placed).await;
            ordering::is_listed_and_told(scene, account, placed).await;
            let basket = if account == 0 { quantities } else { &none };
            shopping::sees_the_usuals(scene, account, &placed.bill, basket).await;
        }
        desk::explains(scene, account).await;
        desk::orders_by_telephone(scene, account, quantities).await;
    }
    placed
}

/// Prices have begun and ended meanwhile: what was ordered stays as it was, and everything else is as of today.
async fn next_day<'a>(scene: &mut Scene<'a>, placed: &[Option<Placed<'a>>; 2]) {
    let then = scene.eyes(Some(0));
    scene.wait(scene.drawn.days_later).await;
    let quantities = &scene.drawn.accounts[0].quantities;
    // The first account ordered beside its basket, which is still there.
    shopping::looks_around(scene, Some(0), quantities).await;
    shopping::looks_into_the_basket(scene, 0, quantities, &then).await;
    for (account, placed) in placed.iter().enumerate() {
        let Some(placed) = placed else { continue };
        ordering::is_read(scene, account, placed).await;
        ordering::orders_again(scene, account, placed).await;
        ordering::is_edited(scene, account, placed).await;
    }
    let none = vec![0; scene.drawn.products.len()];
    shopping::looks_around(scene, None, &none).await;
}
