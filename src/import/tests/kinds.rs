//! A small document of each kind that people have, with what must be in the configuration that comes of it, and what must not.

mod openapi;
mod serverless;
mod tencent;

use std::path::Path;

use crate::import::{ImportError, import};

/// A kind, a document, and lines or parts of lines. Those with `!` in front must not be there.
type Kind = (&'static str, &'static str, &'static [&'static str]);

fn kinds() -> impl Iterator<Item = &'static Kind> {
    tencent::KINDS.iter().chain(&serverless::KINDS).chain(&openapi::KINDS)
}

#[test]
fn no_damage_panics_or_makes_a_bad_configuration() {
    for (kind, document, _) in kinds() {
        for (index, _) in document.char_indices().step_by(7) {
            let (start, end) = document.split_at(index);
            let cut = end.char_indices().nth(3).map_or("", |(cut, _)| &end[cut..]);
            for damaged in [format!("{start}{cut}"), format!("{start} {{{end}"), format!("{start}\n{end}")] {
                match import(&damaged) {
                    Err(ImportError::Draft(error)) => panic!("{kind}: {error}\n{damaged}"),
                    Ok(text) => {
                        let read = crate::config::parse(Path::new("test"), &text);
                        read.unwrap_or_else(|report| panic!("{kind}: {report}\n{damaged}"));
                    }
                    Err(_) => {}
                }
            }
        }
    }
}

#[test]
fn every_kind_of_document() {
    for (kind, document, expected) in kinds() {
        let text = import(document).unwrap_or_else(|error| panic!("{kind}: {error}"));
        crate::config::parse(Path::new("test"), &text).unwrap_or_else(|report| panic!("{kind}: {report}\n{text}"));
        for part in *expected {
            match part.strip_prefix('!') {
                Some(part) => assert!(!text.contains(part), "{kind}: {part}\n{text}"),
                None => assert!(text.contains(part), "{kind}: {part}\n{text}"),
            }
        }
    }
}
