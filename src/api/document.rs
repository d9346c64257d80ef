//! The OpenAPI document: what the framework writes from the code, and the few things it leaves out.

use serde_json::{Map, Value, json};

/// Whose operations a document describes: the same path is another operation on another host, and asks for other keys.
#[derive(Clone, Copy)]
pub enum Described {
    /// Counters, offices and the public site.
    Wholesalers,
    /// The platform's console.
    Console,
}

/// Puts one site's document into the whole: its paths say on which host they are.
pub fn merge(documents: Vec<(Value, String)>, described: Described) -> Value {
    let mut whole = json!({});
    for (document, server) in documents {
        let Value::Object(mut document) = document else { continue };
        if let Some(Value::Object(paths)) = document.get_mut("paths") {
            for operations in paths.values_mut().filter_map(Value::as_object_mut) {
                operations.insert("servers".to_owned(), json!([{ "url": server }]));
            }
        }
        document.remove("servers");
        lay_over(&mut whole, Value::Object(document));
    }
    complete(&mut whole, described);
    drop_empty_chapters(&mut whole);
    whole
}

/// Objects are joined key by key; of anything else the first stays.
fn lay_over(base: &mut Value, other: Value) {
    match (base, other) {
        (Value::Object(base), Value::Object(other)) => {
            for (key, value) in other {
                match base.get_mut(&key) {
                    Some(there) => lay_over(there, value),
                    None => {
                        base.insert(key, value);
                    }
                }
            }
        }
        (Value::Array(base), Value::Array(other)) => {
            for item in other {
                if !base.contains(&item) {
                    base.push(item);
                }
            }
        }
        _ => {}
    }
}

/// The framework names every chapter there is in every document.
fn drop_empty_chapters(document: &mut Value) {
    let operations = document.get("paths").and_then(Value::as_object).into_iter().flat_map(Map::values);
    let operations = operations.filter_map(Value::as_object).flat_map(Map::values);
    let used: Vec<Value> = operations.filter_map(|operation| operation.pointer("/tags/0").cloned()).collect();
    if let Some(Value::Array(chapters)) = document.get_mut("tags") {
        chapters.retain(|chapter| chapter.get("name").is_some_and(|name| used.contains(name)));
    }
}

/// What the framework does not write: who may, that optional fields may be null, that answers have every field,
/// that bodies take no other fields.
fn complete(document: &mut Value, described: Described) {
    let schemes = match described {
        Described::Wholesalers => json!({
            "session": { "type": "apiKey", "in": "cookie", "name": "__Host-session", "description": "A signed-in customer." },
            "office": { "type": "apiKey", "in": "cookie", "name": "__Host-office", "description": "A signed-in member of staff." },
        }),
        Described::Console => json!({
            "operator": { "type": "apiKey", "in": "cookie", "name": "__Host-operator", "description": "A signed-in operator." },
            "token": { "type": "http", "scheme": "bearer", "description": "A program. A token of scope `read` is for GET alone." },
        }),
    };
    if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
        for (name, schema) in schemas.iter_mut() {
            complete_schema(name, schema);
        }
    }
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        components.insert("securitySchemes".to_owned(), schemes);
    }
    let Some(Value::Object(paths)) = document.get_mut("paths") else { return };
    for (path, operations) in paths {
        let Some(operations) = operations.as_object_mut() else { continue };
        for (method, operation) in operations.iter_mut() {
            let schemes: Vec<Value> = schemes_of(described, path, method).iter().map(|scheme| one_scheme(scheme)).collect();
            if let (false, Some(operation)) = (schemes.is_empty(), operation.as_object_mut()) {
                operation.insert("security".to_owned(), Value::Array(schemes));
            }
        }
    }
}

/// What is not there rather than null.
const LEFT_OUT: &[(&str, &str)] = &[("Product", "stock"), ("Product", "availability")];

fn complete_schema(name: &str, schema: &mut Value) {
    let required: Vec<String> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    let Some(schema) = schema.as_object_mut() else { return };
    // A problem, and each line of it, leaves out what it has not; every other answer says null.
    if name.ends_with("Problem") {
        return;
    }
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    let is_left_out = |property: &String| LEFT_OUT.contains(&(name, property.as_str()));
    for (_, kind) in properties.iter_mut().filter(|(property, _)| !required.contains(property) && !is_left_out(property)) {
        make_nullable(kind);
    }
    let all: Vec<Value> = properties.keys().filter(|property| !is_left_out(property)).cloned().map(Value::String).collect();
    if name.ends_with("Body") {
        schema.insert("additionalProperties".to_owned(), Value::Bool(false));
    } else {
        schema.insert("required".to_owned(), Value::Array(all));
    }
}

/// A reference can carry nothing beside it in OpenAPI 3.0, so it is wrapped.
fn make_nullable(kind: &mut Value) {
    if let Some(reference) = kind.get("$ref").cloned() {
        *kind = json!({ "allOf": [{ "$ref": reference }] });
    }
    if let Some(kind) = kind.as_object_mut() {
        kind.insert("nullable".to_owned(), Value::Bool(true));
    }
}

/// A scheme as the document names it; the empty one is nobody's.
fn one_scheme(name: &str) -> Value {
    if name.is_empty() { json!({}) } else { json!({ name: [] }) }
}

/// What an operation asks for, one or the other; nothing where anybody may.
fn schemes_of(described: Described, path: &str, method: &str) -> &'static [&'static str] {
    let path = path.strip_prefix("/api/v1").unwrap_or_default().trim_end_matches('/');
    match (described, path, method) {
        (_, _, "servers" | "parameters") | (_, "/codes" | "/sessions" | "/passkey-challenges" | "/passkey-sessions", _) => &[],
        (Described::Console, "/sessions/current", _) => &["operator"],
        (Described::Console, path, _) if path.starts_with("/passkey") => &["operator"],
        (Described::Console, path, _) if path.contains("/support") => &["operator"],
        (Described::Console, ..) => &["operator", "token"],
        (_, "/office/codes" | "/office/sessions" | "/office/passkey-challenges" | "/office/passkey-sessions" | "/inbox", _) => &[],
        (_, path, _) if path.starts_with("/signups") || path.starts_with("/subdomains/") => &[],
        (_, path, _) if path.starts_with("/office/") => &["office"],
        // Where the wholesaler lets everybody look, nobody has to be signed in.
        (_, "/products", _) => &["session", ""],
        _ => &["session"],
    }
}

/// The paths of a document with their methods, in the pattern of our routes.
pub fn paths(document: &Value) -> Vec<(String, Vec<http::Method>)> {
    let empty = Map::new();
    let paths = document.get("paths").and_then(Value::as_object).unwrap_or(&empty);
    paths
        .iter()
        .map(|(path, operations)| {
            let methods = operations.as_object().into_iter().flatten().filter_map(|(method, _)| method.to_uppercase().parse().ok());
            let methods = methods.filter(|method: &http::Method| matches!(method.as_str(), "GET" | "POST" | "PUT" | "PATCH" | "DELETE"));
            (path.replace('{', ":").replace('}', ""), methods.collect())
        })
        .collect()
}
