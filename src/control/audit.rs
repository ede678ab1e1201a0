//! The audit log: who changed what, when and from where. JSON lines in a file of their own, and the last of them at hand for queries.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use prometheus::IntCounter;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::change::Author;

/// Lines that queries see.
const KEPT: usize = 10_000;
/// How much of the end of a file is read at the start, in bytes.
const READ: u64 = 8 << 20;

/// One change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Line {
    /// RFC 3339.
    pub time: String,
    /// A token's name, a user's, or `file`.
    pub author: String,
    /// An address, or `unix`; empty for a change of files by hand.
    pub from: String,
    /// `create`, `change`, `delete`, `apply`, `rewrite`, `rollback`, `release`, `unrelease`, `follow`, `try`, or `reload` for a change of files by hand.
    pub action: String,
    /// The address of the object under `/v1`, an environment, a revision, files, or the method and path of a request.
    pub object: String,
    /// The revision in use afterwards.
    pub revision: u64,
    pub note: Option<String>,
    /// The object as it was, secrets masked.
    #[schema(value_type = Option<Object>)]
    pub before: Option<Value>,
    /// The object as it is, secrets masked.
    #[schema(value_type = Option<Object>)]
    pub after: Option<Value>,
}

impl Line {
    /// A change of files by hand.
    #[must_use]
    pub fn of_files(author: &Author, revision: u64) -> Self {
        Self {
            time: Timestamp::now().to_string(),
            author: author.name.clone(),
            from: author.from.clone(),
            action: "reload".to_owned(),
            object: String::new(),
            revision,
            note: None,
            before: None,
            after: None,
        }
    }
}

/// Where changes are noted. Clones lead to the same one.
#[derive(Clone, Debug)]
pub struct Audit(Arc<Mutex<Notes>>);

#[derive(Debug)]
struct Notes {
    path: Option<PathBuf>,
    file: Option<File>,
    last: VecDeque<Line>,
    lost: IntCounter,
}

impl Audit {
    /// Notes changes in a file; without one, the last of them are known for as long as the process runs. Lines that cannot be written count as
    /// lost.
    #[must_use]
    pub fn new(path: Option<&Path>, lost: IntCounter) -> Self {
        let last = path.and_then(|path| read_end(path).ok()).unwrap_or_default();
        let mut notes = Notes { path: path.map(Path::to_owned), file: None, last, lost };
        notes.open();
        Self(Arc::new(Mutex::new(notes)))
    }

    /// Opens the file anew: it may have been moved away.
    pub fn reopen(&self) {
        self.notes().open();
    }

    pub fn write(&self, line: &Line) {
        let mut notes = self.notes();
        notes.write(line);
        if notes.last.len() == KEPT {
            notes.last.pop_front();
        }
        notes.last.push_back(line.clone());
    }

    /// Where they are noted; none if the process alone knows them.
    #[must_use]
    pub fn file(&self) -> Option<PathBuf> {
        self.notes().path.clone()
    }

    /// The last changes, the newest first.
    #[must_use]
    pub fn last(&self) -> Vec<Line> {
        self.notes().last.iter().rev().cloned().collect()
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Notes {
    fn open(&mut self) {
        let Some(path) = &self.path else { return };
        match OpenOptions::new().append(true).create(true).mode(0o640).open(path) {
            Ok(file) => self.file = Some(file),
            Err(error) => {
                tracing::error!(%error, path = %path.display(), "cannot open the audit log");
                self.file = None;
            }
        }
    }

    fn write(&mut self, line: &Line) {
        if self.path.is_none() {
            return;
        }
        let mut text = serde_json::to_vec(line).unwrap_or_default();
        text.push(b'\n');
        let written = match &mut self.file {
            Some(file) => file.write_all(&text).and_then(|()| file.sync_data()),
            None => Err(io::Error::new(io::ErrorKind::NotFound, "it is not open")),
        };
        if let Err(error) = written {
            self.lost.inc();
            tracing::error!(%error, "cannot write the audit log");
        }
    }
}

/// The last lines of a file. Half a line at the start of what is read, and what is no line of this kind, are left out.
fn read_end(path: &Path) -> io::Result<VecDeque<Line>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(READ)))?;
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    let lines = text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    let mut last: VecDeque<Line> = lines.collect();
    let over = last.len().saturating_sub(KEPT);
    last.drain(..over);
    Ok(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counter() -> IntCounter {
        IntCounter::new("lost", "lost").expect("a counter")
    }

    #[test]
    fn lines_outlive_the_process_and_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("audit.log");
        let audit = Audit::new(Some(&path), counter());
        (1..4).for_each(|revision| audit.write(&Line::of_files(&Author::file(), revision)));
        std::fs::rename(&path, folder.path().join("audit.log.1")).expect("moved");
        audit.reopen();
        audit.write(&Line::of_files(&Author::file(), 4));
        assert_eq!(std::fs::read_to_string(&path).expect("a file").lines().count(), 1);
        let revisions = |audit: &Audit| audit.last().iter().map(|line| line.revision).collect::<Vec<_>>();
        assert_eq!(revisions(&audit), [4, 3, 2, 1]);
        std::fs::write(&path, format!("half a line\n{}", std::fs::read_to_string(&path).expect("a file")))
            .expect("written");
        assert_eq!(revisions(&Audit::new(Some(&path), counter())), [4]);
    }

    #[test]
    fn a_line_that_cannot_be_written_is_counted() {
        let folder = tempfile::tempdir().expect("a folder");
        let lost = counter();
        let audit = Audit::new(Some(&folder.path().join("missing/audit.log")), lost.clone());
        audit.write(&Line::of_files(&Author::file(), 1));
        assert_eq!((lost.get(), audit.last().len()), (1, 1));
        assert!(audit.file().is_some_and(|file| file.ends_with("missing/audit.log")));
        let audit = Audit::new(None, lost.clone());
        audit.write(&Line::of_files(&Author::file(), 1));
        assert_eq!(lost.get(), 1, "nothing is to be written");
    }
}
