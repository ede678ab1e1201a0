//! Nothing is lost: each leaf of a document is in what comes out, as a value or by a remark on its path.

mod choices;
mod tree;

use std::collections::HashSet;
use std::path::Path;

use proptest::prelude::*;

use self::choices::Choices;
use self::tree::{Tree, base};
use crate::import::{ImportError, import};

/// Keys below which a document of OpenAPI only describes.
const DESCRIBING: [&str; 9] =
    ["summary", "description", "tags", "parameters", "responses", "requestBody", "schemas", "definitions", "version"];

/// What a comment is about: the path before its first colon.
fn subjects(text: &str) -> HashSet<&str> {
    text.lines().filter_map(|line| line.strip_prefix("# ")?.split_once(": ")).map(|(path, _)| path).collect()
}

fn check(numbers: Vec<u16>) -> Result<(), TestCaseError> {
    let mut choices = Choices { numbers, next: 0, leaves: 0, variables: Vec::new() };
    let document = choices.document();
    let mut text = String::from("x-base: &base");
    base().write(&mut text, 1);
    document.write(&mut text, 0);
    let variables = Tree::Map(std::mem::take(&mut choices.variables));
    text.push_str("variables:");
    variables.write(&mut text, 1);
    let mut leaves = Vec::new();
    variables.leaves(&["variables".to_owned()], &mut leaves);
    base().leaves(&["x-base".to_owned()], &mut leaves);
    document.leaves(&[], &mut leaves);
    if choices.maybe() {
        text += "---\nk: another\n";
        leaves.push((vec!["document 2".to_owned()], "another".to_owned()));
    }
    let imported = match import(&text) {
        Ok(imported) => {
            if let Err(report) = crate::config::parse(Path::new("imported.toml"), &imported) {
                return Err(TestCaseError::fail(format!("{report}\n{imported}\n{text}")));
            }
            imported
        }
        Err(ImportError::Empty(comments) | ImportError::Nothing(comments)) => comments,
        Err(error) => return Err(TestCaseError::fail(format!("{error}\n{text}"))),
    };
    let subjects = subjects(&imported);
    // Methods are in upper case.
    let lower = imported.to_ascii_lowercase();
    let is_openapi = imported.contains("parameters, bodies and answers are not checked");
    for (paths, shown) in leaves {
        let path = paths.last().map(String::as_str).unwrap_or_default();
        let described = is_openapi && path.split(['.', '[']).any(|key| DESCRIBING.contains(&key));
        let said = subjects.contains("the document") || paths.iter().any(|path| subjects.contains(path.as_str()));
        prop_assert!(
            described || said || lower.contains(&shown.to_ascii_lowercase()),
            "{path} ({shown}) is lost:\n{imported}\n---\n{text}"
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_leaf_is_a_value_or_a_remark(numbers in prop::collection::vec(any::<u16>(), 0..400)) {
        check(numbers)?;
    }
}
