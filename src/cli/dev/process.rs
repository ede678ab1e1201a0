//! The command behind a gateway under development: its start and end, and what people are told until it listens.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::sync::mpsc;

use super::listening;
use crate::cli::outcome::{Failure, SYSTEM};
use crate::control::{self, StopSignal};

/// How often the command is looked at.
const LOOK: Duration = Duration::from_millis(200);
/// How many looks it has to listen before people are told: 2 s.
const LOOKS: u32 = 10;
/// How long the command has to end on SIGTERM.
const PATIENCE: Duration = Duration::from_secs(5);

/// A running command; ended when dropped, with all that it has started.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    start: Start,
}

impl Process {
    /// Starts a command that is to listen at `address`. `port` is what people call its port.
    pub(super) fn start(
        mut command: Command,
        name: &str,
        address: SocketAddr,
        port: &'static str,
    ) -> Result<Self, Failure> {
        for variable in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] {
            // What the service manager passed was for the gateway.
            command.env_remove(variable);
        }
        // A group of its own, so that an interrupt at the terminal reaches the gateway alone, which then ends all that the
        // command has started.
        let child = command
            .process_group(0)
            .spawn()
            .map_err(|error| Failure { code: SYSTEM, text: format!("cannot start `{name}`: {error}") })?;
        Ok(Self { child, start: Start::new(address, port) })
    }

    /// Watches the command on a thread of its own, which ends the gateway when the command ends and gives the status, or
    /// ends the command when the gateway has stopped.
    pub(super) fn watch(
        mut self,
        commands: mpsc::Sender<control::Command>,
    ) -> Result<JoinHandle<Option<ExitStatus>>, Failure> {
        let watch = move || {
            loop {
                if let Ok(Some(status)) = self.child.try_wait() {
                    // A gateway that is gone needs no stop.
                    let _ = commands.blocking_send(control::Command::Stop(StopSignal::Terminate));
                    return Some(status);
                }
                if commands.is_closed() {
                    return None;
                }
                self.follow_start();
                std::thread::park_timeout(LOOK);
            }
        };
        std::thread::Builder::new().name("command".to_owned()).spawn(watch).map_err(|error| Failure::system(&error))
    }

    fn follow_start(&mut self) {
        if self.start.is_over {
            return;
        }
        // Elsewhere first: a command that opens its port between the two looks is not reported as listening elsewhere.
        let elsewhere = self.group().map(listening::of_group).unwrap_or_default();
        let is_served = listening::is_served(self.start.address);
        if let Some(message) = self.start.look(is_served, &elsewhere) {
            // There is nothing to do about a terminal that is gone.
            let _ = writeln!(io::stderr(), "fngate dev: {message}");
        }
    }

    fn group(&self) -> Option<Pid> {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(group) = self.group() {
            // It may have ended.
            let _ = kill_process_group(group, Signal::TERM);
        }
        let mut left = PATIENCE;
        while matches!(self.child.try_wait(), Ok(None)) && !left.is_zero() {
            std::thread::park_timeout(LOOK);
            left = left.saturating_sub(LOOK);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The time from the start of a command until it listens. Requests wait meanwhile, so that somebody has to be told why.
#[derive(Debug)]
struct Start {
    /// Where it is expected.
    address: SocketAddr,
    /// What people call its port.
    port: &'static str,
    looks: u32,
    has_warned: bool,
    has_named: bool,
    is_over: bool,
}

impl Start {
    fn new(address: SocketAddr, port: &'static str) -> Self {
        Self { address, port, looks: 0, has_warned: false, has_named: false, is_over: false }
    }

    /// Takes what was seen, and returns what is to be said. Each thing is said once.
    fn look(&mut self, is_served: bool, elsewhere: &[SocketAddr]) -> Option<String> {
        let (address, port) = (self.address, self.port);
        self.looks = self.looks.saturating_add(1);
        self.is_over = is_served;
        if is_served {
            return self.has_warned.then(|| format!("the command listens on {address} now"));
        }
        if self.looks < LOOKS {
            return None;
        }
        match elsewhere {
            [] if self.has_warned => None,
            [] => {
                self.has_warned = true;
                Some(format!("nothing listens on {address} yet; does the command use {port}?"))
            }
            _ if self.has_named => None,
            [first, ..] => {
                (self.has_warned, self.has_named) = (true, true);
                let found: Vec<_> = elsewhere.iter().map(ToString::to_string).collect();
                let found = found.join(" and ");
                Some(format!(
                    "nothing listens on {address}; the command listens on {found}: have it use {port}, or start it by itself and run `fngate dev http://{first}`"
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_is_said_once_and_after_two_seconds() {
        let address = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        let warned = "nothing listens on 127.0.0.1:1 yet";
        let named = "nothing listens on 127.0.0.1:1; the command listens on 127.0.0.1:5000:";
        let both = "nothing listens on 127.0.0.1:1; the command listens on 127.0.0.1:5000 and 127.0.0.1:5001:";
        let now = "the command listens on 127.0.0.1:1 now";
        let (two, three) = (LOOKS, 2 * LOOKS);
        // From which look on it listens where it should, and elsewhere; then what is said, and at which look.
        for (served, elsewhere, said) in [
            (Some(1), None, &[][..]),
            (Some(two - 1), None, &[]),
            (Some(two), Some((1, &[5000][..])), &[]),
            (None, None, &[(two, warned)]),
            (Some(three), None, &[(two, warned), (three, now)]),
            (None, Some((1, &[5000])), &[(two, named)]),
            (None, Some((1, &[5000, 5001])), &[(two, both)]),
            (None, Some((three, &[5000])), &[(two, warned), (three, named)]),
            (Some(three + 1), Some((three, &[5000])), &[(two, warned), (three, named), (three + 1, now)]),
        ] {
            let mut start = Start::new(address(1), "PORT");
            let mut found = Vec::new();
            for look in 1..=4 * LOOKS {
                if start.is_over {
                    break;
                }
                let ports = elsewhere.filter(|(from, _)| look >= *from).map_or(&[][..], |(_, ports)| ports);
                let addresses: Vec<_> = ports.iter().copied().map(address).collect();
                found.extend(start.look(served.is_some_and(|from| look >= from), &addresses).map(|text| (look, text)));
            }
            assert_eq!(found.len(), said.len(), "{served:?} {elsewhere:?}: {found:?}");
            for ((look, text), (at, start)) in found.iter().zip(said) {
                assert!(look == at && text.starts_with(start), "{served:?} {elsewhere:?}: {found:?}");
            }
        }
    }
}
