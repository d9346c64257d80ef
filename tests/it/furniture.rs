//! Something to see: one row of everything for every customer at both tenants, and seats before the database
//! from which it is looked at as one of the server's own roles.

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use uuid::Uuid;

use crate::house::House;

/// The roles that reach tenants' tables at all.
pub const TENANT_ROLES: [&str; 4] = ["tc_counter", "tc_office", "tc_identity", "tc_support"];

/// An operator whom both tenants have let in.
pub const LET_IN: Uuid = Uuid::from_u128(0x0196_f3a0_0000_7000_8000_0000_0000_00aa);

/// What an administrator runs to put a row into every tenant's table.
const ONE_OF_EVERYTHING: &str = "
  insert into sessions (tenant_id, session_id, customer_id, phone, token_hash, user_agent, created_at, last_seen_at, expires_at)
  select tenant_id, gen_random_uuid(), customer_id, phone, sha256(access_id::text::bytea), 'Test', now(), now(), now() + interval '1 day'
    from account_access;
  insert into staff_sessions (tenant_id, session_id, staff_id, token_hash, user_agent, created_at, last_seen_at, expires_at)
  select tenant_id, gen_random_uuid(), staff_id, sha256(staff_id::text::bytea), 'Test', now(), now(), now() + interval '1 day' from staff;
  insert into staff_passkeys (tenant_id, passkey_id, staff_id, host, credential_id, credential, name, created_at)
  select s.tenant_id, gen_random_uuid(), s.staff_id, t.slug || '.localhost', sha256(s.staff_id::text::bytea), '{}', 'Phone', now()
    from staff s join tenants t on t.id = s.tenant_id;
  insert into registration_requests (tenant_id, request_id, customer_id, phone, business_name, contact_name, status, created_at)
  select tenant_id, gen_random_uuid(), customer_id, phone, 'Shop', 'Contact', 'approved', now() from account_access;
  insert into messages (tenant_id, message_id, channel, recipient, text, status, created_at, customer_id, phone)
  select tenant_id, gen_random_uuid(), 'sms', phone, 'Hello', 'sent', now(), customer_id, phone from account_access;
  insert into confirmations (tenant_id, customer_id, former_customer_id, status, created_at)
  select tenant_id, customer_id, customer_id, 'dismissed', now() from account_access;
  insert into audit_events (tenant_id, event_id, at, actor_kind, actor_name, action, subject_kind, subject_id)
  select tenant_id, gen_random_uuid(), now(), 'system', 'test', 'test.made', 'account_access', access_id from account_access;
  insert into idempotency_keys (tenant_id, customer_id, key, request_hash, answer, created_at)
  select tenant_id, customer_id, 'key of ' || access_id, sha256('x'), '{}', now() from account_access;
  insert into invitations (tenant_id, invitation_id, email, name, role, invited_by, created_at, sent_at, expires_at)
  select tenant_id, gen_random_uuid(), 'new@somewhere.example', 'New', 'sales', staff_id, now(), now(), now() + interval '7 days'
    from staff where role = 'owner';
  insert into message_templates (tenant_id, kind, language, channel, text, changed_at, changed_by)
  select id, 'order_accepted', 'en', 'sms', 'Hello from ' || slug, now(), 'Owner' from tenants;
  insert into operators (id, email, name, created_at) values ('0196f3a0-0000-7000-8000-0000000000aa', 'let-in@platform.example', 'Lin', now());
  insert into support_requests (tenant_id, request_id, operator_id, operator_name, reason, status, asked_at, decided_at, decided_by, granted_until)
  select id, gen_random_uuid(), '0196f3a0-0000-7000-8000-0000000000aa', 'Lin', 'To have a look', 'granted', now(), now(), 'Owner',
         now() + interval '1 hour' from tenants;";

