//! From the keys that an object is to have to the assignments that its file needs: no more of them than differ.

use serde_json::{Map, Value};

use crate::config::edit::Assignment;
use crate::config::masked_urls;
use crate::control::problem::Problem;
use crate::inspect::MASK;
use crate::inspect::object::{STATUS, Target};
use crate::inspect::service::Domain;

/// Tables whose keys are set one by one.
const TABLES: [&str; 2] = ["headers", "versions"];

/// What has to be set and removed in the file of an object that has `current` now, or of a new one.
///
/// # Errors
/// For a key that the object does not have, or that says another address.
pub fn assignments(
    target: &Target,
    current: Option<&Map<String, Value>>,
    mut wanted: Map<String, Value>,
) -> Result<Vec<Assignment>, Problem> {
    wanted.remove(STATUS);
    let identity = target.identity();
    for (key, value) in &identity {
        match wanted.remove(key) {
            None => {}
            Some(given) if given == *value => {}
            Some(_) => {
                let message = format!("`{key}` is part of the object's address, where it is {value}");
                return Err(Problem::invalid_at(format!("/{key}"), message));
            }
        }
    }
    if let Some(unknown) = wanted.keys().find(|key| !target.known().contains(&key.as_str())) {
        return Err(Problem::invalid_at(format!("/{unknown}"), unknown_key(unknown, target)));
    }
    let mut assignments = Vec::new();
    if current.is_none() {
        assignments.extend(names(target));
    }
    let defaults = target.defaults();
    for key in target.known().iter().filter(|key| !identity.contains_key(**key)) {
        let default = defaults.get(*key).unwrap_or(&Value::Null);
        let wanted = wanted.remove(*key).filter(|value| !value.is_null());
        let before = current.and_then(|current| current.get(*key)).unwrap_or(default);
        if TABLES.contains(key) {
            assignments.extend(entries(key, before, wanted)?);
            continue;
        }
        let after = wanted.as_ref().unwrap_or(default);
        if *key == "domains" {
            if after != before {
                assignments.extend(domains(wanted)?);
            }
            continue;
        }
        if after != before {
            assignments.push(assignment(&[key], wanted.filter(|value| value != default)));
        }
    }
    Ok(assignments)
}

/// The keys of a new object that are its address. What is the default is left out.
fn names(target: &Target) -> Vec<Assignment> {
    let named = |key: &str, value: &str| assignment(&[key], Some(Value::from(value)));
    match target {
        Target::Service(name) => vec![named("name", name)],
        // The name of an API that is its method and path need not be written; see `unnamed`.
        Target::Api { name, .. } => vec![named("name", name)],
        Target::Function(id) => {
            let mut names = vec![named("name", &id.name)];
            names.extend((id.namespace != "default").then(|| named("namespace", &id.namespace)));
            names.extend((id.version != "$LATEST").then(|| named("version", &id.version)));
            names
        }
    }
}

/// Leaves the name of a new API out that is its method and path.
pub fn unnamed(assignments: &mut Vec<Assignment>, name: &str) {
    let text = |key: &str| {
        let found = assignments.iter().find(|assignment| assignment.key == [key])?;
        found.value.as_ref()?.as_str().map(str::to_owned)
    };
    let (method, path) = (text("method").unwrap_or_else(|| "GET".to_owned()), text("path").unwrap_or_default());
    if format!("{method} {path}") == name {
        assignments.retain(|assignment| assignment.key != ["name"]);
    }
}

/// The two ways of writing domains: `hosts` for those at `/` in `release`, and tables for the others.
fn domains(wanted: Option<Value>) -> Result<[Assignment; 2], Problem> {
    let listed = wanted.unwrap_or_else(|| Value::Array(Vec::new()));
    let domains: Vec<Domain> = serde_json::from_value(listed)
        .map_err(|error| Problem::invalid_at("/domains", format!("`domains` is a list of objects: {error}")))?;
    let is_short = |domain: &&Domain| domain.base_path == "/" && domain.environment == "release";
    let (short, long): (Vec<_>, Vec<_>) = domains.iter().partition(is_short);
    let hosts: Vec<_> = short.iter().map(|domain| Value::from(domain.host.as_str())).collect();
    let tables: Vec<_> = long.iter().map(|domain| table(domain)).collect();
    let or_none = |list: Vec<Value>| (!list.is_empty()).then_some(Value::Array(list));
    Ok([assignment(&["hosts"], or_none(hosts)), assignment(&["domain"], or_none(tables))])
}

fn table(domain: &Domain) -> Value {
    let mut table = Map::new();
    table.insert("host".to_owned(), domain.host.as_str().into());
    if domain.base_path != "/" {
        table.insert("base_path".to_owned(), domain.base_path.as_str().into());
    }
    if domain.environment != "release" {
        table.insert("environment".to_owned(), domain.environment.as_str().into());
    }
    Value::Object(table)
}

fn entries(key: &str, before: &Value, wanted: Option<Value>) -> Result<Vec<Assignment>, Problem> {
    let wanted = match wanted {
        None => Map::new(),
        Some(Value::Object(entries)) => entries,
        Some(_) => {
            return Err(Problem::invalid_at(format!("/{key}"), format!("`{key}` is an object of strings")));
        }
    };
    let nothing = Map::new();
    let before = before.as_object().unwrap_or(&nothing);
    let same = |name: &str, value: &Value| {
        let found = before.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.is_some_and(|(_, before)| before == value)
    };
    let gone = before.keys().filter(|name| !wanted.keys().any(|other| other.eq_ignore_ascii_case(name)));
    let mut assignments: Vec<_> = gone.map(|name| assignment(&[key, name], None)).collect();
    for (name, value) in &wanted {
        if !value.is_string() {
            let pointer = format!("/{key}/{}", name.replace('~', "~0").replace('/', "~1"));
            return Err(Problem::invalid_at(pointer, format!("`{name}` is not a string")));
        }
        if value.as_str().is_some_and(has_mask) && !same(name, value) {
            let message = format!("`{MASK}` keeps a stored secret, but `{name}` has none");
            return Err(Problem::invalid_at(format!("/{key}"), message));
        }
        if !same(name, value) {
            assignments.push(assignment(&[key, name], Some(value.clone())));
        }
    }
    Ok(assignments)
}

/// Whether a value has a mask where a secret would be masked.
fn has_mask(value: &str) -> bool {
    value == MASK || (value.contains(MASK) && value.contains("://") && masked_urls(value) == value)
}

fn assignment(key: &[&str], value: Option<Value>) -> Assignment {
    Assignment { key: key.iter().map(|part| (*part).to_owned()).collect(), value }
}

fn unknown_key(key: &str, target: &Target) -> String {
    let known = target.known().iter();
    let near = known.min_by_key(|known| strsim::damerau_levenshtein(known, key));
    let near = near.filter(|known| strsim::damerau_levenshtein(known, key) <= 1 + known.len() / 5);
    let kind = target.title();
    match near {
        Some(near) => format!("the {kind} has no key `{key}`: did you mean `{near}`?"),
        None => format!("the {kind} has no key `{key}`"),
    }
}
