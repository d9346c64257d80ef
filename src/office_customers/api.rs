//! The customers of a counter, by the API.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};
use uuid::Uuid;

use super::{Customer, PAGE, find, list, restore, suspend};
use crate::api::typed::{Body, Id, Text};
use crate::api::{Chapter, time};
use crate::error::Result;
use crate::lists::read_cursor;
use crate::tenancy::extract::{Decider, Keeper, Staff};
use crate::values::text::{LONGEST_QUERY, LONGEST_REASON};

pub struct OfficeCustomersApi;

/// One person at one trade account. The id is this wholesaler's own; no other has it.
#[derive(Object)]
pub struct OfficeCustomer {
    id: Uuid,
    account_number: String,
    business_name: String,
    contact_name: String,
    /// E.164; null when it was silent for long and has been proven anew, by whom is not yet known.
    phone: Option<String>,
    /// `owner` or `buyer`.
    role: String,
    /// `active` or `suspended`.
    status: String,
    created_at: String,
    last_seen_at: Option<String>,
}

impl From<Customer> for OfficeCustomer {
    fn from(customer: Customer) -> Self {
        Self {
            id: customer.access_id,
            account_number: customer.account_number,
            business_name: customer.business_name,
            contact_name: customer.contact_name,
            phone: Some(customer.phone).filter(|phone| phone.starts_with('+')),
            role: customer.role,
            status: customer.status,
            created_at: time(customer.created_at),
            last_seen_at: customer.last_seen_at.map(time),
        }
    }
}

/// A page of customers.
#[derive(Object)]
pub struct OfficeCustomerList {
    items: Vec<OfficeCustomer>,
    /// Pass it as `cursor` for the next page; null on the last.
    next: Option<String>,
}

/// Why.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct SuspensionBody {
    /// For colleagues; the customer does not read it. It stays in the audit log for good.
    reason: Text<1, LONGEST_REASON>,
}

#[derive(ApiResponse)]
pub enum Restored {
    /// Let in again.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Office")]
impl OfficeCustomersApi {
    /// The customers, by business name
    #[oai(path = "/office/customers", method = "get")]
    async fn list_customers(
        &self,
        mut staff: Staff<Decider>,
        /// Part of a business name, a contact, an account number or a phone.
        query: Query<Option<Text<0, LONGEST_QUERY>>>,
        /// The `next` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<OfficeCustomerList>> {
        let now = staff.house.now();
        let after = match read_cursor(cursor.0.as_deref())? {
            Some(last) => Some((find(&mut staff.tx, last, now).await?.business_name, last)),
            None => None,
        };
        let customers = list(&mut staff.tx, query.0.as_deref().unwrap_or_default().trim(), after, now).await?;
        let is_full = i64::try_from(customers.len()).is_ok_and(|length| length == PAGE);
        let next = customers.last().filter(|_| is_full).map(|last| last.access_id.to_string());
        Ok(Json(OfficeCustomerList { items: customers.into_iter().map(Into::into).collect(), next }))
    }

    /// One customer
    #[oai(path = "/office/customers/:id", method = "get")]
    async fn get_customer(&self, mut staff: Staff<Decider>, id: Path<Id>) -> Result<Json<OfficeCustomer>> {
        let now = staff.house.now();
        Ok(Json(find(&mut staff.tx, id.uuid(), now).await?.into()))
    }

    /// Suspend a customer
    ///
    /// Ends their open sessions at this wholesaler at once; other wholesalers are not touched.
    #[oai(path = "/office/customers/:id/suspension", method = "post")]
    async fn create_suspension(&self, staff: Staff<Keeper>, id: Path<Id>, body: Body<SuspensionBody>) -> Result<Json<OfficeCustomer>> {
        let customer = staff
            .write(async |tx, member| {
                suspend(tx, member, id.uuid(), &body.reason).await?;
                find(tx, id.uuid(), member.house.now()).await
            })
            .await?;
        Ok(Json(customer.into()))
    }

    /// Let a suspended customer in again
    #[oai(path = "/office/customers/:id/suspension", method = "delete")]
    async fn delete_suspension(&self, staff: Staff<Keeper>, id: Path<Id>) -> Result<Restored> {
        staff.write(async |tx, member| restore(tx, member, id.uuid()).await).await?;
        Ok(Restored::Done)
    }
}
