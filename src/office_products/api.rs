//! The goods of a counter, by the API.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};
use uuid::Uuid;

use super::{Filter, Found, Listed, PAGE, Typed, add, change, find, list};
use crate::api::money::{MoneyAnswer, MoneyBody};
use crate::api::once::{KeyHeader, read_key};
use crate::api::typed::{Body, Id, Text, Whole};
use crate::api::upload::Upload;
use crate::api::{Chapter, time};
use crate::categories::CategoryName;
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::ids::ProductId;
use crate::lists::read_cursor;
use crate::pictures;
use crate::products::{Content, NewProduct, NewStock, Status};
use crate::tenancy::extract::{GoodsKeeper, Seller, Staff};
use crate::values::text::LONGEST_QUERY;
use crate::values::{Currency, DecimalMark, Money, Quantity, Sku};

pub struct OfficeProductsApi;

/// A product as the list shows it.
#[derive(Object)]
pub struct OfficeProductRow {
    id: Uuid,
    sku: String,
    name: String,
    category: Option<String>,
    pack: String,
    /// `listed`, `unlisted` or `discontinued`.
    status: String,
    /// Everybody's, of one sell unit, without VAT; null when there is none.
    price: Option<MoneyAnswer>,
    /// What is on the shelf; null when it is not counted.
    on_hand: Option<i64>,
    /// How many of them are held for orders that have not left.
    reserved: Option<i64>,
}

impl OfficeProductRow {
    fn of(product: Listed, currency: Currency) -> Self {
        Self {
            id: product.id,
            sku: product.sku,
            name: product.name,
            category: product.category,
            pack: product.pack,
            status: product.status,
            price: product.price_minor.map(|minor| Money::new(minor, currency).into()),
            on_hand: product.on_hand,
            reserved: product.reserved,
        }
    }
}

/// A page of products.
#[derive(Object)]
pub struct OfficeProductList {
    items: Vec<OfficeProductRow>,
    /// Pass it as `cursor` for the next page; null on the last.
    next: Option<String>,
}

/// A product with all that is known of it.
#[derive(Object)]
pub struct OfficeProduct {
    id: Uuid,
    sku: String,
    name: String,
    category: Option<String>,
    pack: String,
    /// How much is in one sell unit, such as `0.4`; null when that is not known.
    content: Option<String>,
    /// `each`, `kg`, `l` or `m`.
    measure: Option<String>,
    barcode: String,
    /// `standard`, `intermediate`, `reduced`, `super_reduced`, `zero` or `exempt`.
    tax_class: String,
    price: Option<MoneyAnswer>,
    cost: Option<MoneyAnswer>,
    minimum: u32,
    multiple: u32,
    on_hand: Option<i64>,
    reserved: i64,
    low_at: Option<i64>,
    back_order_limit: Option<i64>,
    status: String,
    /// The SKU of what is sold instead; empty when there is none.
    replaced_by: String,
    keywords: String,
    description: String,
    /// Where its picture is, on this host; null without one.
    picture_href: Option<String>,
    updated_at: String,
}

impl OfficeProduct {
    fn of(found: Found, currency: Currency) -> Self {
        let picture_href = found.picture_href();
        let Found { id, product, reserved, updated_at, .. } = found;
        let money = |minor: Option<i64>| minor.map(|minor| Money::new(minor, currency).into());
        let (on_hand, low_at, back_order_limit) = match product.stock {
            NewStock::Untracked => (None, None, None),
            NewStock::Counted { on_hand, low_at, back_orders } => (Some(on_hand), Some(low_at), back_orders),
        };
        Self {
            id: id.uuid(),
            sku: product.sku.as_str().to_owned(),
            name: product.name,
            category: product.category.map(|name| name.as_str().to_owned()),
            pack: product.pack,
            content: product.content.map(Content::plain),
            measure: product.content.map(|content| content.measure.word().to_owned()),
            barcode: product.barcode,
            tax_class: product.tax_class.word().to_owned(),
            price: money(product.price_minor),
            cost: money(product.cost_minor),
            minimum: product.minimum.get(),
            multiple: product.multiple.get(),
            on_hand,
            reserved,
            low_at,
            back_order_limit,
            status: product.status.word().to_owned(),
            replaced_by: product.replaced_by,
            keywords: product.keywords,
            description: product.description,
            picture_href,
            updated_at: time(updated_at),
        }
    }
}

