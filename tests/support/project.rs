//! The project that a test belongs to.

use std::path::{Path, PathBuf};

/// The path from the root of the project. Asked for at run time: checkouts that share a target folder share the built tests too.
pub(crate) fn project(path: &str) -> PathBuf {
    let root = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    Path::new(&root).join(path)
}