/// The same of goods, prices, baskets and orders: a price of everybody's, one of a list that every account shares, and one of
/// each account's own, behind another list of a price that nobody is given.
const ONE_OF_ALL_GOODS: &str = "
  insert into categories (tenant_id, category_id, slug, name) select id, gen_random_uuid(), 'tea', 'Tea' from tenants;
  insert into pictures (tenant_id, picture_hash, small, large, created_at) select id, sha256(id::text::bytea), 'small', 'large', now() from tenants;
  insert into products (tenant_id, product_id, sku, sku_key, name, name_key, category_id, stock_mode, picture_hash, created_at, updated_at)
  select c.tenant_id, gen_random_uuid(), 'TEA-1', 'TEA-1', 'Tea', 'tea', c.category_id, 'tracked', p.picture_hash, now(), now()
    from categories c join pictures p using (tenant_id);
  insert into product_costs (tenant_id, product_id, cost_minor, updated_at) select tenant_id, product_id, 60, now() from products;
  insert into stock (tenant_id, product_id, on_hand, counted_at) select tenant_id, product_id, 100, now() from products;
  insert into search_words (tenant_id, word, product_id) select tenant_id, 'tea of ' || tenant_id, product_id from products;
  insert into price_lists (tenant_id, price_list_id, kind, name, created_at)
  select id, id, 'base', '', now() from tenants union all select id, gen_random_uuid(), 'list', name, now() from tenants, (values ('Gold'), ('Slow payers')) l (name)
   union all select tenant_id, account_id, 'account', '', now() from trade_accounts;
  insert into prices (tenant_id, price_list_id, product_id, minor)
  select l.tenant_id, l.price_list_id, p.product_id, 100 from price_lists l join products p using (tenant_id);
  update trade_accounts t set price_list_id = l.price_list_id from price_lists l where l.tenant_id = t.tenant_id and l.name = 'Gold';
  insert into baskets (tenant_id, account_id, submission_id, changed_at) select tenant_id, account_id, gen_random_uuid(), now() from trade_accounts;
  insert into basket_lines (tenant_id, account_id, product_id, quantity, changed_at)
  select b.tenant_id, b.account_id, p.product_id, 6, now() from baskets b join products p using (tenant_id);
  insert into order_days (tenant_id, method, weekday, days_before, cut_off) select id, 'delivery', 2, 1, '16:00' from tenants;
  insert into closed_days (tenant_id, day) select id, '2026-12-25' from tenants;
  insert into orders (tenant_id, order_id, account_id, number, status, status_since, placed_at, placed_by_kind, currency, vat_rounding,
                      tax_country, net_minor, tax_minor)
  select tenant_id, gen_random_uuid(), account_id, 'XX-' || translate(account_number, '-01', '2MN') || '-222', 'submitted', now(), now(), 'customer', 'GBP', 'line',
         'GB', 600, 120 from trade_accounts;
  insert into order_lines (tenant_id, order_id, line, account_id, product_id, sku, name, pack, tax_class, tax_basis_points, unit_minor,
                           price_source, price_from_quantity, price_list_id, ordered, net_minor)
  select o.tenant_id, o.order_id, 1, o.account_id, p.product_id, 'TEA-1', 'Tea', '', 'standard', 2000, 100, 'list', 1, l.price_list_id, 6, 600
    from orders o join products p using (tenant_id) join price_lists l on l.tenant_id = o.tenant_id and l.name = 'Gold';
  insert into order_events (tenant_id, order_id, event_id, account_id, at, actor_kind, move, to_status)
  select tenant_id, order_id, gen_random_uuid(), account_id, now(), 'customer', 'submit', 'submitted' from orders;
  insert into submissions (tenant_id, account_id, submission, request_hash, order_id, answer, created_at)
  select tenant_id, account_id, 'key of ' || account_id, sha256('x'), order_id, '{}', now() from orders;
  insert into imports (tenant_id, import_id, kind, file_name, bytes, characters, separator, decimal_mark, headings, fields, status, staff_id,
                       staff_name, created_at)
  select id, gen_random_uuid(), 'products', 'list of ' || slug, 9, 'utf-8', 'comma', 'point', '{SKU}', '{sku}', 'read', gen_random_uuid(), 'Owner', now()
    from tenants;
  insert into import_pieces (tenant_id, import_id, piece, bytes) select tenant_id, import_id, 0, 'SKU' from imports;
  insert into import_rows (tenant_id, import_id, line, verdict, key, title) select tenant_id, import_id, 2, 'unchanged', 'TEA-1', 'TEA-1' from imports;
  insert into import_mappings (tenant_id, kind, heading, field, said_at) select id, 'products', 'code', 'sku', now() from tenants;";

/// Puts one row of everything into the house.
pub async fn furnish(house: &House) {
    for rows in [ONE_OF_EVERYTHING, ONE_OF_ALL_GOODS] {
        sqlx::raw_sql(rows).execute(&mut house.admin().await).await.expect("one of everything");
    }
}

/// The names of the tables that belong to tenants, read from the catalog.
pub async fn tenant_tables(connection: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar(
        "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
          where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1",
    )
    .fetch_all(connection)
    .await
    .expect("the catalog")
}

/// Everything by which one customer is known at one tenant.
#[derive(Debug, Clone)]
pub struct Person {
    pub tenant: Uuid,
    pub account: Uuid,
    pub access: Uuid,
    pub customer: Uuid,
    pub phone: String,
    pub session: Uuid,
    pub session_hash: String,
    pub request: Uuid,
    /// The list whose prices their account shares; nil without one.
    pub price_list: Uuid,
    pub staff: Uuid,
}

