//! Asking somebody to join. Who proves the invited address at the office's door within its week has joined; the letter's
//! link tells what it is about and opens nothing.

pub mod api;
pub mod pages;

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::audit::{self, Actor, Event};
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::idempotency::{Key, Made, Once};
use crate::ids::{InvitationId, StaffId};
use crate::messages::{self, Message, one_line};
use crate::team::{choose_role, read_role, record, take_turn};
use crate::tenancy::StaffRole;
use crate::tenancy::extract::Member;
use crate::values::{EmailAddress, text};

/// How long an invitation is good for.
const LIFE: TimeDelta = TimeDelta::days(7);
/// Between two letters to one address.
const PAUSE: TimeDelta = TimeDelta::minutes(10);
/// Letters a wholesaler sends a day: strangers open counters, and must not write to the world through one.
const LETTERS_A_DAY: i64 = 40;

/// How it stands with an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Open,
    Expired,
    Withdrawn,
    Accepted,
}

impl State {
    /// The word of the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
            Self::Accepted => "accepted",
        }
    }
}

/// Somebody was asked to join.
pub struct Invitation {
    pub invitation_id: Uuid,
    pub email: EmailAddress,
    pub name: String,
    pub role: StaffRole,
    /// By the name that colleagues know.
    pub invited_by: String,
    pub created_at: DateTime<Utc>,
    pub sent_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub state: State,
}

impl Invitation {
    /// How long it is good for, with the hour that has begun: one that was just sent has its seven days.
    pub fn left(&self, now: DateTime<Utc>) -> TimeDelta {
        self.expires_at - now + TimeDelta::minutes(59)
    }
}

/// Whom to ask, as what.
pub struct NewInvitation {
    email: EmailAddress,
    name: String,
    role: StaffRole,
}

impl NewInvitation {
    /// Reads what was typed.
    ///
    /// # Errors
    /// [`Error::Invalid`] with what wants correcting.
    pub fn parse(name: &str, email: &str, role: &str) -> Result<Self> {
        let mut wrong = FieldErrors::new();
        let name = text::line(name, text::LONGEST_NAME).map_err(|why| wrong.add("name", why.about("their name"))).ok();
        let email = EmailAddress::parse(email).map_err(|why| wrong.add("email", why.to_string())).ok();
        let role = choose_role(role).map_err(|why| wrong.add("role", why.fields().of("role"))).ok();
        wrong.or(name.zip(email).zip(role).map(|((name, email), role)| Self { email, name, role }))
    }

    /// As it was when this member had made it.
    fn into_invitation(self, member: &Member, made: Made) -> Invitation {
        let Self { email, name, role } = self;
        let invited_by = member.session.name.clone();
        let (invitation_id, at, expires_at) = (made.id, made.at, made.at + LIFE);
        Invitation { invitation_id, email, name, role, invited_by, created_at: at, sent_at: at, expires_at, state: State::Open }
    }
}

/// Those that wait for an answer, and those that had none in time.
pub async fn waiting(tx: &mut Tx<Office>, now: DateTime<Utc>) -> Result<Vec<Invitation>> {
    read(tx, None, now).await
}

/// One of any state.
pub async fn find(tx: &mut Tx<Office>, invitation_id: Uuid, now: DateTime<Utc>) -> Result<Invitation> {
    read(tx, Some(invitation_id), now).await?.pop().ok_or(Error::NotFound)
}

async fn read(tx: &mut Tx<Office>, invitation_id: Option<Uuid>, now: DateTime<Utc>) -> Result<Vec<Invitation>> {
    let rows = sqlx::query!(
        "select i.invitation_id, i.email, i.name, i.role, s.name as invited_by, i.created_at, i.sent_at, i.expires_at, i.accepted_at,
                i.withdrawn_at
           from invitations i join staff s on s.tenant_id = i.tenant_id and s.staff_id = i.invited_by
          where i.tenant_id = $1
            and case when $2::uuid is null then i.accepted_at is null and i.withdrawn_at is null else i.invitation_id = $2 end
          order by i.created_at, i.invitation_id",
        tx.tenant().uuid(),
        invitation_id
    )
    .fetch_all(&mut *tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Invitation {
                invitation_id: row.invitation_id,
                email: EmailAddress::parse(&row.email).map_err(|why| Error::Internal(why.into()))?,
                name: row.name,
                role: read_role(&row.role)?,
                invited_by: row.invited_by,
                created_at: row.created_at,
                sent_at: row.sent_at,
                expires_at: row.expires_at,
                state: match (row.accepted_at, row.withdrawn_at) {
                    (Some(_), _) => State::Accepted,
                    (None, Some(_)) => State::Withdrawn,
                    (None, None) if row.expires_at <= now => State::Expired,
                    (None, None) => State::Open,
                },
            })
        })
        .collect()
}

