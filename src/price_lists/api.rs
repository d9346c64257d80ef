//! Price lists, by the API.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};
use uuid::Uuid;

use super::{Listed, PAGE, Shared, Typed, add, find, name_of, prices, put, rename, shared, take_off};
use crate::api::Chapter;
use crate::api::money::{MoneyAnswer, MoneyBody};
use crate::api::once::{KeyHeader, read_key};
use crate::api::typed::{Body, Id, Text, Whole};
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::pricing::{ALWAYS, ListKey, PriceList};
use crate::tenancy::extract::{GoodsKeeper, Member, Staff};
use crate::values::text::LONGEST_QUERY;
use crate::values::{DecimalMark, Money, Quantity, Sku};

pub struct PriceListsApi;

/// A list of prices that accounts share.
#[derive(Object)]
pub struct OfficePriceList {
    id: Uuid,
    /// Customers do not see it.
    name: String,
    /// How many accounts buy from it.
    accounts: i64,
    /// How many prices are on it.
    prices: i64,
}

impl From<Shared> for OfficePriceList {
    fn from(list: Shared) -> Self {
        let Shared { id, name, accounts, prices } = list;
        Self { id, name, accounts, prices }
    }
}

/// All of them, by name.
#[derive(Object)]
pub struct PriceListList {
    items: Vec<OfficePriceList>,
    /// Null: all of them are here.
    next: Option<String>,
}

/// What a list is to be called.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct PriceListBody {
    name: Text<1, { PriceList::LONGEST_NAME }>,
}

#[derive(ApiResponse)]
pub enum PriceListMade {
    #[oai(status = 201)]
    Made(Json<OfficePriceList>),
}

/// A price of one sell unit, without VAT.
#[derive(Object)]
pub struct OfficePrice {
    sku: String,
    name: String,
    /// It is for those who take so many, or more.
    from_quantity: i32,
    price: MoneyAnswer,
    /// The first day, as `2026-03-01`; null when it begins on none.
    valid_from: Option<String>,
    /// The last day; null when it does not end.
    valid_until: Option<String>,
}

impl OfficePrice {
    fn of(price: Listed, member: &Member) -> Self {
        Self {
            sku: price.sku,
            name: price.name,
            from_quantity: price.from_quantity,
            price: Money::new(price.minor, member.tenant.currency).into(),
            valid_from: Some(price.valid_from).filter(|day| *day != ALWAYS).map(|day| day.to_string()),
            valid_until: price.valid_until.map(|day| day.to_string()),
        }
    }
}

/// A page of prices, by product and quantity.
#[derive(Object)]
pub struct OfficePrices {
    items: Vec<OfficePrice>,
    /// Pass it as `cursor` for the next page; null on the last.
    next: Option<String>,
}

/// A price to put on a list, in the place of the one of the same product, quantity and first day, if there is one.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct PriceBody {
    sku: Text<1, { Sku::LONGEST }>,
    /// One when it is left out.
    from_quantity: Option<Whole<1, { Quantity::MOST as i64 }>>,
    price: MoneyBody,
    /// As `2026-03-01`; it begins on no day when it is left out.
    valid_from: Option<Text<0, 10>>,
    /// The last day; it does not end when it is left out.
    valid_until: Option<Text<0, 10>>,
}

impl PriceBody {
    fn typed(&self, member: &Member) -> Result<Typed> {
        Ok(Typed {
            sku: self.sku.to_string(),
            from_quantity: self.from_quantity.as_deref().map(ToString::to_string).unwrap_or_default(),
            price: self.price.read("price", member.tenant.currency)?.plain(),
            valid_from: self.valid_from.as_deref().unwrap_or_default().to_owned(),
            valid_until: self.valid_until.as_deref().unwrap_or_default().to_owned(),
        })
    }
}

#[derive(ApiResponse)]
pub enum PriceGone {
    /// It is not there any more.
    #[oai(status = 204)]
    Done,
}

/// A page of the prices on a list.
pub async fn page_of(tx: &mut Tx<Office>, member: &Member, list: ListKey, query: &str, cursor: Option<&str>) -> Result<OfficePrices> {
    name_of(tx, list).await?;
    let offset = match cursor {
        None | Some("") => 0,
        Some(cursor) => cursor.parse::<u32>().map_err(|_| Error::invalid("cursor", "This is no cursor of ours."))?.into(),
    };
    let found = prices(tx, list, query.trim(), offset).await?;
    let is_full = i64::try_from(found.len()).is_ok_and(|length| length == PAGE);
    let next = is_full.then(|| (offset + PAGE).to_string());
    Ok(OfficePrices { items: found.into_iter().map(|price| OfficePrice::of(price, member)).collect(), next })
}

