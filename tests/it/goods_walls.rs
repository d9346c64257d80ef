//! What the database itself refuses of goods, prices, baskets and orders: asked in SQL as the server's own roles, with what a
//! customer's connection has set for them.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, Connection, Row};
use tradecounter::db::{Counter, Tx};
use tradecounter::error::Result;
use tradecounter::tenancy::Doorway;
use tradecounter::tenancy::session::{CustomerSession, SessionHolders};
use tradecounter::tenancy::token::Token;
use tradecounter::values::Country;
use uuid::Uuid;

use crate::furniture::{Person, Seat, code, furnish};
use crate::house::{ADA, BEN, CAT, House};

async fn open() -> (House, Person, Person) {
    let house = House::open().await;
    furnish(&house).await;
    let (ada, cat) = (Person::of(&house, "acme", ADA).await, Person::of(&house, "acme", CAT).await);
    (house, ada, cat)
}

/// The settings of a connection of nobody's, where the base prices are there for everybody or not.
fn of_stranger(tenant: Uuid, base_list: Uuid) -> String {
    let nil = Uuid::nil();
    format!(
        "set local app.tenant_id = '{tenant}'; set local app.session_hash = '{}'; set local app.customer_id = '{nil}';
         set local app.account_id = '{nil}'; set local app.price_list_id = '{nil}'; set local app.base_list_id = '{base_list}'",
        "0".repeat(64)
    )
}

#[tokio::test]
async fn a_customers_connection_sees_what_is_of_their_account_and_nothing_of_another() {
    let (house, ada, cat) = open().await;
    let mut seat = Seat::of(&house, "tc_counter", &ada).await;
    for table in ["baskets", "basket_lines", "orders", "order_lines", "order_events", "submissions"] {
        assert_eq!(seat.run(&format!("select 1 from {table}")).await, Ok(1), "{table}");
        assert_eq!(seat.run(&format!("select 1 from {table} where account_id = '{}'", ada.account)).await, Ok(1), "{table}");
        assert_eq!(seat.run(&format!("select 1 from {table} where account_id = '{}'", cat.account)).await, Ok(0), "{table}");
    }
}

#[tokio::test]
async fn a_customers_connection_sees_the_prices_of_three_lists_and_no_others() {
    let (house, ada, cat) = open().await;
    let mut seat = Seat::of(&house, "tc_counter", &ada).await;
    let seen = |list: Uuid| format!("select 1 from prices where price_list_id = '{list}'");
    assert_eq!(seat.run("select 1 from prices").await, Ok(3), "base, Gold, and their own");
    for (list, rows) in [(ada.tenant, 1), (ada.price_list, 1), (ada.account, 1), (cat.account, 0)] {
        assert_eq!(seat.run(&seen(list)).await, Ok(rows), "{list}");
    }
    let not_theirs: Uuid =
        house.value(&format!("select price_list_id from price_lists where tenant_id = '{}' and name = 'Slow payers'", ada.tenant)).await;
    // A condition that would tell by failing runs behind the policy.
    let by_failing = format!("select 1 from prices where 1 / (case when price_list_id = '{not_theirs}' then 0 else 1 end) = 0");
    assert_eq!((seat.run(&seen(not_theirs)).await, seat.run(&by_failing).await), (Ok(0), Ok(0)));
    // The function that all prices are read with sees no more than its caller.
    let asked = format!(
        "select 1 from products p, prices_of('{}', p.product_id, '{}', '{not_theirs}', '{}', current_date)",
        ada.tenant, cat.account, ada.tenant
    );
    assert_eq!(seat.run(&asked).await, Ok(1), "the base price alone");
    // A setting that is missing or empty is no list of nobody's: it fails.
    let without = ada.settings("tc_counter").replace("app.base_list_id", "app.another");
    let mut fresh = Seat::unset(&house, "tc_counter").await;
    assert_eq!(code(&fresh.run_under(&without, "select 1 from prices").await), "42704");
    let empty = format!("{}; set local app.price_list_id = ''", ada.settings("tc_counter"));
    assert_eq!(code(&seat.run_under(&empty, "select 1 from prices").await), "22P02");
}