/// Asks somebody to join, by letter.
///
/// # Errors
/// [`Error::Forbidden`] for a role beyond the asker's, [`Error::Conflict`] when they work here or are asked already,
/// [`Error::SlowDown`] after too many letters.
pub async fn invite(tx: &mut Tx<Office>, member: &Member, new: NewInvitation, key: Option<&Key>) -> Result<Invitation> {
    let asked = [&new.name, new.email.as_str(), new.role.word()];
    let once = Once { key, asker: member.into(), action: "invitation.made", asked: &asked };
    if let Some(earlier) = once.earlier(tx).await? {
        return Ok(new.into_invitation(member, earlier));
    }
    let acting = take_turn(tx, member).await?;
    if !acting.may_appoint(new.role) {
        return Err(Error::Forbidden);
    }
    let (tenant, now) = (tx.tenant().uuid(), member.house.now());
    make_room(tx, &new.email, now).await?;
    allow_a_letter(tx, now).await?;
    let made = Made { id: InvitationId::new().uuid(), at: now };
    once.keep(tx, &made, now).await?;
    let details = json!({ "name": new.name, "email": new.email.as_str(), "role": new.role.word() });
    let invitation = new.into_invitation(member, made);
    sqlx::query!(
        "insert into invitations (tenant_id, invitation_id, email, name, role, invited_by, created_at, sent_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
        tenant,
        invitation.invitation_id,
        invitation.email.as_str(),
        invitation.name,
        invitation.role.word(),
        member.session.staff_id.uuid(),
        now,
        invitation.expires_at
    )
    .execute(&mut *tx)
    .await?;
    write_to(tx, member, &invitation).await?;
    record(tx, member, "invitation.made", ("invitation", invitation.invitation_id), details).await?;
    Ok(invitation)
}

