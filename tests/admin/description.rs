//! What the admin API says of itself.

use serde_json::{Value, json};

use super::stand::Stand;
use super::support::project::project;

/// Where the description is checked in.
const FILE: &str = "docs/openapi.json";
/// Set, the file is written rather than compared.
const WRITE: &str = "FNGATE_WRITE_OPENAPI";

/// A path of the description, and a method that it has.
#[derive(Clone, Debug)]
pub struct Operation {
    /// As it is asked for: of objects that a stand has.
    pub target: String,
    /// In capitals.
    pub method: String,
    /// It takes a code in its body, and no token.
    pub takes_code: bool,
}

/// All operations of a running gateway.
#[track_caller]
pub fn operations(stand: &Stand) -> Vec<Operation> {
    let description = stand.get("/v1/openapi.json").json();
    let paths = description["paths"].as_object().expect("paths");
    let methods = |(path, item): (&String, &Value)| -> Vec<Operation> {
        let target = target(path);
        let known = ["get", "put", "post", "delete", "patch", "head", "options"];
        let own = known.into_iter().filter(|method| item.get(method).is_some());
        let operation = |method: &str| {
            let takes_code = item[method]["security"] == json!([{}]);
            Operation { target: target.clone(), method: method.to_uppercase(), takes_code }
        };
        own.map(operation).collect()
    };
    let own = Operation { target: "/v1/openapi.json".to_owned(), method: "GET".to_owned(), takes_code: false };
    paths.iter().flat_map(methods).chain([own]).collect()
}

/// The path with the names of objects that a stand has; what it does not know, stands for itself.
fn target(path: &str) -> String {
    let segment = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        Some("service") => "shop".to_owned(),
        Some("api") => "all".to_owned(),
        Some("namespace") => "default".to_owned(),
        Some("function") => "echo".to_owned(),
        Some("environment") => "release".to_owned(),
        Some("revision" | "number") => "1".to_owned(),
        Some(other) => other.to_owned(),
        None => part.to_owned(),
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

#[test]
fn the_description_that_is_checked_in_is_that_of_the_program() {
    let stand = Stand::start();
    let running = stand.get("/v1/openapi.json");
    assert_eq!(running.field("Content-Type"), Some("application/json"));
    let text = running.body + "\n";
    let path = project(FILE);
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, text).expect("the file can be written to");
        return;
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(text == known, "{FILE} is not what the program says: run this test with {WRITE}=1");
}

/// Generators of clients refuse a description with a reference that leads nowhere.
#[test]
fn every_reference_of_the_description_leads_to_a_schema() {
    let text = std::fs::read_to_string(project(FILE)).expect("the description");
    let description: Value = serde_json::from_str(&text).expect("JSON");
    let mut references = 0;
    let mut left = vec![&description];
    while let Some(value) = left.pop() {
        if let Some(pointer) = value.get("$ref").and_then(|reference| reference.as_str()?.strip_prefix('#')) {
            references += 1;
            assert!(description.pointer(pointer).is_some(), "`{pointer}` is not in {FILE}");
        }
        match value {
            Value::Array(items) => left.extend(items),
            Value::Object(fields) => left.extend(fields.values()),
            _ => {}
        }
    }
    assert!(references > 100, "{references} references");
}

#[test]
fn every_operation_has_an_id_of_its_own() {
    let text = std::fs::read_to_string(project(FILE)).expect("the description");
    let description: Value = serde_json::from_str(&text).expect("JSON");
    let paths = description["paths"].as_object().expect("paths").values();
    let operations = paths.flat_map(|path| path.as_object().expect("operations").values());
    let mut ids: Vec<_> = operations.map(|operation| operation["operationId"].as_str().expect("an id")).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}
