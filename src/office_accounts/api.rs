//! Trade accounts, what was agreed with them, their own prices, and why something costs them what it does, by the API.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};
use uuid::Uuid;

use super::why::{Asked, Why, why};
use super::{Account, PAGE, TypedTerms, change_terms, find, list};
use crate::api::money::MoneyAnswer;
use crate::api::typed::{Body, Id, Text};
use crate::api::{Chapter, time};
use crate::error::Result;
use crate::ids::AccountId;
use crate::lists::read_cursor;
use crate::price_lists::api::{OfficePrice, OfficePrices, PriceBody, PriceGone, named, page_of, put_on, take_off_list};
use crate::pricing::{ALWAYS, ListKey};
use crate::tenancy::extract::{GoodsKeeper, Seller, Staff};
use crate::values::Money;
use crate::values::email::LONGEST_EMAIL;
use crate::values::text::LONGEST_QUERY;

pub struct OfficeAccountsApi;

/// A trade account.
#[derive(Object)]
pub struct OfficeAccount {
    id: Uuid,
    account_number: String,
    business_name: String,
    town: String,
    country: String,
    /// The list that it buys from; null when it pays the base prices.
    price_list: Option<Uuid>,
    /// Which van or carrier takes its goods; empty when that is not said.
    route: String,
    /// How it is told of its orders: `text`, `email` or `none`.
    order_news: String,
    order_email: String,
    /// When e-mail about its orders ended that had been set, and why; null once it is set anew.
    news_ended_at: Option<String>,
    news_ended_why: Option<String>,
    /// Another one whenever what was agreed is another; to be sent with a change.
    version: String,
}

impl From<Account> for OfficeAccount {
    fn from(account: Account) -> Self {
        let version = account.version();
        let Account { id, account_number, business_name, town, country, price_list, route, order_news, order_email, .. } = account;
        let (news_ended_at, news_ended_why) = (account.news_ended_at.map(time), account.news_ended_at.map(|_| account.news_ended_why));
        Self {
            id,
            account_number,
            business_name,
            town,
            country,
            price_list,
            route,
            order_news,
            order_email,
            news_ended_at,
            news_ended_why,
            version,
        }
    }
}

/// A page of accounts.
#[derive(Object)]
pub struct OfficeAccountList {
    items: Vec<OfficeAccount>,
    /// Pass it as `cursor` for the next page; null on the last.
    next: Option<String>,
}

/// What is to be agreed; a field that is missing stays as it is.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct TermsBody {
    /// The id of a price list; empty for none.
    price_list: Option<Text<0, 36>>,
    route: Option<Text<0, { Account::LONGEST_ROUTE }>>,
    /// `text`, `email` or `none`.
    order_news: Option<Text<1, 8>>,
    order_email: Option<Text<0, LONGEST_EMAIL>>,
    /// That of the account this change was made of. If it has changed since, nothing is done, and the answer is 409.
    version: Option<Text<1, 32>>,
}

impl From<&TermsBody> for TypedTerms {
    fn from(body: &TermsBody) -> Self {
        Self {
            price_list: body.price_list.as_deref().map(str::to_owned),
            route: body.route.as_deref().map(str::to_owned),
            order_news: body.order_news.as_deref().map(str::to_owned),
            order_email: body.order_email.as_deref().map(str::to_owned),
        }
    }
}

/// What an account pays for a product, and why.
#[derive(Object)]
pub struct PriceExplanation {
    account_number: String,
    sku: String,
    quantity: u32,
    /// In the wholesaler's own calendar.
    day: String,
    /// Of one sell unit, without VAT; null when they cannot order it.
    price: Option<MoneyAnswer>,
    price_inc_tax: Option<MoneyAnswer>,
    /// In hundredths of a percent.
    tax_basis_points: u32,
    /// In words; empty without a price.
    reason: String,
    /// Every price that could have been it, the one that is first.
    steps: Vec<PriceStep>,
}

/// A price that is, or could have been, it.
#[derive(Object)]
pub struct PriceStep {
    /// `own`, `list` or `base`.
    source: String,
    /// Whose price it is, in words.
    whose: String,
    from_quantity: u32,
    price: MoneyAnswer,
    valid_from: Option<String>,
    valid_until: Option<String>,
    /// Whether it is the price.
    wins: bool,
    /// Why, or why not.
    why: String,
}

