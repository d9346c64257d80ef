//! The settings on a desk: one form for everything that is typed, and one for the logo.

use askama::Template;
use chrono_tz::{TZ_VARIANTS, Tz};
use http::StatusCode;
use poem::web::{Form, Multipart, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use serde_json::Value;

use super::reading::{Correction, PRICES_SHOWN, Typed, remark};
use super::{Settings, find, put_logo, remove_logo, save};
use crate::audit::{self, Entry};
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::office_requests;
use crate::tenancy::extract::{Exporter, Member, RoleRule, SettingsKeeper, Staff};
use crate::tenants::markets::{Market, time_zones};
use crate::values::colour::{NEAR_BLACK, readable_on};
use crate::values::{Country, PhoneNumber, colour};
use crate::web::{Page, Redirect, Shell, when};

#[derive(Template)]
#[template(path = "settings/index.html")]
struct IndexPage {
    shell: Shell,
    form: SettingsForm,
    wrong: FieldErrors,
    notice: &'static str,
    corrections: Vec<Corrected>,
    meanwhile: Vec<Meanwhile>,
    meanwhile_by: String,
    first: Swatch,
    /// None while there is no second colour.
    second: Option<Swatch>,
    currency: String,
    countries: Vec<Choice>,
    zones_here: Vec<Choice>,
    zones: Vec<Choice>,
    prices: Vec<(&'static str, &'static str, &'static str, bool)>,
    may_export: bool,
}

/// A colour with words on it.
struct Swatch {
    colour: String,
    on: &'static str,
    remark: String,
}

impl Swatch {
    fn of(colour: &str) -> Self {
        Self { colour: colour.to_owned(), on: readable_on(colour), remark: remark(colour) }
    }
}

/// What was wanted beside what was taken.
struct Corrected {
    swatches: [(&'static str, Swatch); 2],
    why: String,
}

/// What somebody else has saved since, beside what was typed here.
struct Meanwhile {
    what: String,
    theirs: String,
}

/// An option of a list.
struct Choice {
    value: String,
    name: String,
    is_chosen: bool,
}

/// What the page's form sends, and shows again. A colour comes as text and from the colour picker beside it: whichever of
/// the two is not as the page showed it is what somebody wants, the text before the picker.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct SettingsForm {
    version: String,
    business_name: String,
    brand_colour: String,
    brand_colour_shown: String,
    brand_colour_picked: String,
    second_colour: String,
    second_colour_shown: String,
    second_colour_picked: String,
    contact_email: String,
    contact_phone: String,
    contact_address: String,
    opening_text: String,
    country: String,
    time_zone: String,
    prices_shown: String,
}

/// What a colour picker shows: it always shows a colour.
fn picker_of(colour: &str) -> String {
    colour::parse(colour).unwrap_or_else(|| NEAR_BLACK.to_owned())
}

fn wanted(typed: &str, shown: &str, picked: &str) -> String {
    let is_picked = typed == shown && !picked.is_empty() && picked != picker_of(shown);
    if is_picked { picked.to_owned() } else { typed.to_owned() }
}

impl SettingsForm {
    fn of(settings: &Settings) -> Self {
        let country = Country::parse(&settings.country).ok();
        let phone = PhoneNumber::from_e164(&settings.contact_phone).ok().zip(country).map(|(phone, country)| phone.national(country));
        Self {
            version: settings.version(),
            business_name: settings.business_name.clone(),
            contact_email: settings.contact_email.clone(),
            contact_phone: phone.unwrap_or_else(|| settings.contact_phone.clone()),
            contact_address: settings.contact_address.clone(),
            opening_text: settings.opening_text.clone(),
            country: settings.country.clone(),
            time_zone: settings.time_zone.clone(),
            prices_shown: settings.prices_shown.clone(),
            ..Self::default()
        }
        .with_colours(settings.brand_colour.clone(), settings.second_colour.clone())
    }

    fn with_colours(mut self, brand: String, second: String) -> Self {
        (self.brand_colour_picked, self.second_colour_picked) = (picker_of(&brand), picker_of(&second));
        (self.brand_colour_shown, self.second_colour_shown) = (brand.clone(), second.clone());
        (self.brand_colour, self.second_colour) = (brand, second);
        self
    }

    fn settled(self) -> Self {
        let brand = wanted(&self.brand_colour, &self.brand_colour_shown, &self.brand_colour_picked);
        let second = wanted(&self.second_colour, &self.second_colour_shown, &self.second_colour_picked);
        self.with_colours(brand, second)
    }

    fn typed(&self) -> Typed {
        let lines = |text: &str| Some(text.replace("\r\n", "\n"));
        Typed {
            business_name: Some(self.business_name.clone()),
            brand_colour: Some(self.brand_colour.clone()),
            second_colour: Some(self.second_colour.clone()),
            contact_email: Some(self.contact_email.clone()),
            contact_phone: Some(self.contact_phone.clone()),
            contact_address: lines(&self.contact_address),
            opening_text: lines(&self.opening_text),
            country: Some(self.country.clone()),
            time_zone: Some(self.time_zone.clone()),
            prices_shown: Some(self.prices_shown.clone()),
        }
    }
}

/// What has just been done: a word, and the colours that were wanted and could not be taken.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Done {
    done: String,
    brand_colour: String,
    second_colour: String,
}

/// `GET /office/settings`
#[handler]
pub async fn index(mut staff: Staff<SettingsKeeper>, Query(done): Query<Done>) -> Result<Page> {
    let settings = find(&mut staff.tx).await?;
    let mut page = page_of(&mut staff.tx, &staff.member, &settings, SettingsForm::of(&settings)).await?;
    page.notice = match done.done.as_str() {
        "saved" => "Saved. Your counter shows it now.",
        "logo" => "Your counter shows the new logo now.",
        "no-logo" => "The logo is gone; your counter shows your initials.",
        _ => "",
    };
    let asked =
        [("brand_colour", &done.brand_colour, &settings.brand_colour), ("second_colour", &done.second_colour, &settings.second_colour)];
    for (field, wanted, stands) in asked {
        let correction = colour::parse(wanted).and_then(|wanted| Correction::of(field, &wanted));
        // An old address says nothing about the colour of today.
        page.corrections.extend(correction.filter(|correction| correction.taken == *stands).map(|correction| Corrected {
            swatches: [("Wanted", Swatch::of(&correction.wanted)), ("Taken", Swatch::of(&correction.taken))],
            why: correction.in_words(),
        }));
    }
    Page::of(&page)
}

/// `POST /office/settings`
#[handler]
pub async fn update(mut staff: Staff<SettingsKeeper>, Form(form): Form<SettingsForm>) -> Result<Response> {
    let member = staff.member.clone();
    let form = form.settled();
    let standing = SettingsForm::of(&find(&mut staff.tx).await?);
    let typed = form.typed();
    // A phone is shown as people write it and kept otherwise: one that nobody has touched stays as it is.
    let is_untouched = form.contact_phone == standing.contact_phone;
    let typed = if is_untouched { Typed { contact_phone: None, ..typed } } else { typed };
    match save(staff, &typed, Some(&form.version)).await {
        Ok(corrections) => {
            let wanted = corrections.iter().map(|correction| format!("&{}={}", correction.field, correction.wanted.replace('#', "%23")));
            Ok(Redirect::to(format!("/office/settings?done=saved{}", wanted.collect::<String>())).into_response())
        }
        Err(error) => again(&member, form, error).await,
    }
}

/// `POST /office/settings/logo`
#[handler]
pub async fn upload_logo(staff: Staff<SettingsKeeper>, mut parts: Multipart) -> Result<Response> {
    let member = staff.member.clone();
    // No transaction is open while the picture is drawn.
    drop(staff);
    let unreadable = || Error::Malformed("The form cannot be read".to_owned());
    let mut picture = Vec::new();
    while let Some(field) = parts.next_field().await.map_err(|_| unreadable())? {
        if field.name() == Some("logo") {
            picture = field.bytes().await.map_err(|_| unreadable())?;
        }
    }
    match put_logo(&member, picture).await {
        Ok(()) => Ok(Redirect::to("/office/settings?done=logo").into_response()),
        Err(error @ Error::Invalid(_)) => {
            let settings = member.house.office(&member.tenant).read(async |tx| find(tx).await).await?;
            again(&member, SettingsForm::of(&settings), error).await
        }
        Err(error) => Err(error),
    }
}

/// `POST /office/settings/logo/removal`
#[handler]
pub async fn logo_removal(staff: Staff<SettingsKeeper>) -> Result<Redirect> {
    let member = staff.member.clone();
    drop(staff);
    remove_logo(&member).await?;
    Ok(Redirect::to("/office/settings?done=no-logo"))
}

/// The page with what was typed, and why it was not taken.
async fn again(member: &Member, form: SettingsForm, refusal: Error) -> Result<Response> {
    let status = match refusal {
        Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Conflict(_) => StatusCode::CONFLICT,
        error => return Err(error),
    };
    let work = async |tx: &mut Tx<Office>| {
        let settings = find(tx).await?;
        let mut page = page_of(tx, member, &settings, form).await?;
        if status == StatusCode::CONFLICT {
            (page.meanwhile_by, page.meanwhile) = meanwhile(tx, member).await?;
            // Whoever sends it once more has read what they write over.
            page.form.version = settings.version();
        }
        page.wrong = refusal.fields();
        Page::of(&page)
    };
    let page = member.house.office(&member.tenant).read(work).await?;
    Ok(page.with_status(status).into_response())
}

/// Who saved last and when, and what they changed.
async fn meanwhile(tx: &mut Tx<Office>, member: &Member) -> Result<(String, Vec<Meanwhile>)> {
    let entries = audit::about(tx, tx.tenant().uuid()).await?;
    let Some(Entry { at, actor_name, details, .. }) = entries.into_iter().find(|entry| entry.action == "settings.changed") else {
        return Ok(("Somebody else".to_owned(), Vec::new()));
    };
    let changes = details.get("changes").and_then(Value::as_array).into_iter().flatten();
    let word = |change: &Value, key: &str| change.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let changes = changes.map(|change| Meanwhile { what: word(change, "what"), theirs: word(change, "after") }).collect();
    Ok((format!("{actor_name} saved other settings {}", when::ago(at, member.house.now(), member.tenant.time_zone)), changes))
}

async fn page_of(tx: &mut Tx<Office>, member: &Member, settings: &Settings, form: SettingsForm) -> Result<IndexPage> {
    let waiting = office_requests::waiting(tx, member).await?;
    let zone =
        |zone: &Tz| Choice { value: zone.name().to_owned(), name: zone.name().replace('_', " "), is_chosen: zone.name() == form.time_zone };
    let here = Country::parse(&form.country).map(time_zones).unwrap_or_default();
    Ok(IndexPage {
        shell: Shell::of_staff(member, "Settings", "settings", waiting),
        wrong: FieldErrors::new(),
        notice: "",
        corrections: Vec::new(),
        meanwhile: Vec::new(),
        meanwhile_by: String::new(),
        first: Swatch::of(&settings.brand_colour),
        second: Some(&settings.second_colour).filter(|colour| !colour.is_empty()).map(|colour| Swatch::of(colour)),
        currency: settings.currency.clone(),
        countries: countries(&settings.country, &form.country),
        zones_here: here.iter().map(zone).collect(),
        zones: TZ_VARIANTS.iter().filter(|zone| !here.contains(zone)).map(zone).collect(),
        prices: PRICES_SHOWN.iter().map(|(word, name, what)| (*word, *name, *what, form.prices_shown == *word)).collect(),
        may_export: Exporter::allows(member.session.role),
        form,
    })
}

/// The markets, and the country that is set already if it is none of them.
fn countries(set: &str, chosen: &str) -> Vec<Choice> {
    let mut countries: Vec<Country> = Market::all().into_iter().map(|market| market.country).collect();
    countries.extend(Country::parse(set).ok().filter(|country| Market::of(country.as_str()).is_none()));
    countries.sort_by_key(Country::name);
    let choice =
        |country: Country| Choice { value: country.to_string(), name: country.name().to_owned(), is_chosen: country.as_str() == chosen };
    countries.into_iter().map(choice).collect()
}
