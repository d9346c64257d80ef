//! A wholesaler as it was drawn, with everybody who looks at its prices, and what was found to be wrong so far.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::Duration;
use http::StatusCode;
use regex::Regex;
use serde_json::Value;
use uuid::Uuid;

use super::drawn::{List, SHARED, Situation};
use super::oracle::Eyes;
use crate::house::{Answer, Browser, House, let_in};
use crate::order_papers::texts;

/// The wholesaler, and who comes there.
pub struct Scene<'a> {
    pub house: &'a House,
    pub drawn: &'a Situation,
    /// Of the two accounts.
    pub customers: [Browser; 2],
    pub stranger: Browser,
    pub manager: Browser,
    pub day: chrono::NaiveDate,
    amount: Regex,
    wrong: Vec<String>,
}

impl<'a> Scene<'a> {
    /// Everything that was drawn is there, and everybody is signed in.
    pub async fn open(house: &'a House, drawn: &'a Situation) -> Self {
        put(house, drawn).await;
        let slug = drawn.slug.as_str();
        Self {
            house,
            drawn,
            customers: [house.customer(slug, &drawn.accounts[0].phone).await, house.customer(slug, &drawn.accounts[1].phone).await],
            stranger: house.browser(slug),
            manager: house.staff(slug, "manager").await,
            day: drawn.today,
            amount: Regex::new(drawn.market.amount).expect("a pattern"),
            wrong: Vec::new(),
        }
    }

    /// As somebody of this account sees it; none is a stranger.
    pub fn eyes(&self, account: Option<usize>) -> Eyes<'a> {
        Eyes { drawn: self.drawn, account, day: self.day }
    }

    /// Everybody comes back on another day.
    pub async fn wait(&mut self, days: u64) {
        self.house.wait(Duration::days(i64::try_from(days).expect("days")));
        self.day = self.day + chrono::Days::new(days);
        self.manager = self.house.staff(&self.drawn.slug, "manager").await;
    }

    /// Every amount in an answer of people's words, in its order.
    fn amounts(&self, answer: &Answer) -> Vec<i64> {
        let paper = answer.header("content-type").starts_with("application/pdf").then(|| texts(&answer.text).join("\n"));
        self.amounts_in(paper.as_deref().unwrap_or(&answer.text))
    }

    fn amounts_in(&self, text: &str) -> Vec<i64> {
        self.amount.find_iter(text).map(|found| digits_of(found.as_str())).collect()
    }

    /// That a page, or a paper, names these amounts, and no other but those that may stand beside them.
    pub fn names(&mut self, surface: &str, answer: &Answer, must: &[i64], may: &[i64]) {
        let said = self.amounts(answer);
        let missing: Vec<&i64> = must.iter().filter(|amount| !said.contains(amount)).collect();
        let others: Vec<&i64> = said.iter().filter(|amount| !must.contains(amount) && !may.contains(amount)).collect();
        if answer.status != StatusCode::OK || !missing.is_empty() || !others.is_empty() {
            self.wrong.push(format!("{surface}: {}: {missing:?} missing, {others:?} named, of {must:?}", answer.status));
        }
        self.tells_no_list(surface, answer);
    }

    /// That a text which is sent names these amounts and no others; no blank holds a line together there.
    pub fn names_in_text(&mut self, surface: &str, text: &str, must: &[i64]) {
        let said = self.amounts_in(&text.replace(' ', "\u{a0}"));
        self.same(surface, format!("{said:?}"), format!("{must:?}"));
    }

    /// That an operation answers these amounts, one by one, in the wholesaler's currency; whatever it calls them, by the alphabet.
    pub fn answers(&mut self, surface: &str, answer: &Answer, wanted: &[i64]) {
        let mut said = Vec::new();
        collect(&answer.value(), self.drawn.market.currency, &mut said);
        if !answer.status.is_success() || said != wanted {
            self.wrong.push(format!("{surface}: {}: {said:?} and not {wanted:?}", answer.status));
        }
        self.tells_no_list(surface, answer);
    }

    /// That somebody is refused, without any amount.
    pub fn refuses(&mut self, surface: &str, answer: &Answer, status: StatusCode) {
        let said = self.amounts(answer);
        if answer.status != status || !said.is_empty() || answer.text.contains("\"minor\":") {
            self.wrong.push(format!("{surface}: {} and not {status}, with {said:?}", answer.status));
        }
    }

    /// What the wholesaler calls its lists is for its own people.
    fn tells_no_list(&mut self, surface: &str, answer: &Answer) {
        let told = SHARED.iter().find(|name| answer.text.contains(**name));
        if let Some(name) = told.filter(|_| !surface.starts_with("the office")) {
            self.wrong.push(format!("{surface}: it tells of the list {name}"));
        }
    }

    pub fn same(&mut self, surface: &str, said: String, wanted: String) {
        if said != wanted {
            self.wrong.push(format!("{surface}: {said:?} and not {wanted:?}"));
        }
    }

    /// Everything that was wrong, at once.
    pub fn end(self) {
        assert!(self.wrong.is_empty(), "{}:\n{}", self.drawn.label, self.wrong.join("\n"));
    }
}