#[tokio::test]
async fn a_stranger_sees_goods_and_prices_only_where_prices_are_for_everybody() {
    let (house, ada, _) = open().await;
    let mut seat = Seat::unset(&house, "tc_counter").await;
    for (base_list, prices) in [(Uuid::nil(), 0), (ada.tenant, 1)] {
        let settings = of_stranger(ada.tenant, base_list);
        assert_eq!(seat.run_under(&settings, "select 1 from prices").await, Ok(prices));
        assert_eq!(seat.run_under(&settings, "select 1 from products").await, Ok(1));
        for table in ["baskets", "basket_lines", "orders", "order_lines", "order_events", "submissions", "trade_accounts", "sessions"] {
            assert_eq!(seat.run_under(&settings, &format!("select 1 from {table}")).await, Ok(0), "{table}");
        }
    }
}

#[tokio::test]
async fn what_goods_cost_the_wholesaler_and_what_it_calls_its_lists_no_customer_reads() {
    let (house, ada, _) = open().await;
    let mut seat = Seat::of(&house, "tc_counter", &ada).await;
    for secret in [
        "select 1 from product_costs",
        "select cost_minor from product_costs",
        "select 1 from price_lists",
        "select name from price_lists",
        "select office_note from orders",
        "select placed_by from orders",
        "select actor_name from order_events",
        "select actor_id from order_events",
        "select counted_at from stock",
    ] {
        assert_eq!(code(&seat.run(secret).await), "42501", "{secret}");
    }
    let mut office = Seat::of(&house, "tc_office", &ada).await;
    assert_eq!((office.run("select 1 from product_costs").await, office.run("select 1 from price_lists").await), (Ok(1), Ok(5)));
    let mut support = Seat::of(&house, "tc_support", &ada).await;
    for table in ["products", "product_costs", "prices", "price_lists", "baskets", "orders", "order_lines", "order_events"] {
        assert_eq!(code(&support.run(&format!("select 1 from {table}")).await), "42501", "{table}");
    }
}

#[tokio::test]
async fn an_order_that_was_answered_is_not_its_customers_to_change() {
    let (house, ada, _) = open().await;
    let mut seat = Seat::of(&house, "tc_counter", &ada).await;
    let line = format!(
        "insert into order_lines (tenant_id, order_id, line, account_id, product_id, sku, name, pack, tax_class, tax_basis_points, unit_minor,
                                  price_source, price_from_quantity, ordered, net_minor)
         select o.tenant_id, o.order_id, 2, o.account_id, p.product_id, p.sku, p.name, '', 'zero', 0, 1, 'base', 1, 1, 1
           from orders o join products p using (tenant_id) where o.tenant_id = '{}'",
        ada.tenant
    );
    for status in ["submitted", "amended", "accepted", "picking", "dispatched", "delivered", "cancelled", "declined"] {
        house.change(&format!("update orders set status = '{status}'")).await;
        let is_open = ["submitted", "amended"].contains(&status);
        for change in [
            "update orders set status = 'submitted'",
            "update orders set reference = 'mine', status = 'cancelled'",
            "delete from order_lines",
            &line,
        ] {
            let done = seat.run(change).await;
            assert!(if is_open { done == Ok(1) } else { code(&done) == "42501" }, "{status}: {change}: {done:?}");
        }
        assert_eq!(seat.run("select 1 from orders for update").await, Ok(1), "{status}: it can be held, to say that it is too late");
        let mut office = Seat::of(&house, "tc_office", &ada).await;
        assert!(matches!(office.run("update orders set reference = 'theirs'").await, Ok(1..)), "{status}: it is the office's to change");
    }
}

