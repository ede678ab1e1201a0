//! Signals become commands.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot};

use super::{Command, StopSignal};

/// Turns signals into commands for as long as somebody takes them.
///
/// # Errors
/// When the handlers cannot be installed.
pub fn listen(commands: mpsc::Sender<Command>) -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut hangup = signal(SignalKind::hangup())?;
    let mut reopen = signal(SignalKind::user_defined1())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        loop {
            let command = tokio::select! {
                _ = hangup.recv() => Command::Reload(oneshot::channel().0),
                _ = reopen.recv() => Command::ReopenLogs,
                _ = interrupt.recv() => Command::Stop(StopSignal::Interrupt),
                _ = terminate.recv() => Command::Stop(StopSignal::Terminate),
            };
            if commands.send(command).await.is_err() {
                return;
            }
        }
    })
}
