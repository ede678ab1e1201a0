//! Finds functions by the references of APIs.

use std::sync::Arc;

use foldhash::HashMap;

use super::error::{Diagnostic, closest};
use super::file::Span;
use super::name::{DEFAULT_NAMESPACE, Reference};
use super::table::function::{Function, FunctionId};
use super::value::Found;

/// All function versions of a configuration, by their names.
#[derive(Debug, Default)]
pub(super) struct Functions {
    pub(super) all: Vec<Arc<Function>>,
    places: HashMap<FunctionId, (usize, Span)>,
}

impl Functions {
    /// Takes the functions as they were read. The second of two equal names is refused.
    pub(super) fn collect(read: impl IntoIterator<Item = Found<Function>>) -> (Self, Vec<Diagnostic>) {
        let mut functions = Self::default();
        let mut errors = Vec::new();
        for Found { value, span } in read {
            if let Some((_, first)) = functions.places.get(&value.id) {
                let error = Diagnostic::new(format!("the function `{}` is defined twice", value.id)).at(&span);
                let hint = "the same function with another `version` is another function version".to_owned();
                errors.push(error.at_labelled(first, "first defined here").hint(hint));
                continue;
            }
            functions.places.insert(value.id.clone(), (functions.all.len(), span));
            functions.all.push(Arc::new(value));
        }
        (functions, errors)
    }

    /// The index of the version of a function.
    pub(super) fn find(&self, reference: &Reference, version: &Found<String>) -> Result<usize, Diagnostic> {
        let id = FunctionId {
            namespace: reference.namespace.clone(),
            name: reference.name.clone(),
            version: version.value.clone(),
        };
        match self.places.get(&id) {
            Some((index, _)) => Ok(*index),
            None => Err(self.unknown(&id, &version.span)),
        }
    }

    /// All of them, each with its place.
    pub(super) fn placed(&self) -> impl Iterator<Item = (&Function, &Span)> {
        self.places.values().map(|(index, span)| (&*self.all[*index], span))
    }

    fn unknown(&self, id: &FunctionId, span: &Span) -> Diagnostic {
        let full = |id: &FunctionId| format!("{}/{}", id.namespace, id.name);
        let ids = || self.all.iter().map(|function| &function.id);
        let versions: Vec<_> =
            ids().filter(|other| full(other) == full(id)).map(|other| other.version.as_str()).collect();
        if !versions.is_empty() {
            let message = format!("the function `{}` has no version `{}`", full(id), id.version);
            let listed = versions.iter().map(|version| format!("`{version}`")).collect::<Vec<_>>().join(", ");
            return Diagnostic::new(message).at(span).hint(format!("its versions are {listed}"));
        }
        let error = Diagnostic::new(format!("there is no function `{}`", full(id))).at(span);
        if let Some(other) = ids().find(|other| other.name == id.name) {
            return error.hint(format!("it is in another namespace: \"{}\"", full(other)));
        }
        let near = ids().filter(|other| other.namespace == id.namespace).map(|other| other.name.as_str());
        let close = closest(&id.name, near).map(|name| match id.namespace.as_str() {
            DEFAULT_NAMESPACE => format!("did you mean \"{name}\"?"),
            namespace => format!("did you mean \"{namespace}/{name}\"?"),
        });
        error.hint(close)
    }
}
