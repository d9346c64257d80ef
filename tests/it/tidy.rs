//! The rules of the house that a compiler does not know. Each list of exceptions may only become shorter.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use tradecounter::routes;
use tradecounter::tenancy::Hosts;

const LONGEST_FILE: usize = 400;
const LONGEST_FUNCTION: usize = 70;

pub fn files_under(folder: &Path, extensions: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).expect("a folder").filter_map(|entry| entry.ok().map(|entry| entry.path())) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let is_kept =
                !matches!(name.as_str(), "target" | ".git" | "node_modules" | ".data" | "Cargo.lock") && !name.ends_with(".snap.new");
            if path.is_dir() && is_kept {
                folders.push(path);
            } else if is_kept && (extensions.is_empty() || extensions.iter().any(|extension| name.ends_with(extension))) {
                let text = String::from_utf8_lossy(&fs::read(&path).expect("a file")).into_owned();
                found.push((path.to_string_lossy().trim_start_matches("./").to_owned(), text));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "{extensions:?} under {}", folder.display());
    found
}

fn source() -> Vec<(String, String)> {
    files_under(Path::new("src"), &[".rs"])
}

/// The code of a file without its comments and without its own tests.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn files_are_short() {
    let mut long = Vec::new();
    for (path, text) in
        files_under(Path::new("src"), &[".rs", ".css", ".js", ".html"]).into_iter().chain(files_under(Path::new("tests/it"), &[".rs"]))
    {
        let lines = text.lines().count();
        if lines > LONGEST_FILE {
            long.push(format!("{path} has {lines} lines"));
        }
    }
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn functions_fit_a_screen() {
    let begins = Regex::new(r"^( *)(?:pub(?:\([a-z]+\))? )?(?:const )?(?:async )?fn (\w+)").expect("a pattern");
    let mut long = Vec::new();
    let mut seen = 0;
    for (path, text) in source() {
        let text = code(&text);
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let Some(begin) = begins.captures(line) else { continue };
            // A trait's method without a body has no end.
            if lines[at..].iter().find(|line| line.ends_with('{') || line.ends_with(';')).is_none_or(|line| line.ends_with(';')) {
                continue;
            }
            let end = format!("{}}}", &begin[1]);
            let length = 1 + lines[at..].iter().position(|line| *line == end).unwrap_or(0);
            seen += 1;
            if length > LONGEST_FUNCTION {
                long.push(format!("{path}: {} has {length} lines", &begin[2]));
            }
        }
    }
    assert!(long.is_empty() && seen > 300, "{seen} functions, too long: {long:#?}");
}

/// Rooms in the order of knowledge: each may use those above it and those beside it.
const ROOMS: &[&[&str]] = &[
    &["clock", "error", "ids", "tax", "values"],
    &["config"],
    &["db"],
    &["tenancy"],
    &["api", "audit", "idempotency", "jobs", "lists", "messages", "paper", "web"],
    // Here stand the nouns: everything that is not named.
    &[],
    &["app", "commands", "routes"],
    &["main"],
];
const NOUNS: usize = 5;

/// Who may look the other way, and why.
const LOOKS_BACK: &[(&str, &str, &str)] =
    &[("src/config.rs", "messages", "each carrier says itself what can be configured about it; config only gathers it")];

fn level(room: &str) -> usize {
    ROOMS.iter().position(|rooms| rooms.contains(&room)).unwrap_or(NOUNS)
}

fn room_of(path: &str) -> &str {
    let inside = path.trim_start_matches("src/");
    inside.split(['/', '.']).next().unwrap_or_default()
}

/// Every `crate::a::b…` a file names, those in braces one by one.
fn uses(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let path = Regex::new(r"\bcrate::((?:\w+::)*)(\w+|\{[^}]*\})").expect("a pattern");
    for named in path.captures_iter(&code(text)) {
        let (before, last) = (&named[1], named[2].trim_matches(['{', '}']));
        found.extend(last.split(',').map(|name| format!("{before}{}", name.trim())).filter(|name| !name.ends_with("::")));
    }
    found
}

