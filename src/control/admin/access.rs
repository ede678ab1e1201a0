//! Who may ask the admin API for what.
//!
//! A request is refused here before anything looks at it: one of a page in a browser, one under a name that may have been made to lead
//! here, one without a token, one with a token that does not allow it. What is public stays public without any of this but the first two.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use tokio::time::Instant;

use super::session::{Grant, OpenSession, Role, Sessions};
use super::token::{self, Kind, OwnToken, Token};
use crate::config::{Admin, AdminRole, Digest};
use crate::control::problem::Problem;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// The name of whoever has the gateway's own token.
pub const LOCAL: &str = "local";
/// Failed logins from one source that are looked at without a pause, and how long it takes until another one is.
const FAILURES: u32 = 10;
const PAUSE: Duration = Duration::from_secs(6);
/// Sources that are remembered. Beyond that, the one that failed longest ago is forgotten.
const SOURCES: usize = 1024;

/// Who is at the other end of a connection.
#[derive(Clone, Debug)]
pub enum Peer {
    Network(IpAddr),
    /// A user of this host, as the kernel knows it.
    User {
        uid: u32,
        name: Arc<str>,
        /// Whether the peer is this process: an instance of a function leads to this socket. It acts for a client, so it gets no local trust.
        is_gateway: bool,
    },
}

/// Whose failures are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Source {
    Address(IpAddr),
    User(u32),
}

/// Who asks, once that is known.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The token's name, or the user's.
    pub name: String,
    pub role: AdminRole,
    /// An address, or `unix`.
    pub from: String,
    credential: Credential,
}

/// What let a caller in.
#[derive(Clone, Debug)]
enum Credential {
    /// The gateway's own token, or the user that the kernel knows.
    Local,
    /// One of the configuration.
    Token(Digest),
    Session {
        hash: Digest,
        session: OpenSession,
    },
}

/// Keeps strangers out.
#[derive(Debug)]
pub struct Access {
    own: Option<OwnToken>,
    /// This process's user.
    uid: u32,
    sessions: Arc<Sessions>,
    failures: Mutex<HashMap<Source, Failures>>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    left: u32,
    since: Instant,
}

impl Peer {
    fn from(&self) -> String {
        match self {
            Self::Network(address) => address.to_string(),
            Self::User { .. } => "unix".to_owned(),
        }
    }

    /// Whose failures are counted. Whoever has one address of a loopback network or of an IPv6 /64 has all of them.
    fn source(&self) -> Source {
        Source::Address(match self {
            Self::User { uid, .. } => return Source::User(*uid),
            Self::Network(address) if address.is_loopback() => Ipv4Addr::LOCALHOST.into(),
            Self::Network(IpAddr::V6(address)) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
            Self::Network(address) => *address,
        })
    }
}

impl Caller {
    /// What a session may do that this caller asks for, and when it ends at the latest, in seconds since 1970.
    #[must_use]
    pub fn grant(&self) -> (Grant, Option<i64>) {
        let whole = |token| Grant { name: self.name.clone(), role: Role::Write, token };
        match &self.credential {
            Credential::Local => (whole(None), None),
            // Its role is looked up with each request.
            Credential::Token(hash) => (whole(Some(*hash)), None),
            Credential::Session { session, .. } => (session.grant.clone(), Some(session.expires)),
        }
    }

    /// Whose share of what there is this caller takes from: sessions take from that of their maker.
    #[must_use]
    pub fn holder(&self) -> Grant {
        self.grant().0
    }

    /// The hash of the session's token, and when it ends, in seconds since 1970.
    #[must_use]
    pub fn session(&self) -> Option<(&Digest, i64)> {
        match &self.credential {
            Credential::Session { hash, session } => Some((hash, session.expires)),
            Credential::Local | Credential::Token(_) => None,
        }
    }
}

impl Access {
    #[must_use]
    pub fn new(own: Option<OwnToken>, sessions: Arc<Sessions>) -> Self {
        Self { own, uid: rustix::process::geteuid().as_raw(), sessions, failures: Mutex::default() }
    }

    #[must_use]
    pub fn sessions(&self) -> &Arc<Sessions> {
        &self.sessions
    }

