//! What operations take: texts of a known length in a JSON object whose mistakes are all told at once, and ids.
//! The framework's own types read a number as its digits, and tell one mistake without naming the field.

use std::borrow::Cow;
use std::ops::Deref;

use poem::{FromRequest, Request, RequestBody};
use poem_openapi::error::ContentTypeError;
use poem_openapi::registry::{MetaMediaType, MetaRequest, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::error::{Error, FieldErrors, Result};

/// A text of at least `LEAST` and at most `MOST` characters, and nothing but a text. In a [`Body`] its length is
/// looked at; of a parameter, whoever takes it does.
pub struct Text<const LEAST: usize, const MOST: usize>(String);

impl<const LEAST: usize, const MOST: usize> Deref for Text<LEAST, MOST> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const LEAST: usize, const MOST: usize> Type for Text<LEAST, MOST> {
    const IS_REQUIRED: bool = true;

    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        "string".into()
    }

    fn schema_ref() -> MetaSchemaRef {
        let least = (LEAST > 0).then_some(LEAST);
        MetaSchemaRef::Inline(Box::new(MetaSchema { min_length: least, max_length: Some(MOST), ..MetaSchema::new("string") }))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl<const LEAST: usize, const MOST: usize> ParseFromJSON for Text<LEAST, MOST> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        match value {
            Some(Value::String(text)) => Ok(Self(text)),
            other => Err(ParseError::expected_type(other.unwrap_or_default())),
        }
    }
}

/// Never sent; the framework asks it of every object.
impl<const LEAST: usize, const MOST: usize> ToJSON for Text<LEAST, MOST> {
    fn to_json(&self) -> Option<Value> {
        self.0.to_json()
    }
}

impl<const LEAST: usize, const MOST: usize> ParseFromParameter for Text<LEAST, MOST> {
    fn parse_from_parameter(value: &str) -> ParseResult<Self> {
        Ok(Self(value.to_owned()))
    }
}

/// An id in a path. What is no id names nothing, and is answered as any other id of nothing.
pub struct Id(Uuid);

impl Id {
    /// The plain UUID.
    pub fn uuid(&self) -> Uuid {
        self.0
    }
}

impl Type for Id {
    const IS_REQUIRED: bool = true;

    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        Uuid::name()
    }

    fn schema_ref() -> MetaSchemaRef {
        Uuid::schema_ref()
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl ParseFromParameter for Id {
    fn parse_from_parameter(value: &str) -> ParseResult<Self> {
        Ok(Self(Uuid::parse_str(value).unwrap_or_default()))
    }
}

/// A request's body: one JSON object of texts. What cannot be read is 400; what it lacks, and what it has that it
/// should not, is 422 and told field by field, by the very schema that the document shows.
pub struct Body<T>(pub T);

impl<T> Deref for Body<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<'a, T: ParseFromJSON> ApiExtractor<'a> for Body<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content = vec![MetaMediaType { content_type: "application/json; charset=utf-8", schema: T::schema_ref() }];
        Some(MetaRequest { description: None, content, required: T::IS_REQUIRED })
    }

    async fn from_request(request: &'a Request, body: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
        let content_type = request.content_type().unwrap_or_default();
        if !content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
            return Err(ContentTypeError::NotSupported { content_type: content_type.to_owned() }.into());
        }
        let bytes = <Vec<u8> as FromRequest>::from_request(request, body).await?;
        Ok(Self(read(&bytes)?))
    }
}

fn read<T: ParseFromJSON>(bytes: &[u8]) -> Result<T> {
    let value = match bytes {
        [] => Value::Null,
        _ => serde_json::from_slice(bytes).map_err(|_| Error::Malformed("The body is no JSON".to_owned()))?,
    };
    if let Value::Object(fields) = &value {
        FieldErrors::or(mistakes::<T>(fields), Some(()))?;
    }
    T::parse_from_json(Some(value)).map_err(|_| Error::Malformed("The body must be one JSON object".to_owned()))
}

/// What is wrong with which field, by the schema.
fn mistakes<T: Type>(fields: &Map<String, Value>) -> FieldErrors {
    let mut wrong = FieldErrors::new();
    let mut registry = Registry::new();
    T::register(&mut registry);
    let schema = match T::schema_ref() {
        MetaSchemaRef::Reference(name) => registry.schemas.remove(&name),
        MetaSchemaRef::Inline(schema) => Some(*schema),
    };
    let Some(MetaSchema { properties, required, .. }) = schema else { return wrong };
    for (name, kind) in &properties {
        let MetaSchemaRef::Inline(kind) = kind else { continue };
        match fields.get(*name) {
            None | Some(Value::Null) if required.contains(name) => wrong.add(*name, "This field is required."),
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => {
                let (least, most) = (kind.min_length.unwrap_or(0), kind.max_length.unwrap_or(usize::MAX));
                if !(least..=most).contains(&text.chars().count()) {
                    let span = if least == most { most.to_string() } else { format!("{least} to {most}") };
                    wrong.add(*name, format!("Please write {span} characters."));
                }
            }
            Some(_) => wrong.add(*name, "This field takes a text in quotes, and nothing else."),
        }
    }
    for name in fields.keys().filter(|name| properties.iter().all(|(known, _)| known != name)) {
        wrong.add(name.clone(), "There is no such field.");
    }
    wrong
}