impl Person {
    /// Looks up a customer of a furnished house, with the owner of the office they buy from.
    pub async fn of(house: &House, slug: &str, phone: &str) -> Self {
        let row = sqlx::query(
            "select a.tenant_id, a.account_id, a.access_id, a.customer_id, a.phone, s.session_id, encode(s.token_hash, 'hex') as hash,
                    r.request_id, coalesce(b.price_list_id, '00000000-0000-0000-0000-000000000000') as price_list_id, p.staff_id
               from tenants t
               join account_access a on a.tenant_id = t.id
               join trade_accounts b on b.tenant_id = t.id and b.account_id = a.account_id
               join sessions s on s.tenant_id = t.id and s.customer_id = a.customer_id
               join registration_requests r on r.tenant_id = t.id and r.customer_id = a.customer_id
               join staff p on p.tenant_id = t.id and p.role = 'owner'
              where t.slug = $1 and a.phone = $2",
        )
        .bind(slug)
        .bind(phone)
        .fetch_one(&mut house.admin().await)
        .await
        .expect("a customer of a furnished house");
        Self {
            tenant: row.get("tenant_id"),
            account: row.get("account_id"),
            access: row.get("access_id"),
            customer: row.get("customer_id"),
            phone: row.get("phone"),
            session: row.get("session_id"),
            session_hash: row.get("hash"),
            request: row.get("request_id"),
            price_list: row.get("price_list_id"),
            staff: row.get("staff_id"),
        }
    }

    /// What a transaction of theirs begins with behind this role's door.
    pub fn settings(&self, role: &str) -> String {
        let Self { tenant, account, customer, session_hash, price_list, .. } = self;
        match role {
            "tc_counter" => format!(
                "set local app.tenant_id = '{tenant}'; set local app.session_hash = '{session_hash}'; \
                 set local app.customer_id = '{customer}'; set local app.account_id = '{account}'; \
                 set local app.price_list_id = '{price_list}'; set local app.base_list_id = '{tenant}'"
            ),
            "tc_office" | "tc_platform" | "tc_import" => format!("set local app.tenant_id = '{tenant}'"),
            "tc_support" => format!("set local app.tenant_id = '{tenant}'; set local app.operator_id = '{LET_IN}'"),
            "tc_identity" => format!("set local app.customer_id = '{customer}'"),
            _ => String::new(),
        }
    }
}

/// Why the database did not do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub code: String,
    pub message: String,
}

/// How many rows were seen or changed, or why none.
pub type Outcome = Result<u64, Refused>;

/// A connection as one of the server's roles.
pub struct Seat {
    connection: PgConnection,
    settings: String,
}

impl Seat {
    /// With nothing set.
    pub async fn unset(house: &House, role: &str) -> Self {
        Self { connection: house.role(role).await, settings: String::new() }
    }

    /// With what is set for this customer, or for the office they buy from.
    pub async fn of(house: &House, role: &str, person: &Person) -> Self {
        Self { connection: house.role(role).await, settings: person.settings(role) }
    }

    /// Runs one statement in a transaction of its own and takes it back.
    pub async fn run(&mut self, sql: &str) -> Outcome {
        self.run_under(&self.settings.clone(), sql).await
    }

    /// The same under other settings.
    pub async fn run_under(&mut self, settings: &str, sql: &str) -> Outcome {
        let mut tx = self.connection.begin().await.expect("a transaction");
        sqlx::raw_sql(AssertSqlSafe(settings.to_owned())).execute(&mut *tx).await.expect("settings");
        let done = sqlx::query(AssertSqlSafe(sql.to_owned())).persistent(false).execute(&mut *tx).await;
        tx.rollback().await.expect("back to nothing");
        done.map(|done| done.rows_affected()).map_err(|error| refused(&error))
    }

    /// Commits a transaction that had everything set, so that the settings fall back to what PostgreSQL leaves.
    pub async fn use_up(&mut self, settings: &str) {
        let text = format!("begin; {settings}; commit");
        sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut self.connection).await.expect("a transaction that was kept");
    }

    /// The connection itself.
    pub fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

/// What the database said.
pub fn refused(error: &sqlx::Error) -> Refused {
    let said = error.as_database_error().unwrap_or_else(|| panic!("not the database: {error}"));
    Refused { code: said.code().unwrap_or_default().into_owned(), message: said.message().to_owned() }
}

/// The SQLSTATE alone; empty when nothing was refused.
pub fn code(outcome: &Outcome) -> &str {
    outcome.as_ref().map_or_else(|refused| refused.code.as_str(), |_| "")
}
