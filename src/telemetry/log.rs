//! The log of the daemon itself, on standard error. Access lines take another way: see [`super::access`].
//!
//! A thread of its own writes the messages. Whatever standard error is, a full disk, a pipe that nobody reads or one whose reader
//! has gone, it delays nobody and ends nothing: what cannot be queued or written is counted and dropped.

use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use tracing::subscriber::set_global_default;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Registry, reload};

use super::escape::escape;
use super::terminal::has_colours;
use crate::config::{Log, LogFormat};

/// Messages that may wait for the thread.
const QUEUED: usize = 1024;
/// How long the last messages may take to be written.
const LAST_MESSAGES: Duration = Duration::from_secs(2);
/// How long the report of a panic may take to be written.
const MOMENT: Duration = Duration::from_millis(100);

/// Which messages are logged; changed by a reload.
static FILTER: OnceLock<reload::Handle<Targets, Registry>> = OnceLock::new();
static QUEUE: OnceLock<SyncSender<Message>> = OnceLock::new();
static LOST: AtomicU64 = AtomicU64::new(0);
static PANICS: AtomicU64 = AtomicU64::new(0);

enum Message {
    Text(Vec<u8>),
    /// Answered once everything before it is written.
    Sync(SyncSender<()>),
}

/// Has panics counted, and reported as errors in the log. They are bugs; a request that panics is answered, and counted by its record
/// as well.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        let message = panic.payload_as_str().unwrap_or("no message");
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "a bug in fngate: {message}");
        // One panic on top of another ends the process.
        sync(MOMENT);
    }));
}

/// Sees to it that the last messages are written: until it is dropped, or not at all.
#[derive(Debug)]
#[must_use]
pub struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        sync(LAST_MESSAGES);
    }
}

/// Installs the process-wide subscriber and starts its thread. A second call changes nothing.
///
/// # Errors
/// When the thread cannot be started.
pub fn install(log: &Log) -> io::Result<Guard> {
    if QUEUE.get().is_none() {
        let (queue, messages) = sync_channel(QUEUED);
        std::thread::Builder::new().name("log".to_owned()).spawn(move || write(&messages))?;
        // Only a second call at the same time can have been here, and its queue is as good.
        let _ = QUEUE.set(queue);
    }
    let (filter, handle) = reload::Layer::new(targets(log.level));
    let layer = fmt::layer().with_writer(Queues { for_journal: is_journal() }).with_target(log.level >= Level::DEBUG);
    let subscriber = Registry::default().with(filter);
    // An error only says that there is a subscriber already: tests install their own.
    let installed = match log.format {
        LogFormat::Json => set_global_default(subscriber.with(layer.json().flatten_event(true))),
        LogFormat::Text => {
            let colours = has_colours(&io::stderr());
            set_global_default(subscriber.with(layer.with_ansi(colours)))
        }
    };
    if installed.is_ok() {
        let _ = FILTER.set(handle);
    }
    Ok(Guard)
}

/// Changes which messages are logged.
pub fn set_level(level: Level) {
    if let Some(filter) = FILTER.get() {
        // It fails only when the subscriber is gone.
        let _ = filter.reload(targets(level));
    }
}

/// An error with its sources, each once, as a line of text.
#[must_use]
pub fn with_sources(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

/// How many messages could not be queued or written.
#[must_use]
pub fn lost() -> u64 {
    LOST.load(Ordering::Relaxed)
}

/// How many panics there have been.
#[must_use]
pub fn panics() -> u64 {
    PANICS.load(Ordering::Relaxed)
}

fn lose() {
    LOST.fetch_add(1, Ordering::Relaxed);
}

/// Whether standard error leads to systemd's journal, as systemd.exec(5) has it said.
fn is_journal() -> bool {
    let stream = std::env::var("JOURNAL_STREAM").unwrap_or_default();
    let numbers = stream.split_once(':').and_then(|(device, inode)| Some((device.parse().ok()?, inode.parse().ok()?)));
    rustix::fs::fstat(io::stderr()).is_ok_and(|stat| numbers == Some((stat.st_dev, stat.st_ino)))
}

/// The priority that the journal takes from the beginning of a line (sd-daemon(3)).
fn priority(level: Level) -> &'static [u8] {
    match level {
        Level::ERROR => b"<3>",
        Level::WARN => b"<4>",
        Level::INFO => b"<6>",
        _ => b"<7>",
    }
}

/// Makes the place for each message.
struct Queues {
    for_journal: bool,
}

impl<'a> MakeWriter<'a> for Queues {
    type Writer = Queue;

    fn make_writer(&'a self) -> Queue {
        Queue { priority: b"" }
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Queue {
        Queue { priority: if self.for_journal { priority(*meta.level()) } else { b"" } }
    }
}

/// Where the subscriber writes: each call is one message. It never fails, since the subscriber would report that on standard
/// error, and panic if it could not.
struct Queue {
    /// Stands before each line.
    priority: &'static [u8],
}

impl Write for Queue {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let mut message = Vec::with_capacity(text.len() + self.priority.len());
        for line in text.split_inclusive(|&byte| byte == b'\n') {
            message.extend_from_slice(self.priority);
            message.extend_from_slice(line);
        }
        escape(&mut message, 0);
        if QUEUE.get().is_none_or(|queue| queue.try_send(Message::Text(message)).is_err()) {
            lose();
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write(messages: &Receiver<Message>) {
    for message in messages {
        match message {
            Message::Text(text) => {
                if io::stderr().write_all(&text).is_err() {
                    lose();
                }
            }
            // Whoever asked may have lost patience.
            Message::Sync(written) => drop(written.try_send(())),
        }
    }
}

/// Waits until everything queued so far is written, at most `patience`.
fn sync(patience: Duration) {
    let (written, wait) = sync_channel(1);
    if QUEUE.get().is_some_and(|queue| queue.try_send(Message::Sync(written)).is_ok()) {
        // Standard error that blocks must not keep the process.
        let _ = wait.recv_timeout(patience);
    }
}

/// What is logged. Libraries warn of what a peer does, as often as it does it; that is for those who look for it.
fn targets(level: Level) -> Targets {
    let libraries = if level >= Level::DEBUG { level } else { Level::ERROR };
    Targets::new().with_target(env!("CARGO_CRATE_NAME"), level).with_default(libraries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_warn_only_those_who_look_for_it() {
        for (level, logged) in [(Level::WARN, false), (Level::INFO, false), (Level::DEBUG, true)] {
            let targets = targets(level);
            assert!(targets.would_enable("fngate::control", &Level::WARN));
            assert_eq!(targets.would_enable("h2::proto", &Level::WARN), logged, "{level}");
            assert!(targets.would_enable("h2::proto", &Level::ERROR));
        }
    }
}
