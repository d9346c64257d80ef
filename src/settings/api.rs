//! A wholesaler's settings, by the API.

use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::reading::{Correction, LONGEST_ADDRESS, LONGEST_LINE, LONGEST_OPENING, Typed};
use super::{Settings, find, put_logo, remove_logo, save};
use crate::api::Chapter;
use crate::api::typed::{Body, Text};
use crate::api::upload::Upload;
use crate::db::{Office, Tx};
use crate::error::Result;
use crate::tenancy::extract::{Member, SettingsKeeper, Staff};
use crate::values::text::LONGEST_NAME;
use crate::web::shell::logo_href;

pub struct SettingsApi;

/// What a wholesaler sets for itself. Empty texts are not set.
#[derive(Object)]
pub struct OfficeSettings {
    business_name: String,
    /// `#rrggbb`; white or near-black can be read on it.
    brand_colour: String,
    second_colour: String,
    contact_email: String,
    contact_phone: String,
    contact_address: String,
    opening_text: String,
    country: String,
    /// ISO 4217, that of the country.
    currency: String,
    time_zone: String,
    /// Who sees prices before being let in: `all`, `no_prices` (strangers see goods only) or `nothing`.
    prices_shown: String,
    /// Where the logo is, on this host; null without one. Another address whenever something changes.
    logo_href: Option<String>,
    /// Another one whenever a setting is another; to be sent with a change.
    version: String,
    /// Colours of this request on which no text could be read, and what was taken instead.
    corrections: Vec<ColourCorrection>,
}

/// A colour that was not taken as it came.
#[derive(Object)]
pub struct ColourCorrection {
    field: String,
    wanted: String,
    taken: String,
    /// Why, in words.
    detail: String,
}

impl From<Correction> for ColourCorrection {
    fn from(correction: Correction) -> Self {
        let detail = correction.in_words();
        Self { field: correction.field.to_owned(), wanted: correction.wanted, taken: correction.taken, detail }
    }
}

/// What is to change; a field that is missing stays as it is.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct SettingsBody {
    business_name: Option<Text<1, LONGEST_NAME>>,
    brand_colour: Option<Text<1, LONGEST_LINE>>,
    /// Empty for none.
    second_colour: Option<Text<0, LONGEST_LINE>>,
    contact_email: Option<Text<0, LONGEST_LINE>>,
    /// A landline may do; written as people of the country write it, or with a plus.
    contact_phone: Option<Text<0, LONGEST_LINE>>,
    contact_address: Option<Text<0, LONGEST_ADDRESS>>,
    opening_text: Option<Text<0, LONGEST_OPENING>>,
    country: Option<Text<2, 2>>,
    time_zone: Option<Text<1, LONGEST_LINE>>,
    prices_shown: Option<Text<1, LONGEST_LINE>>,
    /// That of the settings this change was made of. If they have changed since, nothing is done, and the answer is 409.
    version: Option<Text<1, LONGEST_LINE>>,
}

impl From<&SettingsBody> for Typed {
    fn from(body: &SettingsBody) -> Self {
        Self {
            business_name: body.business_name.as_deref().map(str::to_owned),
            brand_colour: body.brand_colour.as_deref().map(str::to_owned),
            second_colour: body.second_colour.as_deref().map(str::to_owned),
            contact_email: body.contact_email.as_deref().map(str::to_owned),
            contact_phone: body.contact_phone.as_deref().map(str::to_owned),
            contact_address: body.contact_address.as_deref().map(str::to_owned),
            opening_text: body.opening_text.as_deref().map(str::to_owned),
            country: body.country.as_deref().map(str::to_owned),
            time_zone: body.time_zone.as_deref().map(str::to_owned),
            prices_shown: body.prices_shown.as_deref().map(str::to_owned),
        }
    }
}

#[derive(ApiResponse)]
pub enum LogoChanged {
    /// Done.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Office")]
impl SettingsApi {
    /// The settings
    #[oai(path = "/office/settings", method = "get")]
    async fn get_settings(&self, mut staff: Staff<SettingsKeeper>) -> Result<Json<OfficeSettings>> {
        Ok(Json(as_answer(&mut staff.tx, &staff.member, Vec::new()).await?))
    }

    /// Change settings
    ///
    /// The counter shows them at once.
    #[oai(path = "/office/settings", method = "patch")]
    async fn update_settings(&self, staff: Staff<SettingsKeeper>, body: Body<SettingsBody>) -> Result<Json<OfficeSettings>> {
        let member = staff.member.clone();
        let corrections = save(staff, &Typed::from(&body.0), body.version.as_deref()).await?;
        let scope = member.house.office(&member.tenant);
        Ok(Json(scope.read(async |tx| as_answer(tx, &member, corrections).await).await?))
    }

    /// Put a logo
    ///
    /// A PNG, JPEG or WebP of at most 2 MB and 16 million pixels. It is drawn anew as a PNG of at most 512 pixels a side.
    #[oai(path = "/office/settings/logo", method = "put")]
    async fn put_logo(&self, staff: Staff<SettingsKeeper>, upload: Upload) -> Result<LogoChanged> {
        let member = staff.member.clone();
        // No transaction is open while the picture is drawn.
        drop(staff);
        put_logo(&member, upload.0).await?;
        Ok(LogoChanged::Done)
    }

    /// Take the logo away
    #[oai(path = "/office/settings/logo", method = "delete")]
    async fn delete_logo(&self, staff: Staff<SettingsKeeper>) -> Result<LogoChanged> {
        let member = staff.member.clone();
        drop(staff);
        remove_logo(&member).await?;
        Ok(LogoChanged::Done)
    }
}

async fn as_answer(tx: &mut Tx<Office>, member: &Member, corrections: Vec<Correction>) -> Result<OfficeSettings> {
    let settings = find(tx).await?;
    let tenant = member.house.tenants.find(member.tenant.slug.as_str()).await?;
    let logo = tenant.filter(|tenant| tenant.has_logo).map(|tenant| logo_href(&tenant));
    let version = settings.version();
    let Settings { business_name, brand_colour, second_colour, contact_email, contact_phone, contact_address, .. } = settings;
    let Settings { opening_text, country, currency, time_zone, prices_shown, .. } = settings;
    Ok(OfficeSettings {
        business_name,
        brand_colour,
        second_colour,
        contact_email,
        contact_phone,
        contact_address,
        opening_text,
        country,
        currency,
        time_zone,
        prices_shown,
        logo_href: logo,
        version,
        corrections: corrections.into_iter().map(Into::into).collect(),
    })
}
