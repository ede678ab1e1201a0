//! Sessions of the console: codes for one use, and the tokens that they are exchanged for.
//!
//! A session acts as whoever had its code made, and ends with the configured token that was shown for it. Only hashes are kept. Sessions are
//! kept in a file as well, so that a page that is open goes on when the gateway restarts; codes are not.

use std::collections::VecDeque;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

use super::runtime;
use super::token::{self, Kind, Token};
use crate::clock::unix_time;
use crate::config::{AdminRole, AdminToken, Digest};

/// How long a code waits for its use.
pub const CODE_LIFE: Duration = Duration::from_secs(5 * 60);
/// How long a session lasts.
pub const LIFE: Duration = Duration::from_secs(12 * 60 * 60);
/// Codes and sessions of one token or user at a time. Beyond that, their oldest is forgotten: nobody ends those of others.
const CODES: usize = 8;
const SESSIONS: usize = 16;

/// What a caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Read,
    /// Everything.
    Write,
}

impl From<AdminRole> for Role {
    fn from(role: AdminRole) -> Self {
        match role {
            AdminRole::Read => Self::Read,
            AdminRole::Write => Self::Write,
        }
    }
}

impl From<Role> for AdminRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Read => Self::Read,
            Role::Write => Self::Write,
        }
    }
}

/// On whose behalf a session acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub name: String,
    /// The most that it may do; less if the configured token may less.
    pub role: Role,
    /// The hash of the configured token; none for the gateway's own token and for users whom the kernel knows.
    pub token: Option<Digest>,
}

/// A session as it is at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    pub name: String,
    pub role: AdminRole,
    pub grant: Grant,
    /// In seconds since 1970.
    pub expires: i64,
}

/// All codes and sessions.
#[derive(Debug)]
pub struct Sessions {
    /// The name of their file in the runtime directory.
    file: String,
    open: Mutex<Open>,
    /// Held while the file is written, so that the last one to write it writes what is open then.
    writing: Mutex<()>,
}

#[derive(Debug, Default)]
struct Open {
    /// The oldest first.
    codes: VecDeque<Code>,
    sessions: VecDeque<Session>,
}

#[derive(Debug)]
struct Code {
    hash: Digest,
    grant: Grant,
    /// When its session ends at the latest: with the session in which it was made.
    until: Option<i64>,
    deadline: Instant,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Session {
    hash: Digest,
    grant: Grant,
    /// In seconds since 1970.
    expires: i64,
}

impl Grant {
    /// Whether both are of one token, or of one user without any.
    #[must_use]
    pub fn is_of_same(&self, other: &Self) -> bool {
        match (&self.token, &other.token) {
            (None, None) => self.name == other.name,
            (one, other) => one == other,
        }
    }

    /// The name and role that it has now, unless its token is gone.
    fn effective(&self, tokens: &[AdminToken]) -> Option<(String, AdminRole)> {
        let most = AdminRole::from(self.role);
        let Some(shown) = &self.token else { return Some((self.name.clone(), most)) };
        let token = tokens.iter().find(|token| token::is_same(token.hash.digest(), shown))?;
        Some((token.name.clone(), token.role.min(most)))
    }
}

impl Session {
    fn live(&self, tokens: &[AdminToken]) -> Option<OpenSession> {
        let (name, role) = self.grant.effective(tokens).filter(|_| self.expires > unix_time())?;
        Some(OpenSession { name, role, grant: self.grant.clone(), expires: self.expires })
    }
}

impl Sessions {
    /// The sessions in a file of the runtime directory. Without a good file there are none.
    #[must_use]
    pub fn open(file: String) -> Self {
        let read = runtime::read_own(&file)
            .and_then(|content| content.map_or_else(|| Ok(VecDeque::new()), |text| parse(&text)));
        let sessions = read.unwrap_or_else(|error| {
            tracing::warn!(%error, file, "cannot read the console sessions file: its sessions have ended");
            VecDeque::new()
        });
        let open = Mutex::new(Open { codes: VecDeque::new(), sessions });
        Self { file, open, writing: Mutex::default() }
    }

    /// Makes a code, and says until when it waits for its use, in seconds since 1970. `until` bounds the session.
    ///
    /// # Errors
    /// When the system has no random bytes.
    pub fn make_code(&self, grant: Grant, until: Option<i64>, life: Duration) -> io::Result<(Token, i64)> {
        let code = Token::random(Kind::Code)?;
        let mut open = self.lock();
        let now = Instant::now();
        open.codes.retain(|code| code.deadline > now);
        make_room(&mut open.codes, CODES, |code| code.grant.is_of_same(&grant));
        let (hash, deadline) = (token::hash(code.as_str()), now + life);
        open.codes.push_back(Code { hash, grant, until, deadline });
        Ok((code, end_of(life)))
    }