/// Without the signs and what stands between the digits.
fn digits_of(amount: &str) -> i64 {
    amount.chars().filter(char::is_ascii_digit).collect::<String>().parse().expect("a number")
}

/// Every amount in an answer; of one in another currency, its opposite.
fn collect(value: &Value, currency: &str, said: &mut Vec<i64>) {
    match (value, value["minor"].as_i64()) {
        (_, Some(minor)) => said.push(if value["currency"] == currency { minor } else { -minor }),
        (Value::Array(items), _) => items.iter().for_each(|item| collect(item, currency, said)),
        (Value::Object(fields), _) => {
            let fields: BTreeMap<&String, &Value> = fields.iter().collect();
            fields.into_values().for_each(|field| collect(field, currency, said));
        }
        _ => {}
    }
}

/// Puts it there behind the office's back.
async fn put(house: &House, drawn: &Situation) {
    let (tenant, slug, market) = (Uuid::now_v7(), &drawn.slug, drawn.market);
    let rounding = if drawn.rounds_by_line { "line" } else { "rate_group" };
    house
        .change(&format!(
            "insert into tenants (id, slug, business_name, country, currency, time_zone, brand_colour, sms_countries, prices_shown, vat_rounding,
                                  created_at, updated_at)
             values ('{tenant}', '{slug}', 'Drawn', '{}', '{}', '{}', '#14532d', '{{GB}}', '{}', '{rounding}', now(), now());
             insert into staff (tenant_id, staff_id, email, name, role, created_at)
             values ('{tenant}', gen_random_uuid(), 'manager@{slug}.example', 'Mia', 'manager', now())",
            market.country, market.currency, market.zone, drawn.shows
        ))
        .await;
    let mut db = house.admin().await;
    for account in &drawn.accounts {
        let_in(&mut db, tenant, account.number, &account.phone).await;
    }
    let shared = SHARED.map(|name| (name, Uuid::now_v7()));
    let account_of = |at: usize| {
        format!("(select account_id from trade_accounts where tenant_id = '{tenant}' and account_number = '{}')", drawn.accounts[at].number)
    };
    let id_of = |list: List| match list {
        List::Own(at) => account_of(at),
        List::Shared(at) => format!("'{}'", shared[at].1),
        List::Base => format!("'{tenant}'"),
    };
    let mut sql = String::new();
    let mut list = |id: String, kind: &str, name: &str| {
        write!(
            sql,
            "insert into price_lists (tenant_id, price_list_id, kind, name, created_at) values ('{tenant}', {id}, '{kind}', '{name}', now());"
        )
    };
    list(id_of(List::Base), "base", "").expect("a text");
    for (at, name) in SHARED.iter().enumerate() {
        list(id_of(List::Own(at)), "account", "").expect("a text");
        list(id_of(List::Shared(at)), "list", name).expect("a text");
    }
    for (at, account) in drawn.accounts.iter().enumerate() {
        let shares = account.shared.map_or("null".to_owned(), |shared| id_of(List::Shared(shared)));
        let of = account_of(at);
        sql += &format!(
            "update trade_accounts set country = '{}', price_list_id = {shares} where tenant_id = '{tenant}' and account_id = {of};",
            account.country
        );
    }
    sql += &goods(drawn, tenant, id_of);
    house.change(&sql).await;
}

/// The products, the words they are found by, and their prices.
fn goods(drawn: &Situation, tenant: Uuid, id_of: impl Fn(List) -> String) -> String {
    let mut sql = String::new();
    for product in &drawn.products {
        let (id, sku, name) = (product.id, &product.sku, &product.name);
        let content = product.grams.map_or("null, null".to_owned(), |grams| format!("{grams}, 'kg'"));
        sql += &format!(
            "insert into products (tenant_id, product_id, sku, sku_key, name, name_key, tax_class, minimum, multiple,
                                   content_thousandths, content_measure, created_at, updated_at)
             values ('{tenant}', '{id}', '{sku}', '{sku}', '{name}', lower('{name}'), '{}', {}, {}, {content}, now(), now());
             insert into search_words (tenant_id, word, product_id) values ('{tenant}', 'thing', '{id}');",
            product.tax_class, product.minimum, product.multiple
        );
        for row in &product.rows {
            let day = |day: Option<chrono::NaiveDate>, none: &str| day.map_or(none.to_owned(), |day| format!("'{day}'"));
            sql += &format!(
                "insert into prices (tenant_id, price_list_id, product_id, from_quantity, minor, valid_from, valid_until)
                 values ('{tenant}', {}, '{id}', {}, {}, {}, {});",
                id_of(row.list),
                row.from_quantity,
                row.minor,
                day(row.from, "'2000-01-01'"),
                day(row.until, "null")
            );
        }
    }
    sql
}