    /// Whether what a caller has shown still lets them in.
    #[must_use]
    pub fn still_knows(&self, caller: &Caller, admin: &Admin) -> bool {
        match &caller.credential {
            Credential::Local => true,
            Credential::Token(shown) => admin.tokens.iter().any(|token| token::is_same(token.hash.digest(), shown)),
            Credential::Session { hash, .. } => self.session(hash, admin).is_some(),
        }
    }

    /// Who asks.
    ///
    /// # Errors
    /// 401 without a good token, 429 after too many bad ones.
    pub fn caller(&self, peer: &Peer, headers: &HeaderMap, admin: &Admin) -> Result<Caller, Problem> {
        let from = peer.from();
        let local = |name: &str, from| Caller {
            name: name.to_owned(),
            role: AdminRole::Write,
            from,
            credential: Credential::Local,
        };
        let Some(shown) = bearer(headers)? else {
            return match peer {
                Peer::User { uid, name, is_gateway: false } if *uid == 0 || *uid == self.uid => Ok(local(name, from)),
                _ => Err(Problem::unauthorized("this needs a token: `Authorization: Bearer TOKEN`")),
            };
        };
        let hash = token::hash(shown);
        // These cannot be guessed, so whoever has one is never kept waiting for those who try.
        if self.own.as_ref().is_some_and(|own| token::is_same(own.hash(), &hash)) {
            return Ok(local(LOCAL, from));
        }
        if let Some(session) = self.session(&hash, admin) {
            let (name, role) = (session.name.clone(), session.role);
            return Ok(Caller { name, role, from, credential: Credential::Session { hash, session } });
        }
        if Kind::Session.is(shown) {
            let detail = "this session has ended: it expired, was closed, or its token was removed; run `fngate console` to start a new one";
            return Err(Problem::new(StatusCode::UNAUTHORIZED, "session_ended", detail));
        }
        // What was not made as a token may be a word that can be guessed.
        if !Kind::Standing.is(shown) {
            self.refuse_guesses(peer)?;
        }
        // All of them, so that the time tells nothing.
        let known = admin
            .tokens
            .iter()
            .fold(None, |known, token| if token::is_same(token.hash.digest(), &hash) { Some(token) } else { known });
        match known {
            Some(known) => {
                Ok(Caller { name: known.name.clone(), role: known.role, from, credential: Credential::Token(hash) })
            }
            None => {
                self.refuse_guesses(peer)?;
                Err(self.failed(peer, "invalid token"))
            }
        }
    }

    /// Exchanges a code for a session.
    ///
    /// # Errors
    /// 401 with a bad code, 429 after too many of them, 404 without a console.
    pub fn redeem(&self, peer: &Peer, code: &str, admin: &Admin) -> Result<(Token, OpenSession), Problem> {
        refuse_without_console(admin)?;
        let opened = Kind::Code.is(code).then(|| self.sessions.redeem(code, &admin.tokens)).transpose();
        let opened = opened.map_err(|error| Problem::unavailable(error.to_string()))?.flatten();
        let Some((token, session)) = opened else {
            self.refuse_guesses(peer)?;
            return Err(self.failed(peer, "this code was used or has expired; `fngate console` prints a new one"));
        };
        tracing::info!(name = session.name, client = peer.from(), "a session of the console has begun");
        Ok((token, session))
    }

    fn session(&self, hash: &Digest, admin: &Admin) -> Option<OpenSession> {
        admin.console.then(|| self.sessions.find(hash, &admin.tokens)).flatten()
    }

    fn refuse_guesses(&self, peer: &Peer) -> Result<(), Problem> {
        if !self.may_try(peer.source()) {
            let detail = "too many bad tokens: wait a while";
            return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_failures", detail));
        }
        Ok(())
    }

    fn failed(&self, peer: &Peer, detail: &str) -> Problem {
        self.note_failure(peer.source());
        tracing::info!(client = peer.from(), "admin API: authentication failed");
        Problem::unauthorized(detail)
    }

    fn may_try(&self, source: Source) -> bool {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = failures.get_mut(&source) else { return true };
        known.recover();
        known.left > 0
    }

