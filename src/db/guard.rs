//! What is looked at before the server opens: that the database really refuses. A role with too much, a
//! tenant's table without its policies or a key that does not begin with the tenant stops the start.

#![expect(clippy::disallowed_types, reason = "this is the room that holds the pools")]

use anyhow::Context;
use sqlx::{ConnectOptions, Connection, PgConnection};

use super::connect::{Address, SERVER_ROLES};
use super::grants;

/// The oldest PostgreSQL with the fix for reading other rows' values through statistics (CVE-2025-8713).
const OLDEST_VERSION: i32 = 150_014;

/// Everything that is wrong, in words; empty when the database is as it should be.
pub async fn findings(address: &Address) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for role in SERVER_ROLES {
        let mut connection = address.as_role(role).connect().await.with_context(|| format!("connecting as {role}"))?;
        found.extend(findings_as(&mut connection, role).await?);
        connection.close().await?;
    }
    Ok(found)
}

/// What is wrong in the eyes of one role, as which this connection runs its statements.
pub async fn findings_as(connection: &mut PgConnection, role: &str) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    check_role(connection, role, &mut found).await?;
    check_grants(connection, role, &mut found).await?;
    // The tables look the same to all of them.
    if role == SERVER_ROLES[0] {
        check_version(connection, &mut found).await?;
        check_tables(connection, &mut found).await?;
    }
    Ok(found)
}

/// Refuses to go on when there is anything to find.
pub async fn insist(address: &Address) -> anyhow::Result<()> {
    let found = findings(address).await?;
    anyhow::ensure!(found.is_empty(), "the database would not keep tenants apart:\n  - {}", found.join("\n  - "));
    Ok(())
}

async fn check_version(connection: &mut PgConnection, found: &mut Vec<String>) -> anyhow::Result<()> {
    let version: i32 = sqlx::query_scalar("select current_setting('server_version_num')::int").fetch_one(connection).await?;
    if version < OLDEST_VERSION {
        found.push(format!("PostgreSQL {version} is too old: 15.14 or newer is needed"));
    }
    Ok(())
}

/// Attributes, memberships, ownership and the side doors of one role.
async fn check_role(connection: &mut PgConnection, role: &str, found: &mut Vec<String>) -> anyhow::Result<()> {
    const QUESTIONS: [(&str, &str); 12] = [
        ("is a superuser", "select rolsuper from pg_roles where rolname = current_user"),
        ("bypasses row-level security", "select rolbypassrls from pg_roles where rolname = current_user"),
        ("may create roles", "select rolcreaterole from pg_roles where rolname = current_user"),
        ("may create databases", "select rolcreatedb from pg_roles where rolname = current_user"),
        ("may replicate", "select rolreplication from pg_roles where rolname = current_user"),
        (
            "is a member of another role",
            "select exists (select from pg_roles r where r.rolname <> current_user and pg_has_role(r.oid, 'member'))",
        ),
        (
            "owns something in this database",
            "select exists (select from pg_class where relowner = (select oid from pg_roles where rolname = current_user))
                 or exists (select from pg_proc where proowner = (select oid from pg_roles where rolname = current_user))
                 or exists (select from pg_namespace where nspowner = (select oid from pg_roles where rolname = current_user))",
        ),
        ("may make temporary tables", "select has_database_privilege(current_database(), 'temp')"),
        ("may create in schema public", "select has_schema_privilege('public', 'create')"),
        ("may call set_config", "select has_function_privilege('pg_catalog.set_config(text, text, boolean)', 'execute')"),
        ("may write plpgsql", "select has_language_privilege('plpgsql', 'usage')"),
        (
            "may keep large objects, which know no tenant",
            "select exists (select from pg_proc where pronamespace = 'pg_catalog'::regnamespace and proname ~ '^lo(_|read|write)'
                              and has_function_privilege(oid, 'execute'))",
        ),
    ];
    for (words, question) in QUESTIONS {
        if sqlx::query_scalar::<_, bool>(question).fetch_one(&mut *connection).await? {
            found.push(format!("{role} {words}"));
        }
    }
    Ok(())
}

/// Rights on tables and columns beyond the list, given to the role or to everybody.
async fn check_grants(connection: &mut PgConnection, role: &str, found: &mut Vec<String>) -> anyhow::Result<()> {
    let granted: Vec<(String, Option<String>, String)> = sqlx::query_as(
        "select c.relname::text, null::text, a.privilege_type
           from pg_class c, aclexplode(c.relacl) a
          where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
            and a.grantee in (0, (select oid from pg_roles where rolname = current_user))
          union all
         select c.relname::text, t.attname::text, a.privilege_type
           from pg_class c join pg_attribute t on t.attrelid = c.oid, aclexplode(t.attacl) a
          where c.relnamespace = 'public'::regnamespace and not t.attisdropped
            and a.grantee in (0, (select oid from pg_roles where rolname = current_user))",
    )
    .fetch_all(connection)
    .await?;
    for (table, column, right) in granted {
        if !grants::is_listed(role, &table, &right, column.as_deref()) {
            let column = column.map(|name| format!("({name})")).unwrap_or_default();
            found.push(format!("{role} may {} {table}{column}, which is not on the list", right.to_lowercase()));
        }
    }
    Ok(())
}

