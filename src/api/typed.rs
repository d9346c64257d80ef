//! What operations take: texts of a known length and whole numbers in JSON objects whose mistakes are all told at once, and ids.
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

/// A whole number from `LEAST` to `MOST`, and nothing but a number. In a [`Body`] its size is looked at.
#[derive(Debug)]
pub struct Whole<const LEAST: i64, const MOST: i64>(i64);

impl<const LEAST: i64, const MOST: i64> Deref for Whole<LEAST, MOST> {
    type Target = i64;

    fn deref(&self) -> &i64 {
        &self.0
    }
}

impl<const LEAST: i64, const MOST: i64> Type for Whole<LEAST, MOST> {
    const IS_REQUIRED: bool = true;

    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        "integer".into()
    }

    fn schema_ref() -> MetaSchemaRef {
        // The document's numbers are these; larger ones than it can write are nobody's bounds.
        #[expect(clippy::cast_precision_loss, reason = "bounds are far below 2^53")]
        let (minimum, maximum) = (Some(LEAST as f64), Some(MOST as f64));
        MetaSchemaRef::Inline(Box::new(MetaSchema { minimum, maximum, format: Some("int64"), ..MetaSchema::new("integer") }))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl<const LEAST: i64, const MOST: i64> ParseFromJSON for Whole<LEAST, MOST> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        let value = value.unwrap_or_default();
        match value.as_i64() {
            Some(number) if (LEAST..=MOST).contains(&number) => Ok(Self(number)),
            _ => Err(ParseError::expected_type(value)),
        }
    }
}

/// Never sent; the framework asks it of every object.
impl<const LEAST: i64, const MOST: i64> ToJSON for Whole<LEAST, MOST> {
    fn to_json(&self) -> Option<Value> {
        self.0.to_json()
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

/// A request's body: one JSON object. What cannot be read is 400; what it lacks, and what it has that it
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
    if value.is_object() {
        FieldErrors::or(mistakes::<T>(&value), Some(()))?;
    }
    T::parse_from_json(Some(value)).map_err(|_| Error::Malformed("The body must be one JSON object".to_owned()))
}

/// What is wrong with which field, by the schema.
fn mistakes<T: Type>(value: &Value) -> FieldErrors {
    let mut registry = Registry::new();
    T::register(&mut registry);
    let mut look = Look { registry: &registry, wrong: FieldErrors::new() };
    look.at(value, &T::schema_ref(), "");
    look.wrong
}

/// Walks a value along its schema, and notes what does not fit, each by its path: `lines[3].quantity`.
struct Look<'a> {
    registry: &'a Registry,
    wrong: FieldErrors,
}

impl Look<'_> {
    fn at(&mut self, value: &Value, schema: &MetaSchemaRef, path: &str) {
        let registry = self.registry;
        let Some(schema) = resolved(registry, schema) else { return };
        match (schema.ty, value) {
            ("object", Value::Object(fields)) => self.object(fields, schema, path),
            ("array", Value::Array(items)) => self.list(items, schema, path),
            ("string", Value::String(text)) => self.text(text, schema, path),
            ("integer", Value::Number(number)) => self.whole(number.as_i64(), schema, path),
            ("boolean", Value::Bool(_)) | ("", _) => {}
            (kind, _) => self.wrong.add(path.to_owned(), takes(kind)),
        }
    }

    fn object(&mut self, fields: &Map<String, Value>, schema: &MetaSchema, path: &str) {
        let inside = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        for (name, kind) in &schema.properties {
            match fields.get(*name) {
                None | Some(Value::Null) if schema.required.contains(name) => self.wrong.add(inside(name), "This field is required."),
                None | Some(Value::Null) => {}
                Some(value) => self.at(value, kind, &inside(name)),
            }
        }
        for name in fields.keys().filter(|name| schema.properties.iter().all(|(known, _)| known != name)) {
            self.wrong.add(inside(name), "There is no such field.");
        }
    }

    fn list(&mut self, items: &[Value], schema: &MetaSchema, path: &str) {
        let (least, most) = (schema.min_items.unwrap_or(0), schema.max_items.unwrap_or(usize::MAX));
        if !(least..=most).contains(&items.len()) {
            self.wrong.add(path.to_owned(), format!("Please send {} of these.", span(least, most)));
            return;
        }
        let Some(kind) = &schema.items else { return };
        for (at, item) in items.iter().enumerate() {
            self.at(item, kind, &format!("{path}[{at}]"));
        }
    }

    fn text(&mut self, text: &str, schema: &MetaSchema, path: &str) {
        let (least, most) = (schema.min_length.unwrap_or(0), schema.max_length.unwrap_or(usize::MAX));
        if !(least..=most).contains(&text.chars().count()) {
            self.wrong.add(path.to_owned(), format!("Please write {} characters.", span(least, most)));
        }
    }

    fn whole(&mut self, number: Option<i64>, schema: &MetaSchema, path: &str) {
        #[expect(clippy::cast_precision_loss, reason = "bounds are far below 2^53, and what is larger is outside of them all the same")]
        let fits = number.is_some_and(|number| {
            schema.minimum.is_none_or(|least| least <= number as f64) && schema.maximum.is_none_or(|most| number as f64 <= most)
        });
        if !fits {
            let (least, most) = (schema.minimum.unwrap_or_default(), schema.maximum.unwrap_or_default());
            self.wrong.add(path.to_owned(), format!("This field takes a whole number from {least} to {most}."));
        }
    }
}

/// The schema itself; of one that only adds words to another, that other.
fn resolved<'a>(registry: &'a Registry, schema: &'a MetaSchemaRef) -> Option<&'a MetaSchema> {
    match schema {
        MetaSchemaRef::Reference(name) => registry.schemas.get(name),
        MetaSchemaRef::Inline(schema) => match schema.all_of.first() {
            Some(first) => resolved(registry, first),
            None => Some(schema),
        },
    }
}

fn span(least: usize, most: usize) -> String {
    if least == most { most.to_string() } else { format!("{least} to {most}") }
}

fn takes(kind: &str) -> &'static str {
    match kind {
        "object" => "This field takes an object.",
        "array" => "This field takes a list.",
        "integer" => "This field takes a whole number, without quotes.",
        "boolean" => "This field takes true or false.",
        _ => "This field takes a text in quotes, and nothing else.",
    }
}

#[cfg(test)]
mod tests;
