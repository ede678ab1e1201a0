//! Whole files as somebody has typed them. Functions, services and APIs become what they say; everything else has to stay.

use std::path::{Path, PathBuf};

use axum::http::StatusCode;

use super::change::{Effect, TypedFile};
use super::edit::{Edit, Files};
use super::problem::Problem;
use crate::config::diff;
use crate::config::edit::{Edited, Pointers};
use crate::config::typed::{Retyped, Secrets, check_fixed};
use crate::inspect::document::Document;
use crate::inspect::origin;

/// The edit that makes files of the configuration in use say what was typed.
///
/// # Errors
/// Files that are not there, cannot be written or have changed, and what must not be changed.
pub fn rewrite(files: &Files<'_>, typed: &[TypedFile]) -> Result<Edit, Problem> {
    let secrets = Secrets::of(files.texts());
    let mut edited: Vec<Edited> = Vec::new();
    for file in typed {
        let (path, before) = current(files, file, &secrets)?;
        let after = secrets
            .put_back(&path, &file.text)
            .map_err(|report| Problem::of_report("a `***` does not match any stored secret", &report))?;
        if edited.iter().any(|other| other.path == path) {
            return Err(Problem::invalid(format!("`files` contains `{}` twice", file.file)));
        }
        edited.push(Edited { path, before: Some(before), after });
    }
    let after = |path: &Path| edited.iter().find(|edited| edited.path == path).map(|edited| edited.after.as_str());
    let retyped: Vec<_> = files
        .texts()
        .into_iter()
        .map(|(path, before)| Retyped { path, before, after: after(path).unwrap_or(before) })
        .collect();
    check_fixed(&retyped).map_err(|report| Problem::of_report("the files cannot be changed like this", &report))?;
    edited.retain(|edited| edited.before.as_ref() != Some(&edited.after));
    if let Some(file) = edited.iter().find(|edited| !files.can_write(&edited.path)) {
        let detail = format!("{} is read-only for the gateway: change it by hand", file.path.display());
        return Err(Problem::new(StatusCode::CONFLICT, "read_only", detail));
    }
    let effect = if edited.is_empty() { Effect::Unchanged } else { Effect::Changed };
    Ok(Edit { effect, edited, pointers: Pointers::default() })
}

/// Where a file is and what it says now, if that is what was seen when it was typed.
fn current(files: &Files<'_>, typed: &TypedFile, secrets: &Secrets) -> Result<(PathBuf, String), Problem> {
    // By its name as it is shown: two paths that lead to one file are not the same.
    let found = files.inputs.documents().find(|input| input.path.to_string_lossy() == typed.file);
    let known = found.and_then(|input| Some((&input.path, Document::new(input, None)?)));
    let Some((path, mut document)) = known else {
        let detail = format!("`{}` is not a file of the configuration in use", typed.file);
        return Err(Problem::not_found(detail));
    };
    // A document is UTF-8.
    let text = files.text(path).unwrap_or_default();
    if document.etag == typed.etag {
        return Ok((path.clone(), text));
    }
    if !files.can_write(path) {
        document.read_only = Some(origin::read_only(path));
    }
    let wanted = secrets.put_back(path, &typed.text).unwrap_or_else(|_report| typed.text.clone());
    let difference = diff(&[(&typed.file, text.as_bytes())], &[(&typed.file, wanted.as_bytes())]);
    let detail = format!("`{}` has changed since it was read", typed.file);
    Err(Problem {
        current: serde_json::to_value(document).ok().map(Box::new),
        diff: Some(difference.into()),
        ..Problem::new(StatusCode::PRECONDITION_FAILED, "files_changed", detail)
    })
}
