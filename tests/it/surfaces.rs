//! One price: whatever the lists, the quantities, the days and the VAT, everything that names a price names the same one, to
//! each who may see it.

use chrono::{Days, NaiveDate};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::house::{ADA, Browser, CAT, House};

/// Own, list and base, in the order in which they are looked at.
const SOURCES: [&str; 3] = ["own", "list", "base"];

/// A price as it was drawn.
#[derive(Debug, Clone)]
struct Drawn {
    source: &'static str,
    from_quantity: u32,
    minor: i64,
    from: Option<NaiveDate>,
    until: Option<NaiveDate>,
}

/// A product as it was drawn.
#[derive(Debug)]
struct Situation {
    sku: String,
    tax: (&'static str, i64),
    minimum: u32,
    prices: Vec<Drawn>,
}

/// Somebody who asks, and which sources are theirs.
struct Asker {
    name: &'static str,
    browser: Browser,
    sources: &'static [&'static str],
    account: &'static str,
}

impl Situation {
    fn draw(number: usize, today: NaiveDate, rng: &mut StdRng) -> Self {
        let mut prices: Vec<Drawn> = Vec::new();
        for _ in 0..rng.random_range(0..9) {
            let near = |rng: &mut StdRng| today - Days::new(3) + Days::new(rng.random_range(0..7));
            let (one, other) = (near(rng), near(rng));
            let drawn = Drawn {
                source: SOURCES[rng.random_range(0..3)],
                from_quantity: [1, 1, 2, 6, 12][rng.random_range(0..5)],
                minor: rng.random_range(1..2_000),
                from: rng.random_bool(0.5).then_some(one.min(other)),
                until: rng.random_bool(0.4).then_some(one.max(other)),
            };
            // One of each list, quantity and first day.
            let is_new = |known: &Drawn| (known.source, known.from_quantity, known.from) != (drawn.source, drawn.from_quantity, drawn.from);
            if prices.iter().all(is_new) {
                prices.push(drawn);
            }
        }
        Self {
            sku: format!("DRAWN-{number}"),
            tax: [("standard", 2_000), ("reduced", 500), ("zero", 0)][rng.random_range(0..3)],
            minimum: [1, 1, 2, 6][rng.random_range(0..4)],
            prices,
        }
    }

    /// The rules once more, read aloud.
    fn price(&self, sources: &[&str], quantity: u32, day: NaiveDate) -> Option<i64> {
        let is_good = |price: &&Drawn| price.from.is_none_or(|from| from <= day) && price.until.is_none_or(|until| day <= until);
        for source in SOURCES.iter().filter(|source| sources.contains(source)) {
            let mut of_it: Vec<&Drawn> =
                self.prices.iter().filter(|price| price.source == *source && price.from_quantity <= quantity).filter(is_good).collect();
            of_it.sort_by_key(|price| (price.from_quantity, price.from));
            if let Some(last) = of_it.last() {
                return Some(last.minor);
            }
        }
        None
    }

    /// With VAT, half a penny up.
    fn inc_tax(&self, minor: i64) -> i64 {
        minor + (minor * self.tax.1 + 5_000) / 10_000
    }

    async fn put(&self, house: &House, tenant: Uuid) -> Uuid {
        let (product, mut db) = (Uuid::now_v7(), house.admin().await);
        let Self { sku, tax: (class, _), minimum, .. } = self;
        let mut sql = format!(
            "insert into products (tenant_id, product_id, sku, sku_key, name, name_key, tax_class, minimum, created_at, updated_at)
             values ('{tenant}', '{product}', '{sku}', '{sku}', 'Thing {sku}', 'thing', '{class}', {minimum}, now(), now());
             insert into search_words (tenant_id, word, product_id) values ('{tenant}', lower(replace('{sku}', '-', '')), '{product}');"
        );
        for price in &self.prices {
            let list = match price.source {
                "own" => "select account_id from trade_accounts where tenant_id = t.id and account_number = 'A-1'",
                "list" => "select price_list_id from price_lists where tenant_id = t.id and name = 'Gold'",
                _ => "select t.id",
            };
            let from = price.from.map_or("2000-01-01".to_owned(), |day| day.to_string());
            let until = price.until.map_or("null".to_owned(), |day| format!("'{day}'"));
            sql += &format!(
                "insert into prices (tenant_id, price_list_id, product_id, from_quantity, minor, valid_from, valid_until)
                 select t.id, ({list}), '{product}', {}, {}, '{from}', {until} from tenants t where t.id = '{tenant}';",
                price.from_quantity, price.minor
            );
        }
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut db).await.expect("what was drawn");
        product
    }
}

fn pounds(minor: i64) -> String {
    format!("£{}.{:02}", minor / 100, minor % 100)
}

fn minor(money: &Value) -> Option<i64> {
    money["minor"].as_i64()
}

/// What one surface says: its name, the price, and the price with VAT.
type Said = (String, Option<i64>, Option<i64>);

fn of_item(answer: &Value, sku: &str) -> Option<(Option<i64>, Option<i64>)> {
    let item = answer["items"].as_array()?.iter().find(|item| item["sku"] == sku)?.clone();
    Some((minor(&item["price"]), minor(&item["price_inc_tax"])))
}