/// The policies whose words are not those of `policies.sql`, written down here a second time: for one role, and
/// the tenant, the customer, the session, the account or the price lists as settings name them, joined by `and` alone; a
/// request is written by its customer as pending or withdrawn, an order as submitted or cancelled; the platform sees and deletes what is of the tenant that it
/// names once that one's grace is over, of an audit log also sees where it ends; and support sees what it asked, and the
/// rest while a grant runs, and writes only the end of one. Casts to text and brackets, which versions print differently,
/// are left out of the comparison.
const OTHER_WORDS: &str = r"select name || '.' || p.polname
  from t join pg_policy p on p.polrelid = t.oid
  left join pg_roles r on p.polroles = array[r.oid]
 cross join lateral (
   select array_agg(a.attname::text) as columns from pg_attribute a where a.attrelid = t.oid and not a.attisdropped) k
 cross join lateral (
   select 'tenant_id=current_setting''app.tenant_id''::uuid' as of_tenant,
          'customer_id=current_setting''app.customer_id''::uuid' as of_customer,
          'account_id=current_setting''app.account_id''::uuid' as of_account,
          'price_list_id=ANYARRAY[current_setting''app.account_id''::uuid,current_setting''app.price_list_id''::uuid,'
            || 'current_setting''app.base_list_id''::uuid]' as of_price_lists,
          'token_hash=decodecurrent_setting''app.session_hash'',''hex''' as of_session,
          'tenant_id=SELECTtenants.idFROMtenantsWHEREtenants.id=current_setting''app.tenant_id''::uuid'
            || 'ANDtenants.status=''closing''ANDtenants.grace_ends_at<=now' as of_purge,
          'operator_id=current_setting''app.operator_id''::uuid' as of_operator,
          'EXISTSSELECTFROMsupport_requestssJOINoperatorsoONo.id=s.operator_id'
            || 'WHEREs.tenant_id=current_setting''app.tenant_id''::uuidANDs.operator_id=current_setting''app.operator_id''::uuid'
            || 'ANDs.status=''granted''ANDs.granted_until>nowANDs.ended_atISNULLANDo.removed_atISNULL' as while_granted) words
 cross join lateral (
   select case r.rolname
     when 'tc_office' then of_tenant
     when 'tc_platform' then case when name = 'audit_events' then of_tenant else of_purge end
     when 'tc_import' then of_tenant
     when 'tc_identity' then case when 'customer_id' = any(columns) then of_customer else 'false' end
     when 'tc_support' then of_tenant || 'AND' || case when name = 'support_requests' then of_operator else while_granted end
     when 'tc_counter' then of_tenant || case
       when 'token_hash' = any(columns) then 'AND' || of_session
       when 'customer_id' = any(columns) then 'AND' || of_customer
       when 'account_id' = any(columns) then 'AND' || of_account
       when 'price_list_id' = any(columns) then 'AND' || of_price_lists
       else '' end
   end as rule,
   case
     when r.rolname = 'tc_counter' and name = 'registration_requests' then 'ANDstatus=ANYARRAY[''pending'',''withdrawn'']'
     when r.rolname = 'tc_counter' and name = 'orders' then 'ANDstatus=ANYARRAY[''submitted'',''cancelled'']'
     when r.rolname = 'tc_support' and name = 'support_requests' then 'ANDended_atISNOTNULL'
     else '' end as narrower) expected
 where case when p.polname = 'tc_platform_purge'
   then name <> 'audit_events' or r.rolname is distinct from 'tc_platform' or p.polcmd <> 'd' or p.polpermissive or p.polwithcheck is not null
     or regexp_replace(pg_get_expr(p.polqual, p.polrelid), '::text|[()\s]', '', 'g') is distinct from of_purge
   else regexp_replace(pg_get_expr(p.polqual, p.polrelid), '::text|[()\s]', '', 'g') is distinct from rule
    or regexp_replace(pg_get_expr(p.polwithcheck, p.polrelid), '::text|[()\s]', '', 'g')
         is distinct from case when r.rolname = 'tc_platform' then of_tenant else rule || narrower end end
  union all
 select 'audit_events' where not exists (
   select from pg_policy where polrelid = 'audit_events'::regclass and polname = 'tc_platform_purge')";

