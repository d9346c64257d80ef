//! The office's own door.

use poem::web::{Form, Query};
use poem::{Response, handler};

use super::{open_session, open_session_by_passkey, request_code};
use crate::challenges::Purpose;
use crate::challenges::code::Code;
use crate::email_sign_in::pages::{Door, Typed};
use crate::email_sign_in::read_email;
use crate::error::Result;
use crate::tenancy::Visitor;
use crate::tenancy::extract::{Leaving, Staff};
use crate::tenancy::token::OFFICE_COOKIE;
use crate::web::{Contact, Page, Redirect};

fn door(visitor: &Visitor) -> Door {
    Door {
        place: "Office",
        heading: "Sign in to the office",
        promise: "We e-mail you a six-digit code. There is no password.",
        label: "Your work e-mail",
        hint: format!("The address {} has for you", visitor.tenant.business_name),
        condition: "belongs to staff here",
        prefix: "/office",
        home: "/office",
        cookie: OFFICE_COOKIE,
        purpose: Purpose::Staff,
        contact: Some(Contact::of(&visitor.tenant)),
        elsewhere: "/",
    }
}

/// `GET /office/sign-in`
#[handler]
pub fn show(visitor: Visitor, Query(typed): Query<Typed>) -> Result<Page> {
    door(&visitor).show(&visitor, &Typed { to: typed.to, ..Typed::default() })
}

/// `GET /office/proof`
#[handler]
pub async fn proof(staff: Staff<Leaving>, Query(typed): Query<Typed>) -> Result<Page> {
    let member = staff.leave().await?;
    let typed = Typed { email: member.session.email.as_str().to_owned(), to: typed.to, ..Typed::default() };
    Door { elsewhere: "", ..door(&member) }.show_again(&member, &typed, true)
}

/// `POST /office/codes`
#[handler]
pub async fn ask_for_code(visitor: Visitor, Form(typed): Form<Typed>) -> Result<Response> {
    let asked = match read_email(&typed.email) {
        Ok(email) => request_code(&visitor, email).await,
        Err(error) => Err(error),
    };
    door(&visitor).after_asking(&visitor, &typed, asked)
}

/// `GET /office/code`
#[handler]
pub async fn code(visitor: Visitor, Query(typed): Query<Typed>) -> Result<Response> {
    door(&visitor).code(&visitor, &typed).await
}

/// `POST /office/sessions`
#[handler]
pub async fn sign_in(visitor: Visitor, Form(typed): Form<Typed>) -> Result<Response> {
    let opened = match (read_email(&typed.email), Code::parse(&typed.code)) {
        (Ok(email), Ok(guess)) => open_session(&visitor, email, &guess).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    door(&visitor).after_bringing(&visitor, &typed, opened).await
}

/// `POST /office/passkey-sessions`
#[handler]
pub async fn sign_in_by_passkey(visitor: Visitor, Form(typed): Form<Typed>) -> Result<Response> {
    let opened = open_session_by_passkey(&visitor, &typed.challenge, &typed.credential).await;
    door(&visitor).after_bringing(&visitor, &typed, opened).await
}

/// `POST /office/sessions/current/end`
#[handler]
pub async fn sign_out(staff: Staff<Leaving>) -> Result<Redirect> {
    let member = staff.member.clone();
    staff.write(async |tx, member| super::end_session(tx, member).await).await?;
    Ok(door(&member).after_leaving())
}
