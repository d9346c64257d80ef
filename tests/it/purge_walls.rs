//! The database itself refuses to purge a tenant whose grace is not over, whatever the application says: as the platform's own
//! role, in every state, by the database's own clock.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use tradecounter::tenants::holdings::{Erased, HOLDINGS};

use crate::furniture::{furnish, tenant_tables};
use crate::house::House;

/// How a tenant can stand, and whether its rows can be deleted then.
const STANDINGS: [(&str, bool); 9] = [
    ("status = 'demo'", false),
    ("status = 'active'", false),
    ("status = 'suspended', before_suspension = 'active'", false),
    ("status = 'closing', before_closing = 'active'", false),
    ("status = 'closing', before_closing = 'active', grace_ends_at = now() + interval '1 second'", false),
    ("status = 'closing', before_closing = 'active', grace_ends_at = now() + interval '30 days'", false),
    ("status = 'closing', before_closing = 'active', grace_ends_at = now()", true),
    ("status = 'closing', before_closing = 'suspended', before_suspension = 'demo', grace_ends_at = now() - interval '1 day'", true),
    ("status = 'purged'", false),
];

/// The tenant's tables, each behind those that point to it.
fn in_order() -> Vec<&'static str> {
    HOLDINGS.iter().filter(|holding| holding.erased == Erased::Row("tenant_id")).map(|holding| holding.table).collect()
}

async fn run(connection: &mut PgConnection, sql: &str) -> u64 {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap_or_else(|error| panic!("{sql}: {error}")).rows_affected()
}

#[tokio::test]
async fn the_database_deletes_nothing_of_a_tenant_before_its_grace_is_over() {
    let house = House::open().await;
    furnish(&house).await;
    let mut admin = house.admin().await;
    let tables = in_order();
    assert_eq!(tables.len(), tenant_tables(&mut admin).await.len());
    let (acme, bravo) = (house.tenant("acme").await, house.tenant("bravo").await);
    let mut platform = house.role("tc_platform").await;
    for (standing, is_over) in STANDINGS {
        house
            .change(&format!(
                "update tenants set status = 'active', before_suspension = null, before_closing = null, grace_ends_at = null where slug = 'acme';
                 update tenants set {standing} where slug = 'acme'"
            ))
            .await;
        let mut tx = platform.begin().await.expect("a transaction");
        run(&mut tx, &format!("set local app.tenant_id = '{acme}'")).await;
        for table in &tables {
            let seen = run(&mut tx, &format!("select tenant_id from {table} where tenant_id <> '{acme}'")).await;
            assert_eq!(seen, 0, "{standing}: {table} of the other tenant");
            let deleted = run(&mut tx, &format!("delete from {table}")).await;
            assert_eq!(deleted > 0, is_over, "{standing}: {table} lost {deleted} rows");
        }
        assert_eq!(run(&mut tx, &format!("delete from tenants where id = '{bravo}'")).await, 0, "{standing}: the other one");
        let deleted = run(&mut tx, "delete from tenants").await;
        assert_eq!(deleted, u64::from(is_over), "{standing}");
        tx.rollback().await.expect("back to how it was");
    }
}
