//! What is ordered at the two counters.

use sqlx::AssertSqlSafe;
use tradecounter::orders::OrderNumber;

use super::scene::Scene;

impl Scene {
    /// The number of an order of this customer's, which nobody has answered yet.
    pub async fn order(&mut self, slug: &str, phone: &str) -> String {
        let letters = OrderNumber::random(slug, &mut rand::rng()).to_string();
        let sql = format!(
            "with made as (
               insert into orders (tenant_id, order_id, account_id, number, status, status_since, placed_at, placed_by_kind, placed_by,
                                   currency, vat_rounding, tax_country, net_minor, tax_minor)
               select t.id, gen_random_uuid(), a.account_id, '{letters}', 'submitted', now(), now(), 'customer', a.access_id,
                      'GBP', 'line', 'GB', 100, 0
                 from tenants t join account_access a on a.tenant_id = t.id and a.phone = $2 where t.slug = $1
               returning tenant_id, order_id, account_id, number, placed_by),
             lines as (
               insert into order_lines (tenant_id, order_id, line, account_id, product_id, sku, name, pack, tax_class, tax_basis_points,
                                        unit_minor, price_source, price_from_quantity, ordered, net_minor)
               select m.tenant_id, m.order_id, 1, m.account_id, p.product_id, p.sku, p.name, '', 'zero', 0, 100, 'base', 1, 1, 100
                 from made m join products p on p.tenant_id = m.tenant_id and p.sku = 'SUG-1')
             insert into order_events (tenant_id, order_id, event_id, account_id, at, actor_kind, actor_id, move, to_status)
             select tenant_id, order_id, gen_random_uuid(), account_id, now(), 'customer', placed_by, 'submitted', 'submitted' from made
             returning '{letters}'"
        );
        sqlx::query_scalar(AssertSqlSafe(sql)).bind(slug).bind(phone).fetch_one(&mut self.db).await.expect("an order")
    }
}
