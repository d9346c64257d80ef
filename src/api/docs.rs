//! The document in readable form: a plain page, like every other.

use askama::Template;
use poem::handler;
use poem::web::Data;
use serde_json::Value;

use crate::error::Result;
use crate::tenancy::extract::Anywhere;
use crate::web::{Page, Shell};

/// The document, for whoever serves it.
#[derive(Clone)]
pub struct Document(pub std::sync::Arc<Value>);

#[derive(Template)]
#[template(path = "api/docs.html")]
struct DocsPage {
    shell: Shell,
    title: String,
    intro: String,
    groups: Vec<Group>,
}

struct Group {
    name: String,
    operations: Vec<Operation>,
}

struct Operation {
    method: String,
    path: String,
    summary: String,
    description: String,
    sign_in: String,
    fields: Vec<Field>,
    answers: Vec<Answer>,
}

struct Answer {
    status: String,
    text: String,
    fields: Vec<Field>,
}

struct Field {
    name: String,
    kind: String,
    required: bool,
    text: String,
}

/// `GET /api/docs`
#[handler]
pub fn docs(Anywhere(here): Anywhere, Data(document): Data<&Document>) -> Result<Page> {
    let document = &document.0;
    let mut groups: Vec<Group> = Vec::new();
    for (path, operations) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
        for (method, operation) in operations.as_object().into_iter().flatten().filter(|(_, value)| value.get("responses").is_some()) {
            let name = operation.pointer("/tags/0").and_then(Value::as_str).unwrap_or_default();
            let operation = read_operation(document, path, method, operation);
            match groups.iter_mut().find(|group| group.name == name) {
                Some(group) => group.operations.push(operation),
                None => groups.push(Group { name: name.to_owned(), operations: vec![operation] }),
            }
        }
    }
    Page::of(&DocsPage {
        shell: Shell::of(&here, "The API"),
        title: text_at(document, "/info/title"),
        intro: text_at(document, "/info/description"),
        groups,
    })
}

fn read_operation(document: &Value, path: &str, method: &str, operation: &Value) -> Operation {
    let mut fields: Vec<Field> = operation.get("parameters").and_then(Value::as_array).into_iter().flatten().map(read_parameter).collect();
    fields.extend(operation.pointer("/requestBody/content").map(|content| read_content(document, content)).unwrap_or_default());
    let answers = operation.get("responses").and_then(Value::as_object).into_iter().flatten().map(|(status, answer)| Answer {
        status: status.clone(),
        text: text_at(answer, "/description"),
        fields: answer.get("content").map(|content| read_content(document, content)).unwrap_or_default(),
    });
    let sign_in = match operation.pointer("/security/0").and_then(Value::as_object).and_then(|schemes| schemes.keys().next()) {
        Some(scheme) if scheme == "office" => "Staff, by the cookie __Host-office",
        Some(scheme) if scheme == "operator" && operation.pointer("/security/1").is_some() => {
            "An operator, by the cookie __Host-operator, or a program, by its token (Authorization: Bearer)"
        }
        Some(scheme) if scheme == "operator" => "An operator, by the cookie __Host-operator",
        Some(_) => "A customer, by the cookie __Host-session",
        None => "Anybody",
    };
    Operation {
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text_at(operation, "/summary"),
        description: text_at(operation, "/description"),
        sign_in: sign_in.to_owned(),
        fields,
        answers: answers.collect(),
    }
}

fn read_parameter(parameter: &Value) -> Field {
    Field {
        name: text_at(parameter, "/name"),
        kind: format!("{} · {}", text_at(parameter, "/in"), kind_of(parameter.get("schema").unwrap_or(&Value::Null))),
        required: parameter.get("required").and_then(Value::as_bool).unwrap_or_default(),
        text: text_at(parameter, "/description"),
    }
}

/// The fields of the first media type's object; of a list, those of its items.
fn read_content(document: &Value, content: &Value) -> Vec<Field> {
    let Some(media) = content.as_object().and_then(|media| media.values().next()) else { return Vec::new() };
    let schema = follow(document, media.get("schema").unwrap_or(&Value::Null));
    let required: Vec<&str> = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let mut fields = Vec::new();
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        fields.push(Field {
            name: name.clone(),
            kind: kind_of(property),
            required: required.contains(&name.as_str()),
            text: text_at(property, "/description"),
        });
        let inner = follow(document, property.get("items").or_else(|| property.pointer("/allOf/0")).unwrap_or(&Value::Null));
        for (inner_name, inner_property) in inner.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let text = text_at(inner_property, "/description");
            fields.push(Field { name: format!("{name}.{inner_name}"), kind: kind_of(inner_property), required: false, text });
        }
    }
    fields
}

fn follow<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
    reference.and_then(|pointer| document.pointer(pointer)).unwrap_or(schema)
}

fn kind_of(schema: &Value) -> String {
    let kind = schema.get("type").and_then(Value::as_str).unwrap_or("object");
    match (kind, schema.get("format").and_then(Value::as_str)) {
        ("array", _) => "list".to_owned(),
        (kind, Some("uuid")) => format!("{kind} (UUID)"),
        (kind, _) => kind.to_owned(),
    }
}

fn text_at(value: &Value, pointer: &str) -> String {
    // Descriptions are Markdown; the page is not.
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().trim().replace('`', "")
}
