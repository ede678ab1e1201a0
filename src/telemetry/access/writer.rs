//! The thread that writes access lines.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use prometheus::IntCounter;
use tokio::sync::mpsc;

use super::output::Output;
use super::text::Form;
use crate::config::Log;
use crate::throttle::Throttle;

static LOST: Throttle = Throttle::new();

/// Batches that may wait for the writer.
const QUEUE: usize = 256;

/// Lines that are written together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) bytes: Vec<u8>,
    pub(super) lines: u64,
}

impl Batch {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), lines: 0 }
    }
}

/// The queue to the thread that writes access lines.
#[derive(Clone, Debug)]
pub struct Writer {
    queue: mpsc::Sender<Message>,
    reopen: Arc<AtomicBool>,
    lost: IntCounter,
    form: Form,
}

#[derive(Debug)]
enum Message {
    Lines(Batch),
    /// There is something to do beside the queue.
    Wake,
    /// Answered once everything before it is written.
    Sync(std::sync::mpsc::SyncSender<()>),
}

impl Writer {
    /// Opens the log and starts its thread; `None` when access logging is off. Lines that cannot be queued or written are
    /// counted in `lost`.
    ///
    /// # Errors
    /// When the file cannot be opened or the thread cannot be started.
    pub fn start(log: &Log, lost: IntCounter) -> io::Result<Option<Self>> {
        let Some(mut output) = Output::open(&log.access)? else { return Ok(None) };
        let form = output.form(log.format);
        let (queue, mut messages) = mpsc::channel(QUEUE);
        let (counter, reopen) = (lost.clone(), Arc::new(AtomicBool::new(false)));
        let wanted = reopen.clone();
        std::thread::Builder::new().name("access-log".to_owned()).spawn(move || {
            while let Some(message) = messages.blocking_recv() {
                if wanted.swap(false, Ordering::AcqRel) {
                    output.reopen();
                }
                match message {
                    Message::Lines(batch) => {
                        if let Err(error) = output.write_all(&batch.bytes) {
                            lose(&counter, batch.lines, &error.to_string());
                        }
                    }
                    Message::Wake => {}
                    // Whoever asked may have lost patience.
                    Message::Sync(written) => drop(written.try_send(())),
                }
            }
        })?;
        Ok(Some(Self { queue, reopen, lost, form }))
    }

    /// Closes the file and opens its path again, for log rotation.
    pub fn reopen(&self) {
        self.reopen.store(true, Ordering::Release);
        // A full queue wakes it as well, and whoever asks must not wait for a disk.
        let _ = self.queue.try_send(Message::Wake);
    }

    /// Waits until everything queued so far is written, at most `patience`: a pipe that nobody reads must not keep a process.
    pub fn sync(&self, patience: Duration) {
        let (written, wait) = std::sync::mpsc::sync_channel(1);
        if self.queue.try_send(Message::Sync(written)).is_err() || wait.recv_timeout(patience).is_err() {
            tracing::error!("the access log could not be written to its end");
        }
    }

    pub(super) fn form(&self) -> Form {
        self.form
    }

    pub(super) fn queue(&self, batch: Batch) {
        let lines = batch.lines;
        if self.queue.try_send(Message::Lines(batch)).is_err() {
            self.count_lost(lines, "the log is slower than the requests");
        }
    }

    pub(super) fn count_lost(&self, lines: u64, why: &str) {
        lose(&self.lost, lines, why);
    }
}

/// Counts lines that nobody will read, and says so.
fn lose(counter: &IntCounter, lines: u64, why: &str) {
    counter.inc_by(lines);
    if LOST.permit().is_some() {
        tracing::warn!(lost = counter.get(), why, "access log lines lost");
    }
}

#[cfg(test)]
mod tests;