/// What every surface says of one product to one person, at the fewest that are sold. Whatever names a price has to be asked here.
async fn every_surface(asker: &Asker, manager: &Browser, drawn: &Situation, product: Uuid, today: NaiveDate) -> Vec<Said> {
    let (sku, minimum) = (&drawn.sku, drawn.minimum);
    let mut said = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = asker.browser.get(&format!("/api/v1/products?cursor={cursor}")).await.value();
        said.extend(of_item(&page, sku).map(|(net, gross)| ("the list of the API".to_owned(), net, gross)));
        match page["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    let found = asker.browser.get(&format!("/api/v1/products?query={sku}")).await.value();
    said.extend(of_item(&found, sku).map(|(net, gross)| ("the search of the API".to_owned(), net, gross)));
    // Pages write amounts as people do: the right ones are looked for in them, and any at all where there is none.
    let wanted = drawn.price(asker.sources, minimum, today);
    let (net, gross) = (wanted.map(pounds), wanted.map(|net| pounds(drawn.inc_tax(net))));
    for (name, path, from) in [
        ("the page of the search", format!("/products?query={sku}"), "class=\"what\""),
        ("the page of the product", format!("/products/{product}"), "<div class=\"head\">"),
    ] {
        let page = asker.browser.get(&path).await.text;
        let part: String = page.split(from).nth(1).unwrap_or_else(|| panic!("{sku} is not on {name}: {page}")).chars().take(600).collect();
        let says = |amount: &Option<String>| amount.as_ref().is_some_and(|amount| part.contains(&format!(">{amount}<")));
        assert!(wanted.is_some() || !part.contains('£'), "{name} names {} a price of {drawn:?}: {part}", asker.name);
        said.push((name.to_owned(), wanted.filter(|_| says(&net)), wanted.filter(|_| says(&gross)).map(|net| drawn.inc_tax(net))));
    }
    if !asker.account.is_empty() {
        let path = format!("/api/v1/office/price-explanations?account={}&sku={sku}&quantity={minimum}", asker.account);
        let why = manager.get(&path).await.value();
        said.push(("why".to_owned(), minor(&why["price"]), minor(&why["price_inc_tax"])));
    }
    said
}

/// At larger quantities: what the office says, and the steps on the product's own page.
async fn larger_quantities(asker: &Asker, manager: &Browser, drawn: &Situation, product: Uuid, today: NaiveDate) {
    let page = asker.browser.get(&format!("/products/{product}")).await.text;
    for quantity in [1, 2, 5, 6, 7, 12, 500] {
        let wanted = drawn.price(asker.sources, quantity, today);
        if !asker.account.is_empty() {
            let path = format!("/api/v1/office/price-explanations?account={}&sku={}&quantity={quantity}", asker.account, drawn.sku);
            let why = manager.get(&path).await.value();
            assert_eq!(minor(&why["price"]), wanted, "why, {} of them, {}: {drawn:?}", quantity, asker.name);
            let winner =
                why["steps"].as_array().and_then(|steps| steps.iter().find(|step| step["wins"] == true)).map(|step| minor(&step["price"]));
            assert_eq!(winner, wanted.map(Some), "the first step is the price");
        }
        if let Some(minor) = wanted.filter(|_| quantity >= drawn.minimum) {
            assert!(page.contains(&pounds(minor)), "{} of {drawn:?} cost {} {}: {page}", quantity, asker.name, pounds(minor));
        }
    }
}

#[tokio::test]
async fn whatever_names_a_price_names_the_same_one() {
    let seed: u64 = rand::rng().random();
    let mut rng = StdRng::seed_from_u64(seed);
    let house = House::open().await;
    house.goods("acme").await;
    house.change("update tenants set prices_shown = 'all' where slug = 'acme'").await;
    house.app.house.tenants.forget_all();
    let tenant = house.tenant("acme").await;
    let today = house.app.house.now().with_timezone(&chrono_tz::Europe::London).date_naive();
    let manager = house.staff("acme", "manager").await;
    let asker = |name, browser, sources, account| Asker { name, browser, sources, account };
    let askers = [
        asker("Ada", house.customer("acme", ADA).await, &["own", "base"][..], "A-1"),
        asker("Cat", house.customer("acme", CAT).await, &["list", "base"][..], "A-2"),
        asker("a stranger", house.browser("acme"), &["base"][..], ""),
    ];
    let mut priced = 0;
    for number in 0..30 {
        let drawn = Situation::draw(number, today, &mut rng);
        let product = drawn.put(&house, tenant).await;
        for asker in &askers {
            let wanted = drawn.price(asker.sources, drawn.minimum, today);
            priced += usize::from(wanted.is_some());
            let said = every_surface(asker, &manager, &drawn, product, today).await;
            assert!(said.len() >= 4, "{said:?}");
            for (surface, net, gross) in said {
                assert_eq!(
                    (net, gross),
                    (wanted, wanted.map(|net| drawn.inc_tax(net))),
                    "seed {seed}: {surface} to {}: {drawn:?}",
                    asker.name
                );
            }
            larger_quantities(asker, &manager, &drawn, product, today).await;
        }
    }
    assert!(priced > 20, "seed {seed}: {priced}");
}
