//! Something to buy: ten products, two lists of prices, and who gets which.

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::house::House;

/// What a wholesaler of these tests sells: SKU, name, class, minimum, multiple, stock (None is untracked), back orders, base price.
type Product = (&'static str, &'static str, &'static str, i32, i32, Option<i64>, i64, i64);
const PRODUCTS: [Product; 10] = [
    ("TEA-1", "Breakfast tea, 80 bags", "zero", 1, 1, Some(100), 0, 100),
    ("TEA-2", "Earl Grey, loose", "zero", 1, 1, Some(10), 0, 450),
    ("COF-1", "Coffee beans", "zero", 6, 6, Some(0), 0, 799),
    ("SUG-1", "Sugar cubes", "zero", 1, 1, None, 0, 120),
    ("CUP-1", "Paper cups, 50", "standard", 2, 2, None, 0, 333),
    ("CUP-2", "Mugs, set of 6", "standard", 1, 1, Some(3), 20, 1_999),
    ("LID-1", "Lids, 50", "standard", 12, 12, None, 0, 33),
    ("KIT-1", "Coal, 10 kg", "reduced", 1, 1, None, 0, 1_050),
    ("CAN-1", "Candle", "standard", 1, 1, None, 0, 32),
    ("OLD-1", "Tea cosy", "standard", 1, 1, None, 0, 500),
];

impl House {
    /// Fills a tenant's shelves. The category is «Drinks» for what begins with TEA and COF, and «Tableware» for the rest. Base
    /// prices for all; TEA-1 at 0.90 from twelve. The list «Gold» has TEA-1 at 0.95, and from twelve at 0.85. CAT's account is on
    /// Gold; ADA's account has TEA-1 at 0.80 of its own. OLD-1 is discontinued, for CAN-1; LID-1 is unlisted.
    pub async fn goods(&self, slug: &str) {
        let tenant = self.tenant(slug).await;
        let mut db = self.admin().await;
        sqlx::raw_sql(AssertSqlSafe(format!(
            "insert into categories (tenant_id, category_id, slug, name, place)
             values ('{tenant}', gen_random_uuid(), 'drinks', 'Drinks', 1), ('{tenant}', gen_random_uuid(), 'tableware', 'Tableware', 2);
             insert into price_lists (tenant_id, price_list_id, kind, name, created_at)
             values ('{tenant}', '{tenant}', 'base', '', now()), ('{tenant}', gen_random_uuid(), 'list', 'Gold', now());"
        )))
        .execute(&mut db)
        .await
        .expect("categories and lists");
        for (sku, name, tax_class, minimum, multiple, stock, back_orders, price) in PRODUCTS {
            let product = Uuid::now_v7();
            let category = if sku.starts_with("TEA") || sku.starts_with("COF") { "drinks" } else { "tableware" };
            let mode = match stock {
                None => "untracked",
                Some(_) if back_orders > 0 => "back_order",
                Some(_) => "tracked",
            };
            let (status, replaced_by) = match sku {
                "OLD-1" => ("discontinued", "CAN-1"),
                "LID-1" => ("unlisted", ""),
                _ => ("listed", ""),
            };
            let words: Vec<String> = format!("{sku} {name}")
                .to_lowercase()
                .split(|character: char| !character.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .map(|word| format!("('{tenant}', '{word}', '{product}')"))
                .collect();
            let stock = stock.map_or(String::new(), |on_hand| {
                format!(
                    "insert into stock (tenant_id, product_id, on_hand, back_order_limit, counted_at)
                     values ('{tenant}', '{product}', {on_hand}, {back_orders}, now());"
                )
            });
            sqlx::raw_sql(AssertSqlSafe(format!(
                "insert into products (tenant_id, product_id, sku, sku_key, name, name_key, category_id, status, replaced_by, tax_class,
                                       minimum, multiple, stock_mode, created_at, updated_at)
                 select '{tenant}', '{product}', '{sku}', '{sku}', '{name}', lower('{name}'), category_id, '{status}', '{replaced_by}', '{tax_class}',
                        {minimum}, {multiple}, '{mode}', now(), now() from categories where tenant_id = '{tenant}' and slug = '{category}';
                 insert into prices (tenant_id, price_list_id, product_id, minor) values ('{tenant}', '{tenant}', '{product}', {price});
                 insert into product_costs (tenant_id, product_id, cost_minor, updated_at) values ('{tenant}', '{product}', {price} * 6 / 10, now());
                 insert into search_words (tenant_id, word, product_id) values {} on conflict do nothing;
                 {stock}",
                words.join(", ")
            )))
            .execute(&mut db)
            .await
            .unwrap_or_else(|error| panic!("{sku}: {error}"));
        }
        sqlx::raw_sql(AssertSqlSafe(format!(
            "insert into price_lists (tenant_id, price_list_id, kind, created_at)
             select tenant_id, account_id, 'account', now() from trade_accounts where tenant_id = '{tenant}' and account_number in ('A-1', 'B-1');
             insert into prices (tenant_id, price_list_id, product_id, from_quantity, minor)
             select p.tenant_id, l.price_list_id, p.product_id, n.from_quantity, n.minor
               from products p join price_lists l using (tenant_id)
               join (values ('base', 12, 90), ('list', 1, 95), ('list', 12, 85), ('account', 1, 80)) n (kind, from_quantity, minor) using (kind)
              where p.tenant_id = '{tenant}' and p.sku = 'TEA-1';
             update trade_accounts t set price_list_id = l.price_list_id from price_lists l
              where t.tenant_id = '{tenant}' and l.tenant_id = t.tenant_id and l.name = 'Gold' and t.account_number like '_-2'"
        )))
        .execute(&mut db)
        .await
        .expect("lists and own prices");
    }
}
