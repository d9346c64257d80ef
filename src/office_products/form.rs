//! A product's form.

use serde::Deserialize;

use super::Typed;

/// What the page's form sends, and shows again.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct ProductForm {
    pub version: String,
    pub sku: String,
    pub name: String,
    pub category: String,
    pub pack: String,
    pub content: String,
    pub measure: String,
    pub barcode: String,
    pub tax_class: String,
    pub price: String,
    pub cost: String,
    pub minimum: String,
    pub multiple: String,
    pub stock: String,
    /// What was on hand when the page was shown: who leaves it has counted nothing.
    pub stock_shown: String,
    pub low_at: String,
    pub back_orders: String,
    pub status: String,
    pub replaced_by: String,
    pub keywords: String,
    pub description: String,
}

impl ProductForm {
    /// As it is shown.
    pub fn of(typed: Typed, version: String) -> Self {
        let Typed { sku, name, category, pack, content, measure, barcode, tax_class, price, cost, minimum, multiple, .. } = typed.clone();
        let Typed { stock, low_at, back_orders, status, replaced_by, keywords, description, .. } = typed;
        Self {
            version,
            stock_shown: stock.clone(),
            sku,
            name,
            category,
            pack,
            content,
            measure,
            barcode,
            tax_class,
            price,
            cost,
            minimum,
            multiple,
            stock,
            low_at,
            back_orders,
            status,
            replaced_by,
            keywords,
            description,
        }
    }

    /// What was typed.
    pub fn typed(&self) -> Typed {
        let Self { sku, name, category, pack, content, measure, barcode, tax_class, price, cost, minimum, multiple, .. } = self.clone();
        let Self { stock, low_at, back_orders, status, replaced_by, keywords, description, .. } = self.clone();
        Typed {
            sku,
            name,
            category,
            pack,
            content,
            measure,
            barcode,
            tax_class,
            price,
            cost,
            minimum,
            multiple,
            stock,
            low_at,
            back_orders,
            status,
            replaced_by,
            keywords,
            description,
        }
    }
}
