//! A terminal that is lent to the program: what it shows is put aside, keys come one by one, and all is as before when it is dropped.

use std::future::pending;
use std::io::{self, IsTerminal, Read, Write};
use std::process::ExitCode;

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

/// The other screen, without a cursor.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";
const CONTROL_C: u8 = 3;
/// Keys that may wait.
const KEYS: usize = 16;

#[derive(Debug)]
pub(super) struct Terminal {
    /// None if nobody types: standard input is something else.
    keyboard: Option<Keyboard>,
    resized: Signal,
    ends: Ends,
}

/// The signals that ask for an end.
#[derive(Debug)]
struct Ends {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    quit: Signal,
}

/// What happens to a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Key(u8),
    Resized,
    /// Somebody asks for an end, which has this exit code.
    Ended(u8),
}

#[derive(Debug)]
struct Keyboard {
    keys: mpsc::Receiver<u8>,
    before: Termios,
}

impl Terminal {
    /// Takes the terminal of standard output, and the keys of standard input if that is one as well.
    pub(super) fn enter() -> io::Result<Self> {
        let ends = Ends {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            quit: signal(SignalKind::quit())?,
        };
        let resized = signal(SignalKind::window_change())?;
        let keyboard = io::stdin().is_terminal().then(Keyboard::take).transpose()?;
        let terminal = Self { keyboard, resized, ends };
        terminal.show(ENTER)?;
        Ok(terminal)
    }

    pub(super) fn has_keys(&self) -> bool {
        self.keyboard.is_some()
    }

    /// Shows these lines in place of what was there. Each is written over the one before, without clearing it first, which would flicker.
    pub(super) fn draw(&self, text: &str) -> io::Result<()> {
        let lines = text.trim_end_matches('\n').replace('\n', "\x1b[K\n");
        self.show(&format!("\x1b[H{lines}\x1b[K\x1b[J"))
    }

    pub(super) async fn event(&mut self) -> Event {
        let ends = &mut self.ends;
        tokio::select! {
            key = Keyboard::key(self.keyboard.as_mut()) => match key {
                // It is a key, so that no way out goes past the end of this.
                CONTROL_C => Event::Ended(130),
                key => Event::Key(key),
            },
            _ = self.resized.recv() => Event::Resized,
            _ = ends.hangup.recv() => Event::Ended(129),
            _ = ends.interrupt.recv() => Event::Ended(130),
            _ = ends.quit.recv() => Event::Ended(131),
            _ = ends.terminate.recv() => Event::Ended(143),
        }
    }

    #[expect(clippy::unused_self, reason = "only who has the terminal may write to it")]
    fn show(&self, text: &str) -> io::Result<()> {
        let mut output = io::stdout().lock();
        output.write_all(text.as_bytes())?;
        output.flush()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // There is nothing to do about a terminal that is gone.
        let _ = self.show(LEAVE);
    }
}

impl Keyboard {
    /// Has keys come at once and unseen. Those that would be a signal are keys, too: one that stops the program would leave the terminal as it is.
    fn take() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG);
        modes.special_codes[SpecialCodeIndex::VMIN] = 1;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        let (sender, keys) = mpsc::channel(KEYS);
        // Waits for the next key when the program ends, and ends with it.
        let read = move || {
            let (mut input, mut key) = (io::stdin().lock(), [0]);
            while input.read_exact(&mut key).is_ok() && sender.blocking_send(key[0]).is_ok() {}
        };
        drop(std::thread::Builder::new().name("keys".to_owned()).spawn(read)?);
        let keyboard = Self { keys, before };
        tcsetattr(io::stdin(), OptionalActions::Now, &modes)?;
        Ok(keyboard)
    }

    /// The next key; never without a keyboard, or when the terminal is gone, which a signal says as well.
    async fn key(keyboard: Option<&mut Self>) -> u8 {
        let key = match keyboard {
            Some(keyboard) => keyboard.keys.recv().await,
            None => None,
        };
        match key {
            Some(key) => key,
            None => pending().await,
        }
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        // There is nothing to do about a terminal that is gone.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}

impl Event {
    /// The exit code of an end.
    pub(super) fn exit_code(self) -> Option<ExitCode> {
        match self {
            Self::Key(b'q') => Some(ExitCode::SUCCESS),
            Self::Ended(code) => Some(code.into()),
            Self::Key(_) | Self::Resized => None,
        }
    }
}