    fn note_failure(&self, source: Source) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= SOURCES && !failures.contains_key(&source) {
            let oldest = failures.iter().min_by_key(|(_, known)| known.since).map(|(source, _)| *source);
            if let Some(oldest) = oldest {
                failures.remove(&oldest);
            }
        }
        let known = failures.entry(source).or_insert_with(|| Failures { left: FAILURES, since: Instant::now() });
        known.left = known.left.saturating_sub(1);
    }
}

impl Failures {
    /// Gives back what time has healed.
    fn recover(&mut self) {
        let pauses = self.since.elapsed().as_secs() / PAUSE.as_secs();
        if pauses > 0 {
            self.left = FAILURES.min(self.left.saturating_add(u32::try_from(pauses).unwrap_or(FAILURES)));
            self.since = Instant::now();
        }
    }
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut fields = headers.get_all(AUTHORIZATION).iter();
    let Some(field) = fields.next() else { return Ok(None) };
    let text = field.to_str().ok().filter(|_| fields.next().is_none());
    let token = text.and_then(|text| text.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let token = token.map(|(_, token)| token.trim()).filter(|token| !token.is_empty());
    token.map(Some).ok_or_else(|| Problem::unauthorized("`Authorization` is not `Bearer TOKEN`"))
}

/// Refuses what belongs to the console, when that is switched off.
///
/// # Errors
/// 404
pub fn refuse_without_console(admin: &Admin) -> Result<(), Problem> {
    if admin.console {
        return Ok(());
    }
    Err(Problem::not_found("the console is switched off: `admin.console` is false"))
}

/// Refuses requests that a page made, and requests under names that others may have made to lead here.
///
/// # Errors
/// 403
pub fn refuse_strangers(headers: &HeaderMap, uri: &Uri, admin: &Admin) -> Result<(), Problem> {
    let from_elsewhere = |site: &HeaderValue| !["none", "same-origin"].iter().any(|known| site == known);
    if headers.get_all(SEC_FETCH_SITE).iter().any(from_elsewhere) {
        return Err(Problem::forbidden("cross-site request refused"));
    }
    refuse_unknown_hosts(headers, uri, admin)
}

/// The same for what holds no data: a link on a page of others may lead to it. Nothing else of such a page may ask for it, no frame, script
/// or image.
///
/// # Errors
/// 403
pub fn refuse_embedding(headers: &HeaderMap, uri: &Uri, admin: &Admin) -> Result<(), Problem> {
    let is = |name: &HeaderName, value: &str| {
        let mut values = headers.get_all(name).iter();
        values.next().is_some_and(|first| first == value) && values.next().is_none()
    };
    if is(&SEC_FETCH_MODE, "navigate") && is(&SEC_FETCH_DEST, "document") {
        return refuse_unknown_hosts(headers, uri, admin);
    }
    refuse_strangers(headers, uri, admin)
}

fn refuse_unknown_hosts(headers: &HeaderMap, uri: &Uri, admin: &Admin) -> Result<(), Problem> {
    let given = headers.get_all(HOST).iter().map(|host| host.to_str().unwrap_or_default());
    if !given.chain(uri.authority().map(Authority::as_str)).all(|host| is_known(host, &admin.hosts)) {
        let text = "this Host is neither an IP address nor `localhost` nor listed in `admin.hosts`";
        return Err(Problem::forbidden(text));
    }
    Ok(())
}

/// Refuses what an authenticated caller may not do.
///
/// # Errors
/// 403
pub fn refuse_readers(method: &Method, caller: &Caller) -> Result<(), Problem> {
    if method.is_safe() || caller.role >= AdminRole::Write {
        return Ok(());
    }
    Err(read_only(caller))
}

/// What a caller is told who may not change anything.
#[must_use]
pub fn read_only(caller: &Caller) -> Problem {
    Problem::forbidden(format!("the token `{}` may read, not change", caller.name))
}

/// Refuses what a page or a form of others could have sent.
///
/// # Errors
/// 403, 415
pub fn refuse_forms(method: &Method, headers: &HeaderMap, admin: &Admin) -> Result<(), Problem> {
    refuse_other_origins(headers, admin)?;
    if method.is_safe() {
        return Ok(());
    }
    let mut kinds = headers.get_all(CONTENT_TYPE).iter();
    if let (Some(kind), None) = (kinds.next(), kinds.next())
        && is_json(kind)
    {
        return Ok(());
    }
    let detail = "a change needs `Content-Type: application/json`, also without a body";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", detail))
}

fn is_json(kind: &HeaderValue) -> bool {
    let essence = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// Only browsers send an `Origin`, and only pages of this listener may ask it.
fn refuse_other_origins(headers: &HeaderMap, admin: &Admin) -> Result<(), Problem> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let own = format!("{}://{host}", if admin.tls.is_some() { "https" } else { "http" });
    let is_own = |origin: &HeaderValue| origin.to_str().is_ok_and(|origin| origin.eq_ignore_ascii_case(&own));
    if headers.get_all(ORIGIN).iter().all(is_own) {
        return Ok(());
    }
    Err(Problem::forbidden("cross-site request refused"))
}

/// Whether nobody else can have made this name lead here.
fn is_known(host: &str, hosts: &[String]) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    if let Some(address) = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    name.parse::<IpAddr>().is_ok_and(|address| address.is_ipv4())
        || name.eq_ignore_ascii_case("localhost")
        || hosts.iter().any(|host| name.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_and_known_names_are_asked_for() {
        let hosts = ["fngate.prod.svc".to_owned()];
        for (host, known) in [
            ("127.0.0.1", true),
            ("10.1.2.3:9901", true),
            ("[::1]:9901", true),
            ("[fe80::1]", true),
            ("localhost:9901", true),
            ("LOCALHOST.", true),
            ("fngate.prod.svc:80", true),
            ("Fngate.Prod.Svc.", true),
            ("", false),
            ("::1", false),
            ("[evil.example]", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example:9901", false),
            ("127.0.0.1:evil", false),
            ("other.prod.svc", false),
        ] {
            assert_eq!(is_known(host, &hosts), known, "{host}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_guesses_has_to_wait() {
        let access = access();
        let admin = admin("[[admin.token]]\nname = \"ops\"\nrole = \"read\"\nhash = \"HASH\"", "good");
        let (guesser, other) = (Peer::Network([127, 0, 0, 1].into()), Peer::Network([10, 0, 0, 2].into()));
        let ask = |peer: &Peer, token: &str| {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, format!("Bearer {token}").parse().expect("a value"))]);
            access.caller(peer, &headers, &admin).map_err(|problem| problem.status)
        };
        for _ in 0..FAILURES {
            assert_eq!(ask(&guesser, "bad").map(|caller| caller.name), Err(401));
        }
        assert_eq!(ask(&guesser, "good").map(|caller| caller.name), Err(429), "it would learn which one is right");
        assert_eq!(ask(&other, "good").map(|caller| caller.name), Ok("ops".to_owned()));
        tokio::time::advance(PAUSE).await;
        assert_eq!(ask(&guesser, "good").map(|caller| caller.role), Ok(AdminRole::Read));
        assert_eq!(ask(&guesser, "bad").map(|caller| caller.name), Err(401));
        assert_eq!(ask(&guesser, "bad").map(|caller| caller.name), Err(429));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_a_token_is_let_in_whatever_others_guess() {
        let (access, token) = (access(), Token::random(Kind::Standing).expect("random"));
        let admin = admin("[[admin.token]]\nname = \"ops\"\nrole = \"read\"\nhash = \"HASH\"", token.as_str());
        let peer = Peer::Network([127, 0, 0, 1].into());
        let ask = |token: &str| {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, format!("Bearer {token}").parse().expect("a value"))]);
            access.caller(&peer, &headers, &admin).map(|caller| caller.name).map_err(|problem| problem.status)
        };
        for guess in 0..FAILURES {
            let wrong = Token::random(Kind::Standing).expect("random");
            assert_eq!(ask(if guess % 2 == 0 { "bad" } else { wrong.as_str() }), Err(401));
        }
        assert_eq!([ask("bad"), ask(Token::random(Kind::Standing).expect("random").as_str())], [Err(429), Err(429)]);
        assert_eq!(ask(token.as_str()), Ok("ops".to_owned()));
    }

    #[test]
    fn failures_are_counted_of_whoever_has_many_addresses() {
        let network = |text: &str| Peer::Network(text.parse().expect("an address")).source();
        let user = |uid| Peer::User { uid, name: "user".into(), is_gateway: false }.source();
        for (one, other, same) in [
            (network("127.0.0.1"), network("127.9.9.9"), true),
            (network("::1"), network("127.0.0.1"), true),
            (network("10.0.0.1"), network("10.0.0.2"), false),
            (network("2001:db8::1"), network("2001:db8::ffff:0:0:2"), true),
            (network("2001:db8::1"), network("2001:db8:0:1::1"), false),
            (user(1), user(1), true),
            (user(1), user(2), false),
        ] {
            assert_eq!(one == other, same, "{one:?} {other:?}");
        }
    }

    #[test]
    fn a_gateway_that_connects_to_itself_needs_a_token() {
        let (access, admin) = (access(), admin("", ""));
        for (uid, is_gateway, known) in
            [(0, false, true), (access.uid, false, true), (access.uid + 1, false, false), (0, true, false)]
        {
            let peer = Peer::User { uid, name: "user".into(), is_gateway };
            let caller = access.caller(&peer, &HeaderMap::new(), &admin);
            assert_eq!(caller.map(|_| ()).map_err(|problem| problem.status), if known { Ok(()) } else { Err(401) });
        }
    }

    #[test]
    fn those_who_failed_are_not_remembered_without_end() {
        let access = access();
        (0..2 * SOURCES).for_each(|index| {
            let [_, _, high, low] = u32::try_from(index).expect("small").to_be_bytes();
            access.note_failure(Source::Address([10, 0, high, low].into()));
        });
        assert_eq!(access.failures.lock().expect("whole").len(), SOURCES);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_guesses_codes_has_to_wait_and_open_sessions_go_on() {
        let (access, admin) = (access(), admin("", ""));
        let peer = Peer::Network([127, 0, 0, 1].into());
        let grant = || Grant { name: "local".to_owned(), role: Role::Write, token: None };
        let code = || access.sessions.make_code(grant(), None, Duration::from_secs(60)).expect("random").0;
        let redeem = |code: &str| access.redeem(&peer, code, &admin).map_err(|problem| problem.status);
        let (session, _) = redeem(code().as_str()).expect("a session");
        for _ in 0..FAILURES {
            assert_eq!(redeem("fngc_guess").map(|_| ()), Err(401));
        }
        assert_eq!(redeem("fngc_guess").map(|_| ()), Err(429));
        assert_eq!(redeem(code().as_str()).map(|_| ()), Ok(()), "nobody guesses one");
        let headers =
            |token: &str| HeaderMap::from_iter([(AUTHORIZATION, format!("Bearer {token}").parse().expect("a value"))]);
        assert_eq!(access.caller(&peer, &headers(session.as_str()), &admin).expect("it is open").name, "local");
        // What has ended is said at once, and costs nothing: a page that is open asks more than once.
        let ended = Token::random(Kind::Session).expect("random");
        for _ in 0..2 * FAILURES {
            let problem = access.caller(&peer, &headers(ended.as_str()), &admin).expect_err("it is none");
            assert_eq!((problem.status, &*problem.reason), (401, "session_ended"));
        }
        tokio::time::advance(PAUSE).await;
        assert_eq!(redeem("fngc_guess").map(|_| ()), Err(401), "ended sessions count as no guess");
    }

    fn access() -> Access {
        Access::new(None, Arc::new(Sessions::open("admin-test.sessions".to_owned())))
    }

    /// `[admin]` with more, in which `HASH` stands for that of a token.
    fn admin(more: &str, token: &str) -> Admin {
        let more = more.replace("HASH", &format!("sha256:{}", token::hash(token)));
        let config = format!("[[listener]]\naddress = \"127.0.0.1:0\"\n{more}");
        crate::config::parse(std::path::Path::new("test"), &config).expect("good").admin
    }
}