    /// Exchanges a code for a session. [`Self::save`] keeps it.
    ///
    /// # Errors
    /// When the system has no random bytes.
    pub fn redeem(&self, code: &str, tokens: &[AdminToken]) -> io::Result<Option<(Token, OpenSession)>> {
        let token = Token::random(Kind::Session)?;
        let (hash, now) = (token::hash(code), Instant::now());
        let mut open = self.lock();
        open.codes.retain(|code| code.deadline > now);
        // All of them, so that the time tells nothing.
        let found = open
            .codes
            .iter()
            .enumerate()
            .fold(None, |found, (index, code)| if token::is_same(&code.hash, &hash) { Some(index) } else { found });
        let Some(code) = found.and_then(|index| open.codes.remove(index)) else { return Ok(None) };
        let expires = end_of(LIFE);
        let session = Session {
            hash: token::hash(token.as_str()),
            grant: code.grant,
            expires: code.until.map_or(expires, |until| until.min(expires)),
        };
        let Some(live) = session.live(tokens) else { return Ok(None) };
        let now = unix_time();
        open.sessions.retain(|session| session.expires > now);
        make_room(&mut open.sessions, SESSIONS, |other| other.grant.is_of_same(&session.grant));
        open.sessions.push_back(session);
        Ok(Some((token, live)))
    }

    /// The session of a token with this hash, if it goes on.
    #[must_use]
    pub fn find(&self, hash: &Digest, tokens: &[AdminToken]) -> Option<OpenSession> {
        let open = self.lock();
        let found = open
            .sessions
            .iter()
            .fold(None, |found, session| if token::is_same(&session.hash, hash) { Some(session) } else { found });
        found?.live(tokens)
    }

    /// Ends a session. [`Self::save`] makes it stay so.
    pub fn end(&self, hash: &Digest) {
        self.lock().sessions.retain(|session| session.hash != *hash);
    }

    /// Writes the sessions to their file. Without one they end with the process.
    ///
    /// # Errors
    /// When it cannot be written though there is one: a restart would bring back what it has.
    pub fn save(&self) -> io::Result<()> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let sessions = self.lock().sessions.clone();
        let written = serde_json::to_vec(&sessions).map_err(io::Error::other);
        if let Err(error) = written.and_then(|content| runtime::write(&self.file, &content)) {
            if runtime::places(&self.file).iter().any(|path| path.exists()) {
                tracing::warn!(%error, "cannot write the console sessions file: sessions that were closed become valid again after a restart");
                return Err(error);
            }
            tracing::info!(%error, "cannot write the console sessions file: sessions end with the process");
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets the oldest of some, so that there is room for another one.
fn make_room<T>(all: &mut VecDeque<T>, most: usize, is_own: impl Fn(&T) -> bool) {
    let own = all.iter().filter(|one| is_own(one)).count();
    for _ in most..=own {
        let oldest = all.iter().position(&is_own);
        oldest.and_then(|index| all.remove(index));
    }
}

/// The sessions in a file that have not ended.
fn parse(text: &[u8]) -> io::Result<VecDeque<Session>> {
    let read: Vec<Session> = serde_json::from_slice(text).map_err(io::Error::other)?;
    let (now, mut sessions) = (unix_time(), VecDeque::new());
    for session in read.into_iter().filter(|session| session.expires > now) {
        make_room(&mut sessions, SESSIONS, |other: &Session| other.grant.is_of_same(&session.grant));
        sessions.push_back(session);
    }
    Ok(sessions)
}

/// The name of the file of sessions of a gateway whose admin listener is at a port.
#[must_use]
pub fn file(port: u16) -> String {
    format!("admin-{port}.sessions")
}

/// The same of one at a Unix socket. Another socket is another gateway.
#[must_use]
pub fn file_at(socket: &Path) -> String {
    let digest = Digest::of(socket.as_os_str().as_bytes()).to_string();
    format!("admin-unix-{}.sessions", &digest[..16])
}

/// When something ends that begins now, in seconds since 1970.
fn end_of(life: Duration) -> i64 {
    unix_time().saturating_add_unsigned(life.as_secs())
}

#[cfg(test)]
mod tests;
