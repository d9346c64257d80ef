//! The trade accounts of a tenant, as its folder declares them.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::declared::DeclaredCustomer;
use super::difference::Rows;
use crate::db::{Office, Tx};
use crate::error::Result;
use crate::ids::AccountId;

/// Writes those that are missing or different.
pub(super) async fn write(tx: &mut Tx<Office>, accounts: &Rows<'_, DeclaredCustomer>, now: DateTime<Utc>) -> Result<()> {
    let columns = |rows: &[&DeclaredCustomer]| {
        let numbers: Vec<String> = rows.iter().map(|row| row.account_number.clone()).collect();
        let names: Vec<String> = rows.iter().map(|row| row.business_name.clone()).collect();
        let towns: Vec<String> = rows.iter().map(|row| row.town.clone()).collect();
        let countries: Vec<String> = rows.iter().map(|row| row.country.to_string()).collect();
        let of_terms = |of: fn(&[String; 2]) -> &String| rows.iter().map(|row| row.terms.as_ref().map(|terms| of(terms).clone())).collect();
        let (lists, routes): (Vec<Option<String>>, Vec<Option<String>>) = (of_terms(|[list, _]| list), of_terms(|[_, route]| route));
        (numbers, names, towns, countries, lists, routes)
    };
    if !accounts.missing.is_empty() {
        let ids: Vec<Uuid> = accounts.missing.iter().map(|_| AccountId::new().uuid()).collect();
        let (numbers, names, towns, countries, lists, routes) = columns(&accounts.missing);
        sqlx::query_scalar!(
            "insert into trade_accounts (tenant_id, account_id, account_number, business_name, town, country, price_list_id, route, created_at)
             select $1::uuid, new.account_id, new.account_number, new.business_name, new.town, new.country, l.price_list_id,
                    coalesce(new.route, ''), $9::timestamptz
               from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
                    as new (account_id, account_number, business_name, town, country, price_list, route)
               left join price_lists l on l.tenant_id = $1 and l.kind = 'list' and lower(l.name) = lower(new.price_list)
             on conflict (tenant_id, account_number) do nothing
             returning account_id",
            tx.tenant().uuid(),
            &ids,
            &numbers,
            &names,
            &towns,
            &countries,
            &lists as _,
            &routes as _,
            now
        )
        .fetch_all(&mut *tx)
        .await?;
    }
    if !accounts.different.is_empty() {
        let (numbers, names, towns, countries, lists, routes) = columns(&accounts.different);
        sqlx::query!(
            "update trade_accounts
                set business_name = new.business_name, town = new.town, country = new.country, route = coalesce(new.route, trade_accounts.route),
                    price_list_id = case when new.price_list is null then trade_accounts.price_list_id else l.price_list_id end
               from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
                    as new (account_number, business_name, town, country, price_list, route)
               left join price_lists l on l.tenant_id = $1 and l.kind = 'list' and lower(l.name) = lower(new.price_list)
              where trade_accounts.tenant_id = $1 and trade_accounts.account_number = new.account_number",
            tx.tenant().uuid(),
            &numbers,
            &names,
            &towns,
            &countries,
            &lists as _,
            &routes as _
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}
