//! What products are gathered under, by the API.

use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};
use uuid::Uuid;

use super::{Category, CategoryName, add, find, list};
use crate::api::Chapter;
use crate::api::once::{KeyHeader, read_key};
use crate::api::typed::{Body, Text};
use crate::error::Result;
use crate::tenancy::extract::{GoodsKeeper, Seller, Staff};

pub struct CategoriesApi;

/// What products are gathered under.
#[derive(Object)]
pub struct OfficeCategory {
    id: Uuid,
    slug: String,
    name: String,
    /// How many products are under it.
    products: i64,
}

impl From<Category> for OfficeCategory {
    fn from(category: Category) -> Self {
        let Category { id, slug, name, products } = category;
        Self { id, slug, name, products }
    }
}

/// All categories, in the order in which customers see them.
#[derive(Object)]
pub struct CategoryList {
    items: Vec<OfficeCategory>,
    /// Null: all of them are here.
    next: Option<String>,
}

/// A new category.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct CategoryBody {
    name: Text<1, { CategoryName::LONGEST }>,
}

#[derive(ApiResponse)]
pub enum CategoryMade {
    #[oai(status = 201)]
    Made(Json<OfficeCategory>),
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Office")]
impl CategoriesApi {
    /// The categories
    #[oai(path = "/office/categories", method = "get")]
    async fn list_categories(&self, mut staff: Staff<Seller>) -> Result<Json<CategoryList>> {
        let items = list(&mut staff.tx).await?.into_iter().map(Into::into).collect();
        Ok(Json(CategoryList { items, next: None }))
    }

    /// Add a category
    #[oai(path = "/office/categories", method = "post")]
    async fn create_category(
        &self,
        staff: Staff<GoodsKeeper>,
        /// Of visible ASCII characters.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: KeyHeader,
        body: Body<CategoryBody>,
    ) -> Result<CategoryMade> {
        let key = read_key(&staff.headers, &idempotency_key)?;
        let made = staff
            .write(async |tx, member| {
                let id = add(tx, member, &body.name, key.as_ref()).await?;
                find(tx, id).await
            })
            .await?;
        Ok(CategoryMade::Made(Json(made.into())))
    }
}