impl PriceExplanation {
    fn of(why: &Why) -> Self {
        let money = |minor: i64| MoneyAnswer::from(Money::new(minor, why.terms.currency));
        let steps = why.steps.iter().map(|step| PriceStep {
            source: step.row.source.word().to_owned(),
            whose: step.row.source.words(why.audience()),
            from_quantity: step.row.from_quantity,
            price: money(step.row.minor),
            valid_from: Some(step.row.valid_from).filter(|day| *day != ALWAYS).map(|day| day.to_string()),
            valid_until: step.row.valid_until.map(|day| day.to_string()),
            wins: step.wins(),
            why: step.words(why.price.as_ref()),
        });
        Self {
            account_number: why.account.account_number.clone(),
            sku: why.product.sku.as_str().to_owned(),
            quantity: why.quantity.get(),
            day: why.day.to_string(),
            price: why.price.map(|price| money(price.unit_minor)),
            price_inc_tax: why.inc_tax_minor().map(money),
            tax_basis_points: why.rate.basis_points,
            reason: why.price.map(|price| price.reason(why.audience())).unwrap_or_default(),
            steps: steps.collect(),
        }
    }
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Office")]
impl OfficeAccountsApi {
    /// The trade accounts, by business name
    #[oai(path = "/office/accounts", method = "get")]
    async fn list_accounts(
        &self,
        mut staff: Staff<Seller>,
        /// Part of a business name, an account number or a town.
        query: Query<Option<Text<0, LONGEST_QUERY>>>,
        /// The `next` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<OfficeAccountList>> {
        let after = read_cursor(cursor.0.as_deref())?.map(AccountId::from);
        let accounts = list(&mut staff.tx, query.0.as_deref().unwrap_or_default(), after).await?;
        let is_full = i64::try_from(accounts.len()).is_ok_and(|length| length == PAGE);
        let next = accounts.last().filter(|_| is_full).map(|last| last.id.to_string());
        Ok(Json(OfficeAccountList { items: accounts.into_iter().map(Into::into).collect(), next }))
    }

    /// One trade account
    #[oai(path = "/office/accounts/:id", method = "get")]
    async fn get_account(&self, mut staff: Staff<Seller>, id: Path<Id>) -> Result<Json<OfficeAccount>> {
        Ok(Json(find(&mut staff.tx, id.uuid().into()).await?.into()))
    }

    /// Change what was agreed with an account
    #[oai(path = "/office/accounts/:id", method = "patch")]
    async fn update_account(&self, staff: Staff<GoodsKeeper>, id: Path<Id>, body: Body<TermsBody>) -> Result<Json<OfficeAccount>> {
        let id = AccountId::from(id.uuid());
        let changed = staff
            .write(async |tx, member| {
                change_terms(tx, member, id, &TypedTerms::from(&body.0), body.version.as_deref()).await?;
                find(tx, id).await
            })
            .await?;
        Ok(Json(changed.into()))
    }

    /// An account's own prices
    #[oai(path = "/office/accounts/:id/prices", method = "get")]
    async fn list_own_prices(
        &self,
        mut staff: Staff<Seller>,
        id: Path<Id>,
        /// Parts of a product's name or SKU; all of them must be there.
        query: Query<Option<Text<0, LONGEST_QUERY>>>,
        /// The `next` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<OfficePrices>> {
        let (list, words) = (ListKey::Account(id.uuid().into()), query.0.as_deref().unwrap_or_default());
        Ok(Json(page_of(&mut staff.tx, &staff.member, list, words, cursor.0.as_deref()).await?))
    }

    /// Give an account a price of its own
    #[oai(path = "/office/accounts/:id/prices", method = "put")]
    async fn put_own_price(&self, staff: Staff<GoodsKeeper>, id: Path<Id>, body: Body<PriceBody>) -> Result<Json<OfficePrice>> {
        put_on(staff, ListKey::Account(id.uuid().into()), &body).await
    }

    /// Take a price of its own from an account
    #[oai(path = "/office/accounts/:id/prices", method = "delete")]
    async fn delete_own_price(
        &self,
        staff: Staff<GoodsKeeper>,
        id: Path<Id>,
        sku: Query<String>,
        /// One when it is left out.
        from_quantity: Query<Option<u32>>,
        /// The price's first day, if it has one.
        valid_from: Query<Option<String>>,
    ) -> Result<PriceGone> {
        take_off_list(staff, ListKey::Account(id.uuid().into()), named(sku.0, from_quantity.0, valid_from.0)).await
    }

    /// Why an account pays that for a product
    #[oai(path = "/office/price-explanations", method = "get")]
    async fn get_price_explanation(
        &self,
        mut staff: Staff<Seller>,
        /// The account's number.
        account: Query<String>,
        sku: Query<String>,
        /// One when it is left out.
        quantity: Query<Option<u32>>,
        /// As `2026-03-01`; today when it is left out.
        day: Query<Option<String>>,
    ) -> Result<Json<PriceExplanation>> {
        let asked = Asked {
            account: account.0,
            sku: sku.0,
            quantity: quantity.0.map(|quantity| quantity.to_string()).unwrap_or_default(),
            day: day.0.unwrap_or_default(),
        };
        Ok(Json(PriceExplanation::of(&why(&mut staff.tx, &staff.member, &asked).await?)))
    }
}
