//! An owner closes the counter for good, and has time to take that back.

pub mod api;
pub mod pages;

use crate::audit::Actor;
use crate::error::Result;
use crate::tenancy::extract::Member;
use crate::tenants::lifecycle;

/// Closes it, when its subdomain was typed to say that it is meant.
///
/// # Errors
/// [`Error::Invalid`](crate::error::Error::Invalid) about `confirmation`; as [`lifecycle::close`].
pub async fn close(member: &Member, typed: &str) -> Result<()> {
    lifecycle::confirm(typed, member.tenant.slug.as_str())?;
    lifecycle::close(&member.house, member.tenant.id, "", Actor::staff(member)).await
}

/// Takes the closing back.
///
/// # Errors
/// As [`lifecycle::reopen`].
pub async fn take_back(member: &Member) -> Result<()> {
    lifecycle::reopen(&member.house, member.tenant.id, Actor::staff(member)).await
}
