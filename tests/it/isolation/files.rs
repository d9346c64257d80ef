//! Files on their way, for the routes that have something to do with one.

use crate::house::{Answer, Browser};
use crate::imports;

use super::routes::{Door, Guarded, office};
use super::scene::Scene;

/// Stands for a file that is uploaded.
pub const FILE: &str = "a file";

/// For those who keep the goods; and the day in numbers, for everybody.
pub const FILES: &[Guarded] = &[
    office(Door::Keeper, "GET", "/office/imports", "", 200),
    office(Door::Keeper, "POST", "/office/imports", FILE, 303),
    office(Door::Keeper, "GET", "/office/imports/:import_id", "", 200),
    office(Door::Keeper, "GET", "/office/imports/:import_id/columns", "", 200),
    office(Door::Keeper, "POST", "/office/imports/:import_id/columns", "column-0=sku&decimal_mark=point", 303),
    office(Door::Keeper, "POST", "/office/imports/:import_id/application", "", 303),
    office(Door::Keeper, "POST", "/office/imports/:import_id/undoing", "", 303),
    office(Door::Keeper, "POST", "/office/imports/:import_id/removal", "", 303),
    office(Door::Keeper, "GET", "/office/exports/products.csv", "", 200),
    office(Door::Keeper, "GET", "/office/exports/prices.csv", "", 200),
    office(Door::Keeper, "GET", "/office/exports/customers.csv", "", 200),
    office(Door::AnyRole, "GET", "/office/dashboard", "", 200),
];

/// Sends it as the page's form does.
pub async fn send(browser: &Browser) -> Answer {
    imports::upload(browser, "products", "list.csv", b"sku,name\nNEW-9,New\n").await
}

impl Scene {
    /// One that is read or applied, with a row that is new.
    pub async fn file(&mut self, slug: &str, status: &str) -> String {
        sqlx::query_scalar(
            "with file as (
               insert into imports (tenant_id, import_id, kind, file_name, bytes, characters, separator, decimal_mark, headings, fields, status,
                                    new_rows, staff_id, staff_name, created_at, applied_at)
               select id, gen_random_uuid(), 'products', 'list of ' || slug, 9, 'utf-8', 'comma', 'point', '{SKU}', '{sku}', $2, 1,
                      gen_random_uuid(), 'Owner', now(), case when $2 = 'applied' then clock_timestamp() end
                 from tenants where slug = $1 returning *),
             piece as (insert into import_pieces (tenant_id, import_id, piece, bytes) select tenant_id, import_id, 0, E'SKU\\nNEW-8\\n' from file)
             insert into import_rows (tenant_id, import_id, line, verdict, key, title)
             select tenant_id, import_id, 2, 'new', 'NEW-8', 'NEW-8' from file returning import_id::text",
        )
        .bind(slug)
        .bind(status)
        .fetch_one(&mut self.db)
        .await
        .expect("a file")
    }
}