/// What a product is to be. A new one needs a `sku` and a `name`; of one that is there, what is left out stays as it is, and an
/// empty text takes away what stands there.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct ProductBody {
    sku: Option<Text<1, { Sku::LONGEST }>>,
    name: Option<Text<1, { NewProduct::LONGEST_NAME }>>,
    /// By its name; one that there is not is made.
    category: Option<Text<0, { CategoryName::LONGEST }>>,
    /// How it is sold, in words: `case of 10`.
    pack: Option<Text<0, { NewProduct::LONGEST_PACK }>>,
    /// How much is in one sell unit, such as `0.4`.
    content: Option<Text<0, 20>>,
    /// `each`, `kg`, `l` or `m`.
    measure: Option<Text<0, 4>>,
    barcode: Option<Text<0, { NewProduct::LONGEST_BARCODE }>>,
    /// `standard`, `intermediate`, `reduced`, `super_reduced`, `zero` or `exempt`.
    tax_class: Option<Text<1, 20>>,
    /// Everybody's, of one sell unit, without VAT.
    price: Option<MoneyBody>,
    cost: Option<MoneyBody>,
    minimum: Option<Whole<1, { Quantity::MOST as i64 }>>,
    multiple: Option<Whole<1, { Quantity::MOST as i64 }>>,
    /// `listed`, `unlisted` or `discontinued`.
    status: Option<Text<1, 20>>,
    /// The SKU of what is sold instead.
    replaced_by: Option<Text<0, { Sku::LONGEST }>>,
    keywords: Option<Text<0, { NewProduct::LONGEST_KEYWORDS }>>,
    description: Option<Text<0, { NewProduct::LONGEST_DESCRIPTION }>>,
}

impl ProductBody {
    /// The same with what this says.
    fn over(&self, mut typed: Typed, currency: Currency) -> Result<Typed> {
        let texts = [
            (self.sku.as_deref(), &mut typed.sku),
            (self.name.as_deref(), &mut typed.name),
            (self.category.as_deref(), &mut typed.category),
            (self.pack.as_deref(), &mut typed.pack),
            (self.content.as_deref(), &mut typed.content),
            (self.measure.as_deref(), &mut typed.measure),
            (self.barcode.as_deref(), &mut typed.barcode),
            (self.tax_class.as_deref(), &mut typed.tax_class),
            (self.status.as_deref(), &mut typed.status),
            (self.replaced_by.as_deref(), &mut typed.replaced_by),
            (self.keywords.as_deref(), &mut typed.keywords),
            (self.description.as_deref(), &mut typed.description),
        ];
        for (said, text) in texts {
            if let Some(said) = said {
                said.clone_into(text);
            }
        }
        for (field, said, text) in [("price", &self.price, &mut typed.price), ("cost", &self.cost, &mut typed.cost)] {
            if let Some(said) = said {
                *text = said.read(field, currency)?.plain();
            }
        }
        for (said, text) in [(&self.minimum, &mut typed.minimum), (&self.multiple, &mut typed.multiple)] {
            if let Some(said) = said {
                *text = said.to_string();
            }
        }
        Ok(typed)
    }
}

/// What was counted of a product.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct StockBody {
    /// What is on the shelf, what is held for orders among it.
    on_hand: Whole<0, { NewStock::MOST }>,
    /// From how many on there are few; as before when it is left out.
    low_at: Option<Whole<0, { NewStock::MOST }>>,
    /// How many more may be sold than there are; as before when it is left out.
    back_order_limit: Option<Whole<0, { NewStock::MOST }>>,
}

#[derive(ApiResponse)]
pub enum ProductMade {
    #[oai(status = 201)]
    Made(Json<OfficeProduct>),
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Office")]
impl OfficeProductsApi {
    /// The products, by name
    #[oai(path = "/office/products", method = "get")]
    async fn list_office_products(
        &self,
        mut staff: Staff<Seller>,
        /// Parts of a name, a SKU, a barcode or another word; all of them must be there.
        query: Query<Option<Text<0, LONGEST_QUERY>>>,
        /// The slug of a category.
        category: Query<Option<Text<0, { CategoryName::LONGEST }>>>,
        /// `listed`, `unlisted` or `discontinued`.
        status: Query<Option<Text<0, 20>>>,
        /// The `next` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<OfficeProductList>> {
        let status = match status.0.as_deref() {
            None | Some("") => None,
            Some(word) => Some(Status::parse(word).ok_or_else(|| Error::invalid("status", "This is listed, unlisted or discontinued."))?),
        };
        let after = read_cursor(cursor.0.as_deref())?.map(Into::into);
        let words = query.0.as_deref().unwrap_or_default().trim().to_owned();
        let category = category.0.as_deref().filter(|slug| !slug.is_empty()).map(str::to_owned);
        let products = list(&mut staff.tx, &Filter { words, category, status }, after).await?;
        let is_full = i64::try_from(products.len()).is_ok_and(|length| length == PAGE);
        let next = products.last().filter(|_| is_full).map(|last| last.id.to_string());
        let currency = staff.tenant.currency;
        Ok(Json(OfficeProductList { items: products.into_iter().map(|row| OfficeProductRow::of(row, currency)).collect(), next }))
    }

