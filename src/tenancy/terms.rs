//! What a price depends on besides the product and how many of it: for whom, on which day, and under which rules.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::session::Access;
use super::tenant::Tenant;
use crate::ids::{AccountId, TenantId};
use crate::tax::{self, OwnRate, Rate, Rounding, TaxClass};
use crate::values::{Country, Currency};

/// For whom something is priced.
#[derive(Clone, Debug)]
pub struct Terms {
    pub tenant: TenantId,
    /// The three lists whose prices are looked at, in this order: the account's own under its own id, the one it shares, and the
    /// base prices under the tenant's. Nil is no list.
    pub own_list: Uuid,
    pub account_list: Uuid,
    pub base_list: Uuid,
    /// In the tenant's own calendar.
    pub day: NaiveDate,
    pub currency: Currency,
    /// Where the wholesaler is,
    pub at: Country,
    /// and where the account is.
    pub of_account: Country,
    pub rates: Arc<[OwnRate]>,
    pub rounding: Rounding,
}

impl Terms {
    /// Of a trade account, by the access of somebody who buys for it.
    pub fn of_access(tenant: &Tenant, access: &Access, now: DateTime<Utc>) -> Self {
        let lists = (access.account_id.uuid(), access.price_list.map_or(Uuid::nil(), crate::ids::PriceListId::uuid));
        Self::of_lists(tenant, lists, tenant.id.uuid(), access.country, now)
    }

    /// Of a trade account that staff or a job looks at.
    pub fn of_account(tenant: &Tenant, account: AccountId, account_list: Uuid, country: Country, now: DateTime<Utc>) -> Self {
        Self::of_lists(tenant, (account.uuid(), account_list), tenant.id.uuid(), country, now)
    }

    /// Of somebody who is nobody's customer, and so at home where the wholesaler is.
    pub fn of_stranger(tenant: &Tenant, now: DateTime<Utc>) -> Self {
        let base_list = if tenant.prices_shown == super::PricesShown::All { tenant.id.uuid() } else { Uuid::nil() };
        Self::of_lists(tenant, (Uuid::nil(), Uuid::nil()), base_list, tenant.country, now)
    }

    fn of_lists(tenant: &Tenant, lists: (Uuid, Uuid), base_list: Uuid, of_account: Country, now: DateTime<Utc>) -> Self {
        let (own_list, account_list) = lists;
        Self {
            tenant: tenant.id,
            own_list,
            account_list,
            base_list,
            day: now.with_timezone(&tenant.time_zone).date_naive(),
            currency: tenant.currency,
            at: tenant.country,
            of_account,
            rates: Arc::clone(&tenant.tax_rates),
            rounding: tenant.vat_rounding,
        }
    }

    /// The VAT that is due on a product of this class.
    pub fn rate_of(&self, class: TaxClass) -> Rate {
        tax::rate_of(&self.rates, self.at, self.of_account, class, self.day)
    }
}
