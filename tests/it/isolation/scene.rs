//! A house with a back door: sessions, requests and customers are put there in one statement, so that every
//! route can be tried by somebody fresh.

use sqlx::{AssertSqlSafe, PgConnection};
use tradecounter::tenancy::token::{OFFICE_COOKIE, OPERATOR_COOKIE, SESSION_COOKIE, Token};
use uuid::Uuid;

use super::ids::Ids;
pub use super::sending::send;
use crate::furniture::tenant_tables;
use crate::house::{ADA, Answer, Browser, CAT, House};

/// A house behind whose back sessions, customers and requests can be put.
pub struct Scene {
    pub house: House,
    pub db: PgConnection,
    pub at_acme: Browser,
    fingerprint: String,
    people: u32,
}

/// Somebody whom a route does serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Buys at acme alone.
    Ada,
    /// Buys at acme and at bravo.
    Cat,
    /// Has proven a number, and that is all.
    Stranger,
    /// The same, of a number that was silent for long and bought at acme before, for Shop A-9.
    Silent,
    /// The same, with an open request at acme.
    Applicant,
    /// One of acme's own people.
    Staff(&'static str),
}

pub type Cookie = (&'static str, String);

impl Scene {
    pub async fn open() -> Self {
        let house = House::open().await;
        for slug in ["acme", "bravo"] {
            house.goods(slug).await;
        }
        let mut db = house.admin().await;
        let sums = tenant_tables(&mut db).await.into_iter();
        let sums = sums.map(|table| format!("(select md5(coalesce(string_agg(x::text, ',' order by x::text), '')) from {table} x)"));
        let fingerprint = format!("select concat_ws(' ', {})", sums.collect::<Vec<_>>().join(", "));
        let at_acme = house.browser("acme");
        Self { house, db, at_acme, fingerprint, people: 0 }
    }

    /// Whatever tenants' tables hold.
    pub async fn everything(&mut self) -> String {
        sqlx::query_scalar(AssertSqlSafe(self.fingerprint.clone())).fetch_one(&mut self.db).await.expect("a fingerprint")
    }

    /// The cookie of a customer's new session at a tenant.
    pub async fn customer(&mut self, slug: &str, phone: &str) -> Cookie {
        let token = Token::new().expect("randomness");
        sqlx::query(
            "insert into sessions (tenant_id, session_id, customer_id, phone, token_hash, user_agent, created_at, last_seen_at, expires_at)
             select t.id, gen_random_uuid(), c.id, c.phone, $3, '', now(), now(), now() + interval '1 day'
               from tenants t, customers c where t.slug = $1 and c.phone = $2",
        )
        .bind(slug)
        .bind(phone)
        .bind(&token.hash()[..])
        .execute(&mut self.db)
        .await
        .expect("a session");
        (SESSION_COOKIE, token.reveal())
    }

    /// The cookie of somebody's new session at a tenant's office.
    pub async fn staff(&mut self, slug: &str, role: &str) -> Cookie {
        let token = Token::new().expect("randomness");
        sqlx::query(
            "insert into staff_sessions (tenant_id, session_id, staff_id, token_hash, user_agent, created_at, last_seen_at, expires_at)
             select t.id, gen_random_uuid(), p.staff_id, $3, '', now(), now(), now() + interval '1 day'
               from tenants t join staff p on p.tenant_id = t.id where t.slug = $1 and p.email = $2 || '@' || $1 || '.example'",
        )
        .bind(slug)
        .bind(role)
        .bind(&token.hash()[..])
        .execute(&mut self.db)
        .await
        .expect("a session");
        (OFFICE_COOKIE, token.reveal())
    }

    /// The cookie of an operator's new session at the console.
    pub async fn operator(&mut self, email: &str) -> Cookie {
        let token = Token::new().expect("randomness");
        sqlx::query(
            "with one as (insert into operators (id, email, name, created_at) values (gen_random_uuid(), $1, 'Olga', now())
                          on conflict (email) do update set name = excluded.name returning id)
             insert into operator_sessions (id, operator_id, token_hash, user_agent, created_at, last_seen_at, expires_at, passkey_id)
             select gen_random_uuid(), id, $2, '', now(), now(), now() + interval '1 day', gen_random_uuid() from one",
        )
        .bind(email)
        .bind(&token.hash()[..])
        .execute(&mut self.db)
        .await
        .expect("a session");
        self.operators_passkey(email).await;
        (OPERATOR_COOKIE, token.reveal())
    }

    /// A passkey of the picker of a tenant's, which nobody could sign in with.
    async fn passkey(&mut self, slug: &str) -> String {
        sqlx::query_scalar(
            "insert into staff_passkeys (tenant_id, passkey_id, staff_id, host, credential_id, credential, name, created_at)
             select tenant_id, gen_random_uuid(), staff_id, $1 || '.localhost', gen_random_uuid()::text::bytea, '{}', 'Phone', now()
               from staff where email = 'picker@' || $1 || '.example' returning passkey_id::text",
        )
        .bind(slug)
        .fetch_one(&mut self.db)
        .await
        .expect("a passkey")
    }

    /// One of two passkeys of an operator's.
    pub async fn operators_passkey(&mut self, email: &str) -> String {
        sqlx::query_scalar(
            "with two as (insert into operator_passkeys (id, operator_id, host, credential_id, credential, name, created_at)
                          select gen_random_uuid(), id, 'admin.localhost', gen_random_uuid()::text::bytea, '{}', 'Phone', now()
                            from operators, generate_series(1, 2) where email = $1 returning id)
             select id::text from two limit 1",
        )
        .bind(email)
        .fetch_one(&mut self.db)
        .await
        .expect("a passkey")
    }

    /// The id of a program's token.
    pub async fn token(&mut self) -> String {
        sqlx::query_scalar(
            "insert into operator_tokens (id, name, token_hash, scope, made_by, created_at)
             values (gen_random_uuid(), 'nightly', sha256(gen_random_uuid()::text::bytea), 'read', 'Olga', now()) returning id::text",
        )
        .fetch_one(&mut self.db)
        .await
        .expect("a token")
    }

    /// A job of a tenant's that was given up.
    pub async fn given_up(&mut self, slug: &str) -> String {
        sqlx::query_scalar(
            "insert into jobs (id, kind, for_tenant, subject_id, attempts, run_at, created_at, given_up_at, last_error)
             select gen_random_uuid(), 'tell_staff', id, gen_random_uuid(), 9, now(), now(), now(), 'it panicked' from tenants where slug = $1
             returning id::text",
        )
        .bind(slug)
        .fetch_one(&mut self.db)
        .await
        .expect("a job")
    }

    /// A proven number that no wholesaler knows.
    pub async fn stranger(&mut self) -> String {
        self.people += 1;
        let phone = format!("+44740012{:04}", 4000 + self.people);
        sqlx::query("insert into customers (id, phone, created_at, last_proven_at) values (gen_random_uuid(), $1, now(), now())")
            .bind(&phone)
            .execute(&mut self.db)
            .await
            .expect("a customer");
        phone
    }

    pub async fn request(&mut self, slug: &str, phone: &str) -> String {
        self.add(
            "registration_requests",
            "request_id",
            slug,
            phone,
            "phone, business_name, contact_name, status",
            "c.phone, 'Deli', 'Dan', 'pending'",
        )
        .await
    }

    /// A picker who may be removed, and somebody who has been invited for two days.
    async fn colleague_and_invitation(&mut self, slug: &str) -> (String, String) {
        let colleague = sqlx::query_scalar(
            "insert into staff (tenant_id, staff_id, email, name, role, created_at)
             select id, gen_random_uuid(), gen_random_uuid() || '@example.com', 'Pip', 'picker', now() from tenants where slug = $1
             returning staff_id::text",
        );
        let invitation = sqlx::query_scalar(
            "insert into invitations (tenant_id, invitation_id, email, name, role, invited_by, created_at, sent_at, expires_at)
             select tenant_id, gen_random_uuid(), gen_random_uuid() || '@example.com', 'Ina', 'sales', staff_id, now(),
                    now() - interval '2 days', now() + interval '5 days' from staff where email = 'owner@' || $1 || '.example'
             returning invitation_id::text",
        );
        let colleague = colleague.bind(slug).fetch_one(&mut self.db).await.expect("a colleague");
        (colleague, invitation.bind(slug).fetch_one(&mut self.db).await.expect("an invitation"))
    }

    /// A domain that is proven, and the tenant's only one.
    pub async fn domain(&mut self, slug: &str) -> String {
        sqlx::query("delete from domains where tenant = (select id from tenants where slug = $1)")
            .bind(slug)
            .execute(&mut self.db)
            .await
            .expect("no others");
        sqlx::query_scalar(
            "insert into domains (id, tenant, domain, token, state, state_since, created_at)
             select gen_random_uuid(), id, 'counter.' || $1 || '.example', 'x', 'verified', now(), now() from tenants where slug = $1
             returning id::text",
        )
        .bind(slug)
        .fetch_one(&mut self.db)
        .await
        .expect("a domain")
    }

    /// An operator's request to look, answered or not.
    pub async fn support(&mut self, slug: &str, operator: Uuid, is_granted: bool) -> String {
        let (status, until) = if is_granted { ("granted", "now() + interval '1 hour'") } else { ("asked", "null") };
        let sql = format!(
            "insert into support_requests (tenant_id, request_id, operator_id, operator_name, reason, status, asked_at, granted_until)
             select id, gen_random_uuid(), $2, 'Olga', 'To have a look', '{status}', now(), {until} from tenants where slug = $1
             returning request_id::text"
        );
        sqlx::query_scalar(AssertSqlSafe(sql)).bind(slug).bind(operator).fetch_one(&mut self.db).await.expect("a request")
    }

    async fn access(&mut self, slug: &str, status: &str) -> String {
        let phone = self.stranger().await;
        let values =
            format!("c.phone, (select account_id from trade_accounts a where a.tenant_id = t.id limit 1), 'Dan', 'buyer', '{status}'");
        self.add("account_access", "access_id", slug, &phone, "phone, account_id, contact_name, role, status", &values).await
    }

    /// Whoever had this number before bought here for Shop A-9, and it is not settled whether they are the same.
    async fn former(&mut self, slug: &str, phone: &str) {
        let former = Uuid::now_v7();
        sqlx::raw_sql(AssertSqlSafe(format!(
            "insert into trade_accounts (tenant_id, account_id, account_number, business_name, country, created_at)
             select id, gen_random_uuid(), 'A-9', 'Shop A-9', 'GB', now() from tenants where slug = '{slug}'
             on conflict (tenant_id, account_number) do nothing;
             insert into customers (id, phone, created_at, last_proven_at) values ('{former}', 'former:{former}', now(), now());
             insert into account_access (tenant_id, access_id, account_id, customer_id, phone, contact_name, role, status, created_at)
             select t.id, gen_random_uuid(), a.account_id, '{former}', 'former:{former}', 'Dan', 'owner', 'active', now()
               from tenants t join trade_accounts a on a.tenant_id = t.id and a.account_number = 'A-9' where t.slug = '{slug}';
             insert into confirmations (tenant_id, customer_id, former_customer_id, status, created_at)
             select t.id, c.id, '{former}', 'open', now() from tenants t, customers c where t.slug = '{slug}' and c.phone = '{phone}'"
        )))
        .execute(&mut self.db)
        .await
        .expect("somebody who was silent");
    }

    async fn add(&mut self, table: &str, key: &str, slug: &str, phone: &str, columns: &str, values: &str) -> String {
        let sql = format!(
            "insert into {table} (tenant_id, {key}, customer_id, created_at, {columns})
             select t.id, gen_random_uuid(), c.id, now(), {values} from tenants t, customers c where t.slug = $1 and c.phone = $2
             returning {key}::text"
        );
        sqlx::query_scalar(AssertSqlSafe(sql)).bind(slug).bind(phone).fetch_one(&mut self.db).await.expect("a row")
    }

    async fn message(&mut self, slug: &str) -> String {
        let sql = "insert into messages (tenant_id, message_id, channel, recipient, text, status, created_at)
                   select id, gen_random_uuid(), 'sms', '+447400123001', 'Your order', 'failed', now() from tenants where slug = $1
                   returning message_id::text";
        sqlx::query_scalar(sql).bind(slug).fetch_one(&mut self.db).await.expect("a message")
    }

    /// Things at a tenant that each route has something to do with; the session is of this customer.
    pub async fn ids(&mut self, slug: &str, phone: &str, other_slug: &str) -> Ids {
        let asking = self.stranger().await;
        self.customer(slug, phone).await;
        let (colleague, invitation) = self.colleague_and_invitation(slug).await;
        let newest = format!("select session_id::text from sessions where phone = '{phone}' order by created_at desc, ctid desc limit 1");
        Ids {
            request: self.request(slug, &asking).await,
            active: self.access(slug, "active").await,
            suspended: self.access(slug, "suspended").await,
            session: sqlx::query_scalar(AssertSqlSafe(newest)).fetch_one(&mut self.db).await.expect("a session"),
            slug: other_slug.to_owned(),
            colleague,
            invitation,
            domain: self.domain(slug).await,
            asked: self.support(slug, Uuid::now_v7(), false).await,
            granted: self.support(slug, Uuid::now_v7(), true).await,
            passkey: self.passkey(slug).await,
            product: self.product(slug).await,
            order: self.order(slug, phone).await,
            category: self.category(slug).await,
            price_list: self.price_list(slug).await,
            files: [self.file(slug, "read").await, self.file(slug, "applied").await],
            account: self.account(slug).await,
            message: self.message(slug).await,
        }
    }

    /// The cookie of the one whom a route is for.
    pub async fn right(&mut self, right: Right) -> Cookie {
        match right {
            Right::Ada => self.customer("acme", ADA).await,
            Right::Cat => self.customer("acme", CAT).await,
            Right::Stranger => {
                let phone = self.stranger().await;
                self.customer("acme", &phone).await
            }
            Right::Applicant => {
                let phone = self.stranger().await;
                self.request("acme", &phone).await;
                self.customer("acme", &phone).await
            }
            Right::Silent => {
                let phone = self.stranger().await;
                self.former("acme", &phone).await;
                self.customer("acme", &phone).await
            }
            Right::Staff(role) => self.staff("acme", role).await,
        }
    }

    /// Asks for a route at acme with these cookies and nothing else.
    pub async fn ask(&self, method: &str, path: &str, body: &str, cookies: &[Cookie]) -> Answer {
        send(&self.at_acme, method, path, body, cookies).await
    }
}