    /// Add a product
    #[oai(path = "/office/products", method = "post")]
    async fn create_product(
        &self,
        staff: Staff<GoodsKeeper>,
        /// Of visible ASCII characters.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: KeyHeader,
        body: Body<ProductBody>,
    ) -> Result<ProductMade> {
        let key = read_key(&staff.headers, &idempotency_key)?;
        let currency = staff.tenant.currency;
        let product = body.over(Typed::empty(), currency)?.read(currency, DecimalMark::Point)?;
        let made = staff
            .write(async |tx, member| {
                let id = add(tx, member, &product, key.as_ref()).await?;
                find(tx, id).await
            })
            .await?;
        Ok(ProductMade::Made(Json(OfficeProduct::of(made, currency))))
    }

    /// One product
    #[oai(path = "/office/products/:id", method = "get")]
    async fn get_office_product(&self, mut staff: Staff<GoodsKeeper>, id: Path<Id>) -> Result<Json<OfficeProduct>> {
        let found = find(&mut staff.tx, id.uuid().into()).await?;
        Ok(Json(OfficeProduct::of(found, staff.tenant.currency)))
    }

    /// Change a product
    ///
    /// What was ordered stays as it was ordered.
    #[oai(path = "/office/products/:id", method = "patch")]
    async fn update_product(&self, staff: Staff<GoodsKeeper>, id: Path<Id>, body: Body<ProductBody>) -> Result<Json<OfficeProduct>> {
        let (id, currency) = (ProductId::from(id.uuid()), staff.tenant.currency);
        let changed = staff
            .write(async |tx, member| {
                let before = find(tx, id).await?;
                let product = body.over(Typed::of(&before.product, currency), currency)?.read(currency, DecimalMark::Point)?;
                change(tx, member, id, None, &product, false).await?;
                find(tx, id).await
            })
            .await?;
        Ok(Json(OfficeProduct::of(changed, currency)))
    }

    /// Put a picture
    ///
    /// A PNG, JPEG or WebP of at most 2 MB and 16 million pixels. It is drawn anew as two JPEGs, of at most 480 and 112 pixels a side.
    #[oai(path = "/office/products/:id/picture", method = "put")]
    async fn put_picture(&self, staff: Staff<GoodsKeeper>, id: Path<Id>, upload: Upload) -> Result<Json<OfficeProduct>> {
        let (member, id) = (staff.member.clone(), ProductId::from(id.uuid()));
        // No transaction is open while the picture is drawn.
        drop(staff);
        let picture = pictures::draw_anew(upload.0).await?;
        let work = async |tx: &mut Tx<Office>| {
            pictures::put(tx, &member, id, &picture).await?;
            find(tx, id).await
        };
        let changed = member.house.office(&member.tenant).write(work).await?;
        Ok(Json(OfficeProduct::of(changed, member.tenant.currency)))
    }

    /// Take the picture away
    #[oai(path = "/office/products/:id/picture", method = "delete")]
    async fn delete_picture(&self, staff: Staff<GoodsKeeper>, id: Path<Id>) -> Result<Json<OfficeProduct>> {
        let (id, currency) = (ProductId::from(id.uuid()), staff.tenant.currency);
        let changed = staff
            .write(async |tx, member| {
                pictures::remove(tx, member, id).await?;
                find(tx, id).await
            })
            .await?;
        Ok(Json(OfficeProduct::of(changed, currency)))
    }

    /// Say what is on the shelf
    ///
    /// From then on the product is counted, if it was not.
    #[oai(path = "/office/products/:id/stock", method = "put")]
    async fn put_stock(&self, staff: Staff<GoodsKeeper>, id: Path<Id>, body: Body<StockBody>) -> Result<Json<OfficeProduct>> {
        let (id, currency) = (ProductId::from(id.uuid()), staff.tenant.currency);
        let counted = staff
            .write(async |tx, member| {
                let mut product = find(tx, id).await?.product;
                let (low_before, limit_before) = match product.stock {
                    NewStock::Untracked => (NewStock::LOW_AT, None),
                    NewStock::Counted { low_at, back_orders, .. } => (low_at, back_orders),
                };
                product.stock = NewStock::Counted {
                    on_hand: *body.on_hand,
                    low_at: body.low_at.as_deref().copied().unwrap_or(low_before),
                    back_orders: body.back_order_limit.as_deref().copied().or(limit_before),
                };
                change(tx, member, id, None, &product, true).await?;
                find(tx, id).await
            })
            .await?;
        Ok(Json(OfficeProduct::of(counted, currency)))
    }
}