#[tokio::test]
async fn a_customer_writes_what_they_order_and_decides_nothing_of_it() {
    let (house, ada, cat) = open().await;
    let mut seat = Seat::of(&house, "tc_counter", &ada).await;
    for status in ["accepted", "amended", "picking", "dispatched", "delivered", "declined"] {
        let decided = seat.run(&format!("update orders set status = '{status}'")).await;
        assert_eq!(code(&decided), "42501", "{status}: {decided:?}");
        assert_eq!(code(&seat.run(&order(&ada, ada.account, status)).await), "42501", "placed as {status}");
    }
    for status in ["submitted", "cancelled"] {
        assert_eq!(seat.run(&format!("update orders set status = '{status}'")).await, Ok(1), "{status}");
        assert_eq!(seat.run(&order(&ada, ada.account, status)).await, Ok(1), "{status}");
    }
    assert_eq!(code(&seat.run(&order(&ada, cat.account, "submitted")).await), "42501", "nobody orders in another's name");
    for (change, of) in [
        ("update baskets set version = version + 1", cat.account),
        ("update basket_lines set quantity = 1", cat.account),
        ("delete from basket_lines", cat.account),
        ("update orders set reference = 'mine'", cat.account),
        ("delete from order_lines", cat.account),
    ] {
        assert_eq!(seat.run(&format!("{change} where account_id = '{of}'")).await, Ok(0), "{change}");
        assert_eq!(seat.run(&format!("{change} where account_id = '{}'", ada.account)).await, Ok(1), "{change}");
    }
    let into_the_other_basket = format!(
        "insert into basket_lines (tenant_id, account_id, product_id, quantity, changed_at)
         select tenant_id, '{}', product_id, 1, now() from products",
        cat.account
    );
    assert_eq!(code(&seat.run(&into_the_other_basket).await), "42501");
    for change in [
        "update basket_lines set account_id = account_id",
        "update orders set number = 'XX-222-222'",
        "update orders set placed_at = now()",
        "update order_lines set delivered = 6",
        "update order_lines set unit_minor = 1",
        "update order_events set reason = 'none'",
        "delete from orders",
        "delete from order_events",
        "delete from submissions",
        "update stock set on_hand = 1000",
        "update products set name = 'Mine'",
        "update prices set minor = 1",
        "insert into prices (tenant_id, price_list_id, product_id, minor) values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1)",
        "update trade_accounts set price_list_id = null",
        "update trade_accounts set route = 'A'",
    ] {
        assert_eq!(code(&seat.run(change).await), "42501", "{change}");
    }
    assert_eq!(seat.run("update stock set reserved = reserved + 1").await, Ok(1), "what they order is kept for them");
    assert_eq!(seat.run("update trade_accounts set order_news = 'none', order_email = ''").await, Ok(1));
}

fn order(person: &Person, account: Uuid, status: &str) -> String {
    format!(
        "insert into orders (tenant_id, order_id, account_id, number, status, status_since, placed_at, placed_by_kind, currency,
                             vat_rounding, tax_country, net_minor, tax_minor)
         values ('{}', gen_random_uuid(), '{account}', 'XX-999-999', '{status}', now(), now(), 'customer', 'GBP', 'line', 'GB', 0, 0)",
        person.tenant
    )
}

#[tokio::test]
async fn whatever_changes_goods_counts_and_what_changes_nothing_of_them_does_not() {
    let house = House::open().await;
    house.goods("acme").await;
    let tenant = house.tenant("acme").await;
    let counted = async || -> (i64, i64) {
        let row = sqlx::query("select version, words_version from catalogue_states where tenant_id = $1").bind(tenant);
        let row = row.fetch_one(&mut house.admin().await).await.expect("a row");
        (row.get(0), row.get(1))
    };
    let mut office = house.role("tc_office").await;
    for (change, goods, words) in [
        ("update products set name = name where sku = 'TEA-1'", 1, 0),
        ("update prices set minor = minor + 1", 1, 0),
        ("update categories set name = name", 1, 0),
        ("delete from prices where from_quantity = 12", 1, 0),
        ("insert into search_words (tenant_id, word, product_id) select tenant_id, 'new', product_id from products", 1, 1),
        ("delete from search_words where word = 'new'", 1, 1),
        ("update products set name = name where sku = 'NO-SUCH'", 0, 0),
        ("update stock set on_hand = on_hand + 1", 0, 0),
        ("update product_costs set cost_minor = 1", 0, 0),
    ] {
        let before = counted().await;
        let mut tx = office.begin().await.expect("a transaction");
        sqlx::raw_sql(AssertSqlSafe(format!("set local app.tenant_id = '{tenant}'; {change}"))).execute(&mut *tx).await.expect(change);
        tx.commit().await.expect("kept");
        assert_eq!(counted().await, (before.0 + goods, before.1 + words), "{change}");
    }
    let other: i64 = house.value("select count(*) from catalogue_states").await;
    assert_eq!(other, 1, "nothing of the other tenant has changed");
}