/// Refuses an address that works here or is invited; an invitation that has expired makes room for another.
async fn make_room(tx: &mut Tx<Office>, email: &EmailAddress, now: DateTime<Utc>) -> Result<()> {
    let tenant = tx.tenant().uuid();
    let there = sqlx::query!(
        r#"select exists (select from staff where tenant_id = $1 and email = $2 and removed_at is null) as "works_here!",
                  exists (select from invitations where tenant_id = $1 and email = $2 and accepted_at is null
                             and withdrawn_at is null and expires_at > $3) as "is_invited!""#,
        tenant,
        email.as_str(),
        now
    )
    .fetch_one(&mut *tx)
    .await?;
    if there.works_here {
        return Err(Error::Conflict("Somebody with this address works here already"));
    }
    if there.is_invited {
        return Err(Error::Conflict("This address is invited already: send that invitation again, or withdraw it first"));
    }
    sqlx::query!(
        "update invitations set withdrawn_at = $3 where tenant_id = $1 and email = $2 and accepted_at is null and withdrawn_at is null",
        tenant,
        email.as_str(),
        now
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

async fn allow_a_letter(tx: &mut Tx<Office>, now: DateTime<Utc>) -> Result<()> {
    let sent = sqlx::query_scalar!(
        r#"select coalesce(sum(times_sent), 0) as "sent!" from invitations where tenant_id = $1 and sent_at > $2"#,
        tx.tenant().uuid(),
        now - TimeDelta::days(1)
    )
    .fetch_one(&mut *tx)
    .await?;
    if sent >= LETTERS_A_DAY { Err(Error::SlowDown { retry_after: std::time::Duration::from_hours(1) }) } else { Ok(()) }
}

/// Sends the letter again; from then on the invitation is good for its whole life anew.
///
/// # Errors
/// [`Error::Conflict`] when it is not waiting any more, or was sent just now; otherwise as [`invite`].
pub async fn send_again(tx: &mut Tx<Office>, member: &Member, invitation_id: Uuid) -> Result<()> {
    let now = member.house.now();
    let invitation = take_up(tx, member, invitation_id).await?;
    if now - invitation.sent_at < PAUSE {
        return Err(Error::Conflict("The letter went out a moment ago: wait ten minutes before you send it again"));
    }
    allow_a_letter(tx, now).await?;
    sqlx::query!(
        "update invitations set sent_at = $3, times_sent = times_sent + 1, expires_at = $4 where tenant_id = $1 and invitation_id = $2",
        tx.tenant().uuid(),
        invitation_id,
        now,
        now + LIFE
    )
    .execute(&mut *tx)
    .await?;
    let details = json!({ "name": invitation.name, "email": invitation.email.as_str(), "role": invitation.role.word() });
    write_to(tx, member, &invitation).await?;
    record(tx, member, "invitation.sent_again", ("invitation", invitation_id), details).await
}

/// Takes an invitation back.
///
/// # Errors
/// [`Error::Conflict`] when it is not waiting any more, [`Error::Forbidden`] for a role beyond theirs.
pub async fn withdraw(tx: &mut Tx<Office>, member: &Member, invitation_id: Uuid) -> Result<()> {
    let invitation = take_up(tx, member, invitation_id).await?;
    sqlx::query!(
        "update invitations set withdrawn_at = $3 where tenant_id = $1 and invitation_id = $2",
        tx.tenant().uuid(),
        invitation_id,
        member.house.now()
    )
    .execute(&mut *tx)
    .await?;
    let details = json!({ "name": invitation.name, "email": invitation.email.as_str(), "role": invitation.role.word() });
    record(tx, member, "invitation.withdrawn", ("invitation", invitation_id), details).await
}

/// The invitation, held until the transaction ends, if it still waits and this member may do something about it.
async fn take_up(tx: &mut Tx<Office>, member: &Member, invitation_id: Uuid) -> Result<Invitation> {
    let acting = take_turn(tx, member).await?;
    // Whoever accepts it at this moment takes no turn, but writes the row.
    sqlx::query!("select from invitations where tenant_id = $1 and invitation_id = $2 for update", tx.tenant().uuid(), invitation_id)
        .execute(&mut *tx)
        .await?;
    let invitation = find(tx, invitation_id, member.house.now()).await?;
    match invitation.state {
        State::Accepted => Err(Error::Conflict("This invitation was accepted meanwhile")),
        State::Withdrawn => Err(Error::Conflict("This invitation was withdrawn already")),
        State::Open | State::Expired if acting.may_appoint(invitation.role) => Ok(invitation),
        State::Open | State::Expired => Err(Error::Forbidden),
    }
}

/// Withdraws what somebody invited others to and may not any more, as this role or as nobody. Answers how many those are.
pub async fn withdraw_what_is_beyond(tx: &mut Tx<Office>, invited_by: Uuid, role: Option<StaffRole>, now: DateTime<Utc>) -> Result<u64> {
    let may = |of: &StaffRole| role.is_some_and(|role| role.may_appoint(*of));
    let kept: Vec<String> = StaffRole::ALL.iter().filter(|of| may(of)).map(|of| of.word().to_owned()).collect();
    let withdrawn = sqlx::query!(
        "update invitations set withdrawn_at = $3
          where tenant_id = $1 and invited_by = $2 and accepted_at is null and withdrawn_at is null and not role = any($4)",
        tx.tenant().uuid(),
        invited_by,
        now,
        &kept
    );
    Ok(withdrawn.execute(&mut *tx).await?.rows_affected())
}

/// Whoever has just proven this address joins, if an invitation for it is open: as a new member of staff, or again.
pub async fn accept(tx: &mut Tx<Office>, email: &EmailAddress, now: DateTime<Utc>) -> Result<()> {
    let tenant = tx.tenant().uuid();
    let accepted = sqlx::query!(
        "update invitations set accepted_at = $3
          where tenant_id = $1 and email = $2 and accepted_at is null and withdrawn_at is null and expires_at > $3
         returning name, role",
        tenant,
        email.as_str(),
        now
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(accepted) = accepted else { return Ok(()) };
    // Somebody who was made staff otherwise meanwhile stays what they are.
    let joined = sqlx::query_scalar!(
        "insert into staff (tenant_id, staff_id, email, name, role, created_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (tenant_id, email) do update set name = excluded.name, role = excluded.role, removed_at = null
           where staff.removed_at is not null
         returning staff_id",
        tenant,
        StaffId::new().uuid(),
        email.as_str(),
        accepted.name,
        accepted.role,
        now
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(staff_id) = joined else { return Ok(()) };
    let details = json!({ "name": accepted.name, "email": email.as_str(), "after": accepted.role });
    let actor = Actor::newcomer(staff_id.into(), &accepted.name);
    audit::record(tx, Event { actor, action: "staff.joined", subject_kind: "staff", subject_id: staff_id, details }, now).await
}

#[derive(Template)]
#[template(path = "invitations/invited.mail.txt", escape = "none")]
struct Invited<'a> {
    inviter: &'a str,
    business_name: &'a str,
    role: &'a str,
    rights: &'a [&'a str],
    days: i64,
    url: &'a str,
}

async fn write_to(tx: &mut Tx<Office>, member: &Member, invitation: &Invitation) -> Result<()> {
    let counter = member.tenant.main_url(&member.house.hosts);
    let business_name = one_line(&member.tenant.business_name);
    let letter = Invited {
        inviter: &member.session.name,
        business_name: &business_name,
        role: invitation.role.in_a_sentence(),
        rights: &invitation.role.rights(),
        days: LIFE.num_days(),
        url: &format!("{counter}/office/invitations/{}", invitation.invitation_id),
    };
    let text = letter.render().map_err(|error| Error::Internal(error.into()))?;
    let subject = format!("{} invites you to {business_name}", member.session.name);
    messages::say(tx, Message::Letter { to: invitation.email.clone(), subject, text }, member.house.now()).await
}