#[test]
fn knowledge_points_one_way() {
    let mut wrong = Vec::new();
    for (path, text) in source() {
        let room = room_of(&path);
        if matches!(room, "main" | "lib") {
            continue;
        }
        for used in uses(&text) {
            let other = used.split("::").next().unwrap_or_default();
            let is_allowed = LOOKS_BACK.iter().any(|(file, room, _)| *file == path && *room == other);
            if other != room && level(other) > level(room) && !is_allowed {
                wrong.push(format!("{path} knows crate::{used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_noun_knows_another_only_by_its_verbs() {
    let mut wrong = Vec::new();
    for (path, text) in source() {
        let room = room_of(&path);
        let is_door = is_door(&path);
        for used in uses(&text) {
            let mut parts = used.split("::");
            let (other, inside) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            // Doors may share what doors have: a page its parts with a page, an operation with an operation.
            if level(room) == NOUNS && level(other) == NOUNS && other != room && matches!(inside, "pages" | "api") && !is_door {
                wrong.push(format!("{path} knows crate::{used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Where HTTP is known: the doors, and two nouns so small that they are their page alone.
fn is_door(path: &str) -> bool {
    const FILES: [&str; 4] = ["src/app.rs", "src/routes.rs", "src/inbox/mod.rs", "src/commands/mod.rs"];
    const FOLDERS: [&str; 4] = ["src/web/", "src/api/", "src/tenancy/", "src/routes/"];
    FILES.contains(&path)
        || FOLDERS.iter().any(|folder| path.starts_with(folder))
        || path.ends_with("/pages.rs")
        || path.ends_with("/api.rs")
}

#[test]
fn the_web_framework_is_named_at_the_doors_alone() {
    let named = Regex::new(r"\b(?:poem|poem_openapi|hyper)\b").expect("a pattern");
    let (mut inside, mut at_doors) = (Vec::new(), 0);
    for (path, text) in source() {
        match (named.is_match(&code(&text)), is_door(&path)) {
            (true, false) => inside.push(path),
            (true, true) => at_doors += 1,
            _ => {}
        }
    }
    assert!(inside.is_empty() && at_doors > 20, "{at_doors} doors, and beside them {inside:?}");
}

#[test]
fn statements_are_put_together_in_one_room_and_written_in_small_letters() {
    let literal = Regex::new("'[^']*'").expect("a pattern");
    let statement = Regex::new(r##"(?s)\b(?:query|query_as|query_scalar|raw_sql)!?\(\s*(?:\w+,\s*)?r?#?"(.*?)""##).expect("a pattern");
    let shouted = Regex::new(
        r"\b(?:SELECT|INSERT|UPDATE|DELETE|FROM|WHERE|JOIN|VALUES|SET|AND|OR|ORDER|LIMIT|RETURNING|CREATE|ALTER|DROP|GRANT|REVOKE)\b",
    )
    .expect("a pattern");
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (path, text) in source() {
        if code(&text).contains("AssertSqlSafe") && !path.starts_with("src/db/") {
            wrong.push(format!("{path} puts statements together"));
        }
        for found in statement.captures_iter(&text) {
            seen += 1;
            if let Some(word) = shouted.find(&found[1]) {
                wrong.push(format!("{path}: {} in {}", word.as_str(), &found[1]));
            }
        }
    }
    for (path, text) in files_under(Path::new("migrations"), &[".sql"]) {
        for line in text.lines().map(|line| line.split("--").next().unwrap_or_default()) {
            let quoted = literal.replace_all(line, "''");
            if shouted.is_match(&quoted) {
                wrong.push(format!("{path}: {line}"));
            }
        }
    }
    assert!(wrong.is_empty() && seen > 70, "{seen} statements: {wrong:#?}");
}

#[test]
fn every_handler_and_every_operation_stands_in_the_table() {
    let pages: Vec<String> = files_under(Path::new("src/routes"), &[".rs"]).into_iter().map(|(_, text)| text).collect();
    let table = fs::read_to_string("src/routes.rs").expect("the table") + &pages.join("\n");
    let handler = Regex::new(r"#\[handler\]\s*pub (?:async )?fn (\w+)").expect("a pattern");
    let service = Regex::new(r"#\[OpenApi\([^\]]*\]\s*impl (\w+)").expect("a pattern");
    let (mut missing, mut handlers, mut operations) = (Vec::new(), 0, 0);
    for (path, text) in source() {
        let stem = path.trim_end_matches(".rs").trim_end_matches("/mod");
        let module = stem.rsplit('/').next().unwrap_or_default();
        for found in handler.captures_iter(&text) {
            handlers += 1;
            if !Regex::new(&format!(r"\b{module}::{}\)", &found[1])).expect("a pattern").is_match(&table) {
                missing.push(format!("{path}: {}", &found[1]));
            }
        }
        for found in service.captures_iter(&text) {
            // Once in the type of a site's operations, once in their list.
            let named = Regex::new(&format!(r"\b{}\b", &found[1])).expect("a pattern");
            let is_served = named.find_iter(table.split("const GET").nth(1).unwrap_or_default()).count() == 2;
            if !is_served {
                missing.push(format!("{path}: {}", &found[1]));
            }
        }
        operations += text.matches("#[oai(path = ").count();
    }
    let hosts = Hosts::parse("https://tradecounter.example").expect("a base");
    let documents = [routes::openapi(&hosts), routes::console_openapi(&hosts)];
    let methods = ["get", "post", "put", "patch", "delete"];
    let described: usize = documents
        .iter()
        .flat_map(|document| document["paths"].as_object().expect("paths").values())
        .map(|path| methods.iter().filter(|method| path[method].is_object()).count())
        .sum();
    assert!(missing.is_empty() && handlers > 30, "{handlers} handlers, not in the table: {missing:?}");
    assert_eq!(operations, described, "operations in the source, and in the document");
}

#[test]
fn every_message_has_a_picture() {
    let templates = files_under(Path::new("src"), &[".mail.txt", ".sms.txt"]);
    assert!(templates.len() >= 5);
    for (path, _) in templates {
        let name = path.trim_start_matches("src/").trim_end_matches(".txt").replace('/', "-");
        let picture = format!("tests/it/snapshots/it__messages__{name}.snap");
        assert!(Path::new(&picture).exists(), "{path} has no picture: {picture}");
    }
}

#[test]
fn nothing_is_left_undone_and_no_machine_is_named() {
    // Put together here, so that this file does not hold what it looks for.
    let undone: Vec<String> = ["TO", "FIX"].iter().zip(["DO", "ME"]).map(|(one, two)| format!("{one}{two}")).collect();
    let people = Regex::new(&format!(r"(^|[^\w.$\}}]){0}(root|home|Users){0}\w", "/")).expect("a pattern");
    let checkout = fs::canonicalize(env!("CARGO_MANIFEST_DIR")).expect("where this is").to_string_lossy().into_owned();
    // The first folder of where this is checked out says nothing when every machine has it.
    let first = checkout.split('/').nth(1).unwrap_or_default();
    let is_usual = matches!(first, "tmp" | "home" | "root" | "usr" | "opt" | "srv" | "var" | "mnt" | "builds" | "src" | "app");
    let own = Regex::new(&format!(r"(^|[^\w.$\}}])/{first}/")).expect("a pattern");
    let mut found = Vec::new();
    for (path, text) in files_under(Path::new("."), &[]) {
        if path.ends_with(".csv") || path.starts_with(".sqlx") || path.ends_with("package-lock.json") {
            continue;
        }
        for (at, line) in text.lines().enumerate() {
            let unfinished = undone.iter().any(|word| line.contains(word.as_str()));
            let named = line.contains(&checkout) || people.is_match(line) || (!is_usual && own.is_match(line));
            if unfinished || named {
                found.push(format!("{path}:{}: {line}", at + 1));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}