/// What a customer's request begins with, asked of the doors themselves.
struct Request<'a> {
    house: &'a House,
    holders: SessionHolders,
    tenant: Uuid,
    token_hash: [u8; 32],
}

impl Request<'_> {
    async fn open(&self, strangers_see_prices: bool) -> Result<(Tx<Counter>, CustomerSession)> {
        let doorway = Doorway {
            tenant: self.tenant.into(),
            country: Country::parse("GB").expect("a country"),
            domain: None,
            since: DateTime::UNIX_EPOCH,
            strangers_see_prices,
        };
        let idle_since: DateTime<Utc> = DateTime::UNIX_EPOCH;
        self.holders.open(self.house.app.house.db(), doorway, self.token_hash, false, idle_since, self.house.clock.now()).await
    }

    /// Every price that the connection sees of TEA-1, as the lists of the session's account have it.
    async fn prices(&self, strangers_see_prices: bool) -> Vec<i64> {
        let (mut tx, _) = self.open(strangers_see_prices).await.expect("a session");
        let minors =
            sqlx::query_scalar("select minor from prices join products using (tenant_id, product_id) where sku = 'TEA-1' order by minor");
        minors.fetch_all(&mut tx).await.expect("prices")
    }
}

async fn request<'a>(house: &'a House, slug: &str, phone: &str) -> Request<'a> {
    let browser = house.customer(slug, phone).await;
    let token = Token::parse(&browser.cookie("__Host-session").expect("a session")).expect("a token");
    Request { house, holders: SessionHolders::default(), tenant: house.tenant(slug).await, token_hash: token.hash() }
}

#[tokio::test]
async fn the_next_request_sees_the_prices_of_the_list_that_the_account_is_on_now() {
    let house = House::open().await;
    house.goods("acme").await;
    let cat = request(&house, "acme", CAT).await;
    // The first finds out step by step whose it is, the second guesses right at once.
    for _ in 0..2 {
        assert_eq!(cat.prices(false).await, [85, 90, 95, 100], "Gold and base");
    }
    let (_, session) = cat.open(false).await.expect("a session");
    let access = session.active_access().expect("let in");
    assert_eq!((access.business_name.as_str(), access.country.as_str(), access.has_own_prices), ("Shop A-2", "GB", false));
    assert!(access.price_list.is_some() && session.catalogue_version > 0);
    house.change("update trade_accounts set price_list_id = null where account_number = 'A-2'").await;
    assert_eq!(cat.prices(false).await, [90, 100], "what was guessed is seen to be wrong");
    house
        .change(
            "insert into price_lists (tenant_id, price_list_id, kind, created_at)
             select tenant_id, account_id, 'account', now() from trade_accounts where account_number = 'A-2';
             insert into prices (tenant_id, price_list_id, product_id, minor)
             select p.tenant_id, t.account_id, p.product_id, 7 from products p join trade_accounts t using (tenant_id)
              where p.sku = 'TEA-1' and t.account_number = 'A-2'",
        )
        .await;
    assert_eq!(cat.prices(false).await, [7, 90, 100]);
    let (_, session) = cat.open(false).await.expect("a session");
    assert_eq!(session.active_access().map(|access| access.has_own_prices), Some(true));
}

#[tokio::test]
async fn who_is_shut_out_sees_no_list_and_the_base_prices_only_with_everybody() {
    let house = House::open().await;
    house.goods("acme").await;
    let (cat, dan) = (request(&house, "acme", CAT).await, request(&house, "acme", crate::house::DAN).await);
    assert_eq!(cat.prices(false).await, [85, 90, 95, 100]);
    house.change("update account_access set status = 'suspended'").await;
    assert_eq!((cat.prices(false).await, cat.prices(true).await), (vec![], vec![90, 100]));
    assert_eq!((dan.prices(false).await, dan.prices(true).await), (vec![], vec![90, 100]), "nobody's customer");
    let ben = request(&house, "bravo", BEN).await;
    assert_eq!(ben.prices(true).await, Vec::<i64>::new(), "another counter's goods");
}
