//! The products of a counter by the API.

use poem::web::Data;
use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};
use uuid::Uuid;

use super::shown::{View, pieces_shown};
use super::{Ask, Beside, Goods, Remembered};
use crate::api::Chapter;
use crate::api::money::MoneyAnswer;
use crate::api::typed::Text;
use crate::error::Result;
use crate::stock::Availability;
use crate::tenancy::extract::{Shopper, Shows};

pub struct ProductsApi;

/// Something to order.
#[derive(Object)]
pub struct Product {
    id: Uuid,
    sku: String,
    name: String,
    /// What one costs whoever asks, net, when the fewest are ordered; null when it cannot be ordered, or they may see no prices.
    price: Option<MoneyAnswer>,
    /// The same with VAT.
    price_inc_tax: Option<MoneyAnswer>,
    /// How it is packed, in the wholesaler's words.
    pack: String,
    /// The fewest that whoever asks can order at once, but for the multiple.
    minimum: u32,
    /// Of what the number ordered is a multiple.
    multiple: u32,
    /// How many there are to be had; only where they are counted and the wholesaler says so.
    #[oai(skip_serializing_if_is_none)]
    stock: Option<i64>,
    /// `in_stock`, `low`, `out_of_stock` or `to_order`; only where they are counted and the wholesaler says so.
    #[oai(skip_serializing_if_is_none)]
    availability: Option<String>,
}

/// A page of products.
#[derive(Object)]
pub struct ProductList {
    items: Vec<Product>,
    /// Pass it as `cursor` for the next page; null on the last.
    next: Option<String>,
}

impl Product {
    fn of(goods: &Goods, view: View<'_>) -> Self {
        let offer = goods.offer(0, view.terms).filter(|_| view.prices);
        let availability = match goods.availability() {
            Availability::Untracked => None,
            Availability::InStock(_) => Some("in_stock"),
            Availability::Low(_) => Some("low"),
            Availability::Out => Some("out_of_stock"),
            Availability::ToOrder(_) => Some("to_order"),
        };
        Self {
            id: goods.product_id.uuid(),
            sku: goods.sku.clone(),
            name: goods.name.clone(),
            price: offer.as_ref().map(|offer| offer.net.into()),
            price_inc_tax: offer.as_ref().map(|offer| offer.gross.into()),
            pack: goods.pack.clone(),
            minimum: goods.fewest(view.terms),
            multiple: goods.multiple,
            stock: pieces_shown(goods, view),
            availability: availability.filter(|_| view.says_stock()).map(str::to_owned),
        }
    }
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Goods")]
impl ProductsApi {
    /// The products, by name or as they were found
    ///
    /// For customers who are let in, each with their own prices. A wholesaler may let everybody look, with prices or without: then
    /// no session is needed. Where it does not, nobody signed in is 401, and somebody who is not let in 403.
    #[oai(path = "/products", method = "get")]
    async fn list_products(
        &self,
        mut shopper: Shopper,
        remembered: Data<&Remembered>,
        /// Words of the name, a SKU or a barcode, in any order, as far as they are typed.
        query: Query<Option<Text<0, 100>>>,
        /// The slug of a category; none is in a category that is not there.
        category: Query<Option<Text<0, 100>>>,
        /// The `next` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<ProductList>> {
        let said = |parameter: &Query<Option<Text<0, 100>>>| parameter.0.as_deref().unwrap_or_default().to_owned();
        let ask = Ask::read(&said(&query), &said(&category), cursor.0.as_deref().unwrap_or_default())?;
        let terms = shopper.terms();
        let shelf = remembered.page(&mut shopper, &terms, &ask, Beside::Nothing).await?;
        let view = View::of(&terms, &shopper.visitor.tenant, shopper.buyer.is_some(), shopper.shows == Shows::Prices);
        let items = shelf.goods.iter().map(|goods| Product::of(goods, view)).collect();
        Ok(Json(ProductList { items, next: shelf.next.map(|next| next.cursor()) }))
    }
}