/// What is not as it should be with the table of the tenants themselves: an office sees and changes its own row alone,
/// as does who brings a tenant back, through a policy and its floor of these very words; the other roles have one policy
/// each that shows them all, and the platform a floor that keeps it from deleting one whose grace is not over.
const TENANTS_UNBOUND: &str = r"select 'tenants' where not (select relrowsecurity from pg_class where oid = 'tenants'::regclass)
  union all
 select 'tenants.' || p.polname
   from pg_policy p left join pg_roles r on p.polroles = array[r.oid]
  cross join lateral (select case r.rolname
    when 'tc_office' then 'id=current_setting''app.tenant_id''::uuid'
    when 'tc_import' then 'id=current_setting''app.tenant_id''::uuid'
    when 'tc_identity' then 'true'
    when 'tc_platform' then 'true' end as rule) expected
  where p.polrelid = 'tenants'::regclass
    and not (p.polcmd = 'd' and not p.polpermissive and r.rolname = 'tc_platform' and p.polwithcheck is null
      and regexp_replace(pg_get_expr(p.polqual, p.polrelid), '::text|[()\s]', '', 'g') = 'status=''closing''ANDgrace_ends_at<=now')
    and (p.polcmd <> '*'
      or regexp_replace(pg_get_expr(p.polqual, p.polrelid), '::text|[() ]', '', 'g') is distinct from rule
      or regexp_replace(pg_get_expr(p.polwithcheck, p.polrelid), '::text|[() ]', '', 'g') is distinct from rule)
  union all
 select 'tenants (' || wanted.role || ')'
   from (values ('tc_office', false), ('tc_office', true), ('tc_import', false), ('tc_import', true), ('tc_identity', true),
                ('tc_platform', true), ('tc_platform', false))
       wanted (role, permissive)
  where not exists (select from pg_policy p where p.polrelid = 'tenants'::regclass and p.polpermissive = wanted.permissive
                       and p.polroles = array[(select oid from pg_roles where rolname = wanted.role)])";

/// Row-level security on every tenant's table, and the tenant in front of every key.
async fn check_tables(connection: &mut PgConnection, found: &mut Vec<String>) -> anyhow::Result<()> {
    const TENANT_TABLES: &str = "select c.oid, c.relname::text as name, c.relrowsecurity, c.relforcerowsecurity, t.attnum, t.attnotnull
          from pg_class c join pg_attribute t on t.attrelid = c.oid and t.attname = 'tenant_id' and not t.attisdropped
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')";
    let checks = [
        ("{} has no row-level security", "select name from t where not relrowsecurity".to_owned()),
        ("{} does not force row-level security on its owner", "select name from t where not relforcerowsecurity".to_owned()),
        ("{} may be without a tenant", "select name from t where not attnotnull".to_owned()),
        (
            "{} lacks the floor or the policy of a role that has rights there",
            "select distinct name || ' (' || r.rolname || ')'
               from t cross join (select oid, rolname from pg_roles
                                   where rolname in ('tc_counter', 'tc_office', 'tc_identity', 'tc_platform', 'tc_support', 'tc_import')) r
              where (has_any_column_privilege(r.oid, t.oid, 'select, insert, update') or has_table_privilege(r.oid, t.oid, 'delete'))
                and (not exists (select from pg_policy p where p.polrelid = t.oid and p.polroles = array[r.oid] and not p.polpermissive
                                  and p.polcmd = '*' and p.polqual is not null and p.polwithcheck is not null)
                  or not exists (select from pg_policy p where p.polrelid = t.oid and p.polroles = array[r.oid] and p.polpermissive
                                  and p.polcmd = '*' and p.polqual is not null and p.polwithcheck is not null))"
                .to_owned(),
        ),
        ("{} is a policy of other words than its role's", OTHER_WORDS.to_owned()),
        ("{} does not keep an office to its own row", TENANTS_UNBOUND.to_owned()),
        (
            "{} has no primary key",
            "select name from t where not exists (select from pg_index i where i.indrelid = t.oid and i.indisprimary)".to_owned(),
        ),
        (
            "{} is a key that does not begin with the tenant",
            "select i.indexrelid::regclass::text from t join pg_index i on i.indrelid = t.oid
              where i.indisunique and i.indkey[0] <> t.attnum"
                .to_owned(),
        ),
        (
            "{} points from one tenant's row to another's: its key lacks the tenant",
            "select f.conname::text from pg_constraint f join t child on child.oid = f.conrelid join t parent on parent.oid = f.confrelid
              where f.contype = 'f' and (f.conkey[1] <> child.attnum or f.confkey[1] <> parent.attnum)"
                .to_owned(),
        ),
        (
            "{} points from a global table into a tenant's",
            "select f.conname::text from pg_constraint f join t parent on parent.oid = f.confrelid
              where f.contype = 'f' and f.conrelid not in (select oid from t)"
                .to_owned(),
        ),
        (
            "{} is a view or function that runs with its owner's rights",
            "select c.relname::text from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('v', 'm')
                and not coalesce(c.reloptions @> array['security_invoker=true'], false)
              union all select p.proname::text from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prosecdef"
                .to_owned(),
        ),
    ];
    for (words, question) in checks {
        let question = format!("with t as ({TENANT_TABLES}) {question}");
        let names: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(question)).fetch_all(&mut *connection).await?;
        found.extend(names.into_iter().map(|name| words.replace("{}", &name)));
    }
    Ok(())
}
