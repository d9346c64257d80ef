//! Every id, in one list. All are version 7 UUIDs made by the server, so that rows made together lie together.

use std::fmt;

use uuid::Uuid;

macro_rules! ids {
    ($($(#[$note:meta])* $name:ident),* $(,)?) => {$(
        $(#[$note])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, sqlx::Type)]
        #[sqlx(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id.
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The plain UUID, for SQL parameters and for the API.
            pub fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    )*};
}

ids! {
    /// A wholesaler. It has no `Deserialize`: no request can carry one.
    TenantId,
    /// A person with a phone, everywhere. Never shown to a tenant.
    CustomerId,
    /// A customer business as one tenant knows it.
    AccountId,
    /// What lets one customer into one tenant's counter.
    AccessId,
    /// A registration request.
    RequestId,
    /// A signed-in browser on one host, a customer's or a member of staff's.
    SessionId,
    /// One of a tenant's own people.
    StaffId,
    /// A domain that a wholesaler wants, or has.
    DomainId,
    /// A letter that asks somebody to join a wholesaler's staff.
    InvitationId,
    /// A question that a one-time code answers.
    ChallengeId,
    /// A key in a device of somebody of the staff's or an operator's.
    PasskeyId,
    /// What such a device is asked to sign.
    PasskeyChallengeId,
    /// One of the platform's own people.
    OperatorId,
    /// A program's right to use the console's API.
    OperatorTokenId,
    /// An operator's question whether they may look at a wholesaler's office.
    SupportRequestId,
    /// A wholesaler that is signing up.
    SignupId,
    /// An entry of the outbox.
    MessageId,
    /// A day's letters to the owners of a tenant that is being closed.
    ReminderId,
    /// An entry of the queue.
    JobId,
    /// An alarm for the platform's people.
    AlarmId,
    /// An entry of the audit log.
    EventId,
    /// Something that a wholesaler sells: one thing to order.
    ProductId,
    /// What products are gathered under.
    CategoryId,
    /// A list of prices: the base prices' is the tenant's own id, an account's own the account's.
    PriceListId,
    /// What a trade account ordered.
    OrderId,
    /// Something that happened to an order.
    OrderEventId,
    /// A file whose rows become products, prices or customers.
    ImportId,
}
