//! What stands in the database of what the folders declare.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::declared::{Declared, Logo};
use super::plan::Change;
use crate::db::{Office, Platform, Tx};
use crate::error::Result;
use crate::values::Slug;

/// A tenant's own row.
pub(super) struct Settings {
    pub id: Uuid,
    status: String,
    business_name: String,
    country: String,
    currency: String,
    time_zone: String,
    brand_colour: String,
    opening_text: String,
    contact_email: String,
    contact_phone: String,
    contact_address: String,
    sms_countries: Vec<String>,
    logo_type: Option<String>,
    logo_hash: Option<String>,
}

impl Settings {
    /// The row of this name, or of who has another name now, if there is one.
    pub async fn read(tx: &mut Tx<Platform>, slug: &Slug) -> Result<Option<Self>> {
        Ok(sqlx::query_as!(
            Settings,
            "select id, status, business_name, country, currency, time_zone, brand_colour, opening_text,
                    contact_email, contact_phone, contact_address, sms_countries, logo_type,
                    encode(sha256(logo), 'hex') as logo_hash
               from tenants
              where slug = $1
                 or (id = (select tenant from retired_names where slug = $1) and not exists (select from tenants where slug = $1))",
            slug.as_str()
        )
        .fetch_optional(&mut *tx)
        .await?)
    }

    /// Whether the tenant is being closed or has been erased, so that nothing may be put back.
    pub fn is_going(&self) -> bool {
        matches!(self.status.as_str(), "closing" | "purged")
    }

    /// What in this row is not as declared.
    pub fn changes_to(&self, declared: &Declared) -> Vec<Change> {
        let logo = declared.logo.as_ref();
        let values = [
            ("business_name", self.business_name.clone(), declared.business_name.clone()),
            ("country", self.country.clone(), declared.country.to_string()),
            ("currency", self.currency.clone(), declared.currency.as_str().to_owned()),
            ("time_zone", self.time_zone.clone(), declared.time_zone.name().to_owned()),
            ("brand_colour", self.brand_colour.clone(), declared.brand_colour.clone()),
            ("logo", shown_logo(self.logo_type.as_deref(), self.logo_hash.as_deref()), declared_logo(logo)),
            ("sms_countries", self.sms_countries.join(" "), codes(declared).join(" ")),
            ("contact email", self.contact_email.clone(), declared.contact.email.as_str().to_owned()),
            ("contact phone", self.contact_phone.clone(), declared.contact.phone.clone()),
            ("contact address", self.contact_address.clone(), declared.contact.address.clone()),
            ("opening text", self.opening_text.clone(), declared.opening_text.clone()),
        ];
        let differing = values.into_iter().filter(|(_, from, to)| from != to);
        differing.map(|(what, from, to)| Change::Different { what: what.to_owned(), from, to }).collect()
    }
}

/// The declared countries for codes, as the database keeps them.
pub(super) fn codes(declared: &Declared) -> Vec<String> {
    declared.sms_countries.iter().map(ToString::to_string).collect()
}

fn declared_logo(logo: Option<&Logo>) -> String {
    let hash = logo.map(|logo| hex::encode(Sha256::digest(&logo.bytes)));
    shown_logo(logo.map(|logo| logo.media_type), hash.as_deref())
}

/// A picture cannot be shown in a line of text; the beginning of its hash tells one from another.
fn shown_logo(media_type: Option<&str>, hash: Option<&str>) -> String {
    match (media_type, hash) {
        (Some(media_type), Some(hash)) => format!("{media_type} {}", hash.get(..12).unwrap_or(hash)),
        _ => String::new(),
    }
}

/// Of the tenant's people and accounts, those that are declared, with what is compared.
#[derive(Default)]
pub(super) struct Standing {
    /// By e-mail address: name, role.
    pub staff: HashMap<String, [String; 2]>,
    /// The addresses of those who were staff once.
    pub removed_staff: HashSet<String>,
    /// By account number: business name, town, country, price list, route.
    pub accounts: HashMap<String, [String; 5]>,
    /// By phone: account number, contact name, role.
    pub customers: HashMap<String, [String; 3]>,
}

impl Standing {
    /// Reads them in three statements.
    pub async fn read(tx: &mut Tx<Office>, declared: &Declared) -> Result<Self> {
        let mut standing = Self::default();
        standing.read_staff(tx, declared).await?;
        standing.read_accounts(tx, declared).await?;
        standing.read_customers(tx, declared).await?;
        Ok(standing)
    }

    async fn read_staff(&mut self, tx: &mut Tx<Office>, declared: &Declared) -> Result<()> {
        let emails: Vec<String> = declared.staff.iter().map(|person| person.email.as_str().to_owned()).collect();
        let rows = sqlx::query!(
            "select email, name, role, removed_at from staff where tenant_id = $1 and email = any($2)",
            tx.tenant().uuid(),
            &emails
        )
        .fetch_all(&mut *tx)
        .await?;
        for row in rows {
            if row.removed_at.is_some() {
                self.removed_staff.insert(row.email);
            } else {
                self.staff.insert(row.email, [row.name, row.role]);
            }
        }
        Ok(())
    }

    async fn read_accounts(&mut self, tx: &mut Tx<Office>, declared: &Declared) -> Result<()> {
        let numbers: Vec<String> = declared.customers.iter().map(|row| row.account_number.clone()).collect();
        let rows = sqlx::query!(
            r#"select t.account_number, t.business_name, t.town, t.country, t.route, coalesce(l.name, '') as "price_list!"
                 from trade_accounts t
                 left join price_lists l on l.tenant_id = t.tenant_id and l.price_list_id = t.price_list_id
                where t.tenant_id = $1 and t.account_number = any($2)"#,
            tx.tenant().uuid(),
            &numbers
        )
        .fetch_all(&mut *tx)
        .await?;
        let rows = rows.into_iter();
        self.accounts =
            rows.map(|row| (row.account_number, [row.business_name, row.town, row.country, row.price_list, row.route])).collect();
        Ok(())
    }

    async fn read_customers(&mut self, tx: &mut Tx<Office>, declared: &Declared) -> Result<()> {
        let phones: Vec<String> = declared.customers.iter().map(|row| row.phone.as_str().to_owned()).collect();
        let rows = sqlx::query!(
            "select a.phone, t.account_number, a.contact_name, a.role
               from account_access a
               join trade_accounts t on t.tenant_id = a.tenant_id and t.account_id = a.account_id
              where a.tenant_id = $1 and a.phone = any($2)",
            tx.tenant().uuid(),
            &phones
        )
        .fetch_all(&mut *tx)
        .await?;
        self.customers = rows.into_iter().map(|row| (row.phone, [row.account_number, row.contact_name, row.role])).collect();
        Ok(())
    }
}
