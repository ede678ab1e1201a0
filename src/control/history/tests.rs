//! A history on the disk: what it keeps, what damages it, and how it survives.

mod damaged;
mod killed;
mod recorded;
mod released;

use std::path::Path;

use tempfile::TempDir;

use super::{Document, Documents, History, RevisionData};

fn document(path: &str, text: &str) -> Document {
    Document { path: path.into(), content: text.as_bytes().to_vec() }
}

/// A configuration of two files, with one more outside of its directory.
fn documents(text: &str) -> Documents {
    let others = vec![document("/etc/fngate/services/a.toml", text), document("/srv/edits/b.toml", "# edits")];
    Documents::new(document("/etc/fngate/fngate.toml", "# main"), others)
}

fn data(text: &str) -> RevisionData {
    RevisionData { documents: documents(text), author: "ann".to_owned(), note: "a \"note\"\nof two lines".to_owned() }
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn open(folder: &Path) -> History {
    History::open(folder, 100).unwrap_or_else(|error| panic!("{error:?}"))
}
