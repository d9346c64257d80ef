//! The language of the messages to a customer, by the API.

use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::{choose, chosen};
use crate::api::Chapter;
use crate::api::typed::{Body, Text};
use crate::error::{Error, Result};
use crate::tenancy::extract::SignedIn;
use crate::values::Language;

pub struct LanguagesApi;

/// In which language a customer is written to.
#[derive(Object)]
pub struct LanguageAnswer {
    /// `en` or `fr`; null: each wholesaler writes in its own.
    language: Option<String>,
}

/// In which language a customer is to be written to.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct LanguageBody {
    /// `en` or `fr`; left out, each wholesaler writes in its own.
    language: Option<Text<1, 8>>,
}

impl LanguageAnswer {
    fn of(language: Option<Language>) -> Json<Self> {
        Json(Self { language: language.map(|language| language.code().to_owned()) })
    }
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Customer")]
impl LanguagesApi {
    /// In which language messages to this customer are
    #[oai(path = "/me/language", method = "get")]
    async fn get_language(&self, customer: SignedIn) -> Result<Json<LanguageAnswer>> {
        let caller = customer.leave().await?;
        Ok(LanguageAnswer::of(chosen(&caller).await?))
    }

    /// Choose it
    ///
    /// It holds for texts and e-mails of every wholesaler.
    #[oai(path = "/me/language", method = "put")]
    async fn update_language(&self, customer: SignedIn, body: Body<LanguageBody>) -> Result<Json<LanguageAnswer>> {
        let unknown = || Error::invalid("language", "There is en and fr.");
        let language = body.language.as_deref().map(|code| Language::parse(code).ok_or_else(unknown)).transpose()?;
        choose(customer, language).await?;
        Ok(LanguageAnswer::of(language))
    }
}