/// Puts a price on a list, and answers with what stands there then.
pub async fn put_on(staff: Staff<GoodsKeeper>, list: ListKey, body: &PriceBody) -> Result<Json<OfficePrice>> {
    let typed = body.typed(&staff.member)?;
    let stands = staff
        .write(async |tx, member| {
            let key = put(tx, member, list, &typed, DecimalMark::Point).await?;
            Ok(OfficePrice::of(find(tx, list, key).await?, member))
        })
        .await?;
    Ok(Json(stands))
}

/// Takes the price off a list that these name.
pub async fn take_off_list(staff: Staff<GoodsKeeper>, list: ListKey, named: Typed) -> Result<PriceGone> {
    staff.write(async |tx, member| take_off(tx, member, list, &named).await).await?;
    Ok(PriceGone::Done)
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Office")]
impl PriceListsApi {
    /// The price lists that accounts share
    #[oai(path = "/office/price-lists", method = "get")]
    async fn list_price_lists(&self, mut staff: Staff<GoodsKeeper>) -> Result<Json<PriceListList>> {
        let items = shared(&mut staff.tx).await?.into_iter().map(Into::into).collect();
        Ok(Json(PriceListList { items, next: None }))
    }

    /// Add a price list
    #[oai(path = "/office/price-lists", method = "post")]
    async fn create_price_list(
        &self,
        staff: Staff<GoodsKeeper>,
        /// Of visible ASCII characters.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: KeyHeader,
        body: Body<PriceListBody>,
    ) -> Result<PriceListMade> {
        let key = read_key(&staff.headers, &idempotency_key)?;
        let made = staff
            .write(async |tx, member| {
                let id = add(tx, member, &body.name, key.as_ref()).await?;
                super::find_list(tx, id).await
            })
            .await?;
        Ok(PriceListMade::Made(Json(made.into())))
    }

    /// Call a price list otherwise
    #[oai(path = "/office/price-lists/:id", method = "patch")]
    async fn update_price_list(&self, staff: Staff<GoodsKeeper>, id: Path<Id>, body: Body<PriceListBody>) -> Result<Json<OfficePriceList>> {
        let renamed = staff
            .write(async |tx, member| {
                rename(tx, member, id.uuid().into(), &body.name).await?;
                super::find_list(tx, id.uuid().into()).await
            })
            .await?;
        Ok(Json(renamed.into()))
    }

    /// The prices on a list
    #[oai(path = "/office/price-lists/:id/prices", method = "get")]
    async fn list_prices(
        &self,
        mut staff: Staff<GoodsKeeper>,
        /// The list's id, or `base`.
        id: Path<String>,
        /// Parts of a product's name or SKU; all of them must be there.
        query: Query<Option<Text<0, LONGEST_QUERY>>>,
        /// The `next` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<OfficePrices>> {
        let (list, words) = (super::list_of(&id)?, query.0.as_deref().unwrap_or_default());
        Ok(Json(page_of(&mut staff.tx, &staff.member, list, words, cursor.0.as_deref()).await?))
    }

    /// Put a price on a list
    #[oai(path = "/office/price-lists/:id/prices", method = "put")]
    async fn put_price(
        &self,
        staff: Staff<GoodsKeeper>,
        /// The list's id, or `base`.
        id: Path<String>,
        body: Body<PriceBody>,
    ) -> Result<Json<OfficePrice>> {
        put_on(staff, super::list_of(&id)?, &body).await
    }

    /// Take a price off a list
    #[oai(path = "/office/price-lists/:id/prices", method = "delete")]
    async fn delete_price(
        &self,
        staff: Staff<GoodsKeeper>,
        /// The list's id, or `base`.
        id: Path<String>,
        sku: Query<String>,
        /// One when it is left out.
        from_quantity: Query<Option<u32>>,
        /// The price's first day, if it has one.
        valid_from: Query<Option<String>>,
    ) -> Result<PriceGone> {
        take_off_list(staff, super::list_of(&id)?, named(sku.0, from_quantity.0, valid_from.0)).await
    }
}

/// A price by what tells it from the others on its list.
pub fn named(sku: String, from_quantity: Option<u32>, valid_from: Option<String>) -> Typed {
    Typed {
        sku,
        from_quantity: from_quantity.map(|quantity| quantity.to_string()).unwrap_or_default(),
        valid_from: valid_from.unwrap_or_default(),
        ..Typed::default()
    }
}
