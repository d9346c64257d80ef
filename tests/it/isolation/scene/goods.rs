//! What is sold, in the scene.

use super::Scene;

impl Scene {
    /// Something that is sold.
    pub async fn product(&mut self, slug: &str) -> String {
        sqlx::query_scalar(
            "insert into products (tenant_id, product_id, sku, sku_key, name, name_key, created_at, updated_at)
             select id, gen_random_uuid(), 'TEA-1', 'TEA-1', 'Tea', 'tea', now(), now() from tenants where slug = $1
             on conflict (tenant_id, sku_key) do update set name = excluded.name returning product_id::text",
        )
        .bind(slug)
        .fetch_one(&mut self.db)
        .await
        .expect("a product")
    }
}
