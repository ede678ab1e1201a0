//! Files on the disk.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use super::{EntryKind, Names, Source};

/// Far above any configuration; a device or a log given by mistake must not fill the memory.
const LARGEST: u64 = 64 << 20;

/// The disk, as it is at the moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl Source for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        // To open a named pipe would wait for a writer, for ever if there is none.
        if fs::metadata(path)?.file_type().is_fifo() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a pipe, not a file"));
        }
        let mut bytes = Vec::new();
        fs::File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LARGEST {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 64 MiB"));
        }
        Ok(bytes)
    }

    fn list<'a>(&'a self, directory: &Path) -> io::Result<Names<'a>> {
        // `read_dir` takes an empty path for one that is missing.
        let there = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        Ok(Box::new(fs::read_dir(there)?.flatten().map(|entry| entry.file_name())))
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        let found = path.symlink_metadata().ok()?.file_type();
        Some(match found {
            _ if found.is_dir() => EntryKind::Directory,
            _ if found.is_symlink() => EntryKind::Link,
            _ => EntryKind::File,
        })
    }

    fn identity(&self, path: &Path) -> PathBuf {
        fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
    }

    fn is_directory(&self, path: &Path) -> bool {
        path.is_dir()
    }
}
