//! `fngate schema`.

use std::fs;

use jsonschema::Validator;
use serde_json::Value;

use crate::support::fngate;
use crate::support::process::run;
use crate::support::project::project;

fn validator() -> Validator {
    let finished = run(&mut fngate(&["schema"]));
    assert_eq!((finished.code(), finished.err.as_str()), (Some(0), ""));
    let schema: Value = serde_json::from_str(&finished.out).expect("JSON");
    jsonschema::draft7::new(&schema).expect("a schema")
}

fn document(toml: &str) -> Value {
    let table: toml::Table = toml.parse().unwrap_or_else(|error| panic!("{error}\n{toml}"));
    serde_json::to_value(table).expect("JSON")
}

#[test]
fn the_examples_and_the_documents_validate() {
    let validator = validator();
    let mut texts = vec![];
    for folder in ["config", "config/examples"] {
        for entry in fs::read_dir(project(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                texts.push(fs::read_to_string(path).expect("a file"));
            }
        }
    }
    assert!(texts.len() > 5);
    let documents = fs::read_to_string(project("docs/configuration.md")).expect("the reference");
    let blocks = documents.split("```").skip(1).step_by(2).filter_map(|block| block.split_once('\n'));
    texts.extend(blocks.filter(|(kind, _)| *kind == "toml").map(|(_, body)| body.to_owned()));
    for text in texts {
        if let Err(error) = validator.validate(&document(&text)) {
            panic!("{error} at {}\n{text}", error.instance_path());
        }
    }
}

#[test]
fn what_a_configuration_may_not_say_does_not_validate() {
    let validator = validator();
    let wrong = |text: &str| !validator.is_valid(&document(text));
    for (good, bad) in [
        ("[gateway]\nworkers = 2", "[gateway]\nworkers = -1"),
        ("[gateway]\nvia = true", "[gateway]\nviar = true"),
        ("[gateway]\nkeepalive_timeout = \"1m30s\"", "[gateway]\nkeepalive_timeout = \"90\""),
        ("[gateway]\ndrain_timeout = \"0s\"", "[gateway]\ndrain_timeout = \"\""),
        ("[gateway]\nkeepalive_timeout = \"${WAIT}\"", "[gateway]\nkeepalive_timeout = 90"),
        ("[gateway]\nmax_body_bytes = \"6MiB\"", "[gateway]\nmax_body_bytes = 6"),
        ("[log]\nlevel = \"warn\"", "[log]\nlevel = \"loud\""),
        ("[[listener]]\naddress = \"127.0.0.1:80\"", "[[listener]]\nbacklog = 1"),
        ("[[function]]\nname = \"f\"\nheaders = { A = \"b\" }", "[[function]]\nname = \"f\"\nheaders = { A = 1 }"),
        ("include = [\"a/*.toml\"]", "include = \"a/*.toml\""),
    ] {
        assert!(!wrong(good), "{good}");
        assert!(wrong(bad), "{bad}");
    }
}
