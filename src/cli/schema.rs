//! `fngate schema`: the configuration as a JSON Schema, for editors.

use std::process::ExitCode;

use serde_json::{Map, Value, json};

use super::outcome::{Failure, print};
use crate::config::{self, Form, Key};

/// A string may come from the environment, whatever else it has to look like.
const VARIABLE: &str = r"\$\{";
const DURATION: &str = "^([0-9]+(h|m|s|ms))+$";
const SIZE: &str = "^(0|[0-9]+([KMG]i?)?B)$";

pub(super) fn schema() -> Result<ExitCode, Failure> {
    let text = serde_json::to_string_pretty(&document()).map_err(|error| Failure::system(&error))?;
    print(&format!("{text}\n"))
}

/// Draft 7, which the editors' TOML extensions know.
fn document() -> Value {
    let reference = config::reference();
    let mut root = object();
    for key in config::schema() {
        let mut described = of(&key.form);
        if let Some(about) = reference.get(&key.name).filter(|about| !about.meaning.is_empty()) {
            described["description"] = plain(about.meaning).into();
        }
        insert(&mut root, &key, described);
    }
    root["$schema"] = "http://json-schema.org/draft-07/schema#".into();
    root["title"] = "fngate".into();
    root
}

fn object() -> Value {
    json!({ "type": "object", "additionalProperties": false, "properties": {} })
}

/// Puts a key where its dotted name says. Tables come before their keys.
fn insert(root: &mut Value, key: &Key, described: Value) {
    let (tables, name) = key.name.rsplit_once('.').unwrap_or(("", &key.name));
    let mut table = root;
    for part in tables.split('.').filter(|part| !part.is_empty()) {
        table = &mut table["properties"][part];
        if table["type"] == "array" {
            table = &mut table["items"];
        }
    }
    table["properties"][name] = described;
    if key.required {
        match &mut table["required"] {
            Value::Array(names) => names.push(name.into()),
            missing => *missing = json!([name]),
        }
    }
}

fn of(form: &Form) -> Value {
    let text = |example: &str| json!({ "type": "string", "examples": [example] });
    let pattern = |pattern: &str| json!({ "type": "string", "pattern": format!("{pattern}|{VARIABLE}") });
    match form {
        Form::Table => object(),
        Form::Tables => json!({ "type": "array", "items": object() }),
        Form::Text(example) => text(example),
        Form::Texts(example) => json!({ "type": "array", "items": text(example) }),
        Form::Map => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Form::Choice(choices) => or_variable(&json!({ "enum": choices })),
        Form::Duration => pattern(DURATION),
        Form::Size => pattern(SIZE),
        Form::Boolean(default) => {
            let mut boolean = or_variable(&json!({ "type": "boolean" }));
            boolean["default"] = (*default).into();
            boolean
        }
        Form::Number(low, high) => or_variable(&number(*low, *high)),
        Form::Fraction => or_variable(&json!({ "type": "number", "minimum": 0, "maximum": 1 })),
        Form::Unknown => Value::Object(Map::new()),
    }
}

/// A value, or a string with a variable that stands for it.
fn or_variable(value: &Value) -> Value {
    json!({ "anyOf": [value, { "type": "string", "pattern": VARIABLE }] })
}

/// `serde_json` has no numbers of 128 bits; no bound needs them.
fn number(low: i128, high: i128) -> Value {
    let bound = |number: i128| i64::try_from(number).ok();
    json!({ "type": "integer", "minimum": bound(low), "maximum": bound(high) })
}

/// `[text](address)` as `text`, and all in one line: an address in the documents leads nowhere in an editor.
pub(super) fn plain(markdown: &str) -> String {
    let (mut plain, mut rest) = (String::new(), markdown);
    while let Some((before, link)) = rest.split_once('[') {
        match link.split_once("](").and_then(|(text, after)| Some((text, after.split_once(')')?.1))) {
            Some((text, after)) if !text.contains(']') => {
                plain.extend([before, text]);
                rest = after;
            }
            _ => {
                plain.extend([before, "["]);
                rest = link;
            }
        }
    }
    (plain + rest).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_its_text_and_a_paragraph_one_line() {
        for (markdown, text) in [
            ("see [above](#x).", "see above."),
            ("[a](b) and `[c]` and [d](e)", "a and `[c]` and d"),
            ("`[::]:80`", "`[::]:80`"),
            ("two\nlines", "two lines"),
        ] {
            assert_eq!(plain(markdown), text, "{markdown}");
        }
    }

    #[test]
    fn every_key_is_described() {
        let document = document();
        let api = &document["properties"]["service"]["items"]["properties"]["api"]["items"];
        assert_eq!(api["required"], json!(["path", "function"]));
        assert_eq!(api["properties"]["raw_path"]["default"], false);
        assert!(!document.to_string().contains("{}"), "a key has no shape: {document}");
    }
}
