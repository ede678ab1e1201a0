//! Noticing that the configuration's files have changed.
//!
//! The folders are watched, not the files: editors and ConfigMap volumes replace files by renaming. Where events do not
//! arrive (network file systems, a folder behind a symbolic link that is swapped), a look at the files' times every now and
//! then finds the change. Either only means "look again"; what counts is the content.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

/// Files must have been quiet for this long: an editor may truncate first and write later.
const QUIET: Duration = Duration::from_millis(100);
/// How often files are looked at when no event arrives.
const LOOK: Duration = Duration::from_secs(1);

/// What a change is looked for in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    pub files: BTreeSet<PathBuf>,
    pub folders: BTreeSet<PathBuf>,
}

/// Watches the files of a configuration.
#[derive(Debug)]
pub struct Watch {
    events: Option<(RecommendedWatcher, mpsc::Receiver<()>)>,
    watched: Watched,
    /// The folders that events are asked for.
    folders: BTreeSet<PathBuf>,
    seen: Vec<Option<Stamp>>,
    next_look: Instant,
    enabled: bool,
}

/// What changes about a file when its content does: time, length, file behind the name.
type Stamp = (SystemTime, u64, u64);

impl Watch {
    /// Watches nothing.
    #[must_use]
    pub fn none() -> Self {
        Self {
            events: None,
            watched: Watched::default(),
            folders: BTreeSet::new(),
            seen: Vec::new(),
            next_look: Instant::now(),
            enabled: false,
        }
    }

    /// Watches these files. Without kernel events it only looks at their times.
    #[must_use]
    pub fn start(watched: Watched) -> Self {
        let (sender, receiver) = mpsc::channel(1);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| !event.kind.is_access()) {
                // A full channel already says that something happened.
                let _ = sender.try_send(());
            }
        });
        let events = match watcher {
            Ok(watcher) => Some((watcher, receiver)),
            Err(error) => {
                tracing::warn!(%error, "no file events; the configuration is looked at every second");
                None
            }
        };
        let mut watch = Self { events, enabled: true, ..Self::none() };
        watch.follow(watched);
        watch
    }

    /// Watches other files from now on.
    pub fn follow(&mut self, watched: Watched) {
        if !self.enabled {
            return;
        }
        let around = watched.files.iter().flat_map(|file| {
            let target = file.canonicalize().ok();
            [folder_of(file), target.as_deref().and_then(folder_of)].into_iter().flatten()
        });
        // One that is missing is looked for every second. It is watched from the next call on, once it is there.
        let folders: BTreeSet<_> =
            around.chain(watched.folders.iter().cloned()).filter(|folder| folder.is_dir()).collect();
        if let Some((watcher, _)) = &mut self.events {
            for folder in self.folders.difference(&folders) {
                // It may have been removed.
                let _ = watcher.unwatch(folder);
            }
            for folder in folders.difference(&self.folders) {
                if let Err(error) = watcher.watch(folder, RecursiveMode::NonRecursive) {
                    tracing::warn!(folder = %folder.display(), %error, "cannot watch this folder");
                }
            }
        }
        if self.watched != watched || self.folders != folders {
            // What is new may have changed since it was read: one more look finds out.
            self.seen.clear();
        }
        self.folders = folders;
        self.watched = watched;
    }

    /// Returns when the files may have changed and have been quiet since, or would not be quiet. Other files in the same
    /// folders, such as a log, do not count.
    pub async fn changed(&mut self) {
        if !self.enabled {
            return std::future::pending().await;
        }
        loop {
            self.next_look = self.next_look.max(Instant::now());
            let event = tokio::select! {
                () = next(&mut self.events) => true,
                () = sleep_until(self.next_look) => false,
            };
            self.next_look = Instant::now() + LOOK;
            while event && Instant::now() < self.next_look && timeout(QUIET, next(&mut self.events)).await.is_ok() {}
            let stamps = self.stamps();
            if stamps != self.seen {
                self.seen = stamps;
                return;
            }
        }
    }

    /// The files' stamps, and the folders': a new file in an included folder changes the folder.
    fn stamps(&self) -> Vec<Option<Stamp>> {
        self.watched.files.iter().chain(&self.watched.folders).map(|path| stamp(path)).collect()
    }
}

async fn next(events: &mut Option<(RecommendedWatcher, mpsc::Receiver<()>)>) {
    match events {
        Some((_, receiver)) if !receiver.is_closed() => {
            receiver.recv().await;
        }
        _ => std::future::pending().await,
    }
}

fn folder_of(file: &Path) -> Option<PathBuf> {
    let parent = file.parent()?;
    Some(if parent.as_os_str().is_empty() { PathBuf::from(".") } else { parent.to_owned() })
}

fn stamp(path: &Path) -> Option<Stamp> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len(), metadata.ino()))
}
