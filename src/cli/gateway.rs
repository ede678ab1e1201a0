//! A running gateway as commands ask it, over its admin listener.

mod connection;

use std::fmt;
use std::net::ToSocketAddrs;
use std::ops::ControlFlow;
use std::time::Duration;

use http::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(super) use self::connection::{Answer, Followed, Gateway, Heard, Question};
use self::connection::{Trust, exchange, follow};
use super::outcome::{Failure, REFUSED, SYSTEM, USAGE};
use crate::config::{AdminAddress, Config};
use crate::control::admin::token;
use crate::control::problem::Problem;
use crate::net::socket::nearest;

/// Where a token is given to commands of users that cannot read the one of the gateway.
const TOKEN: &str = "FNGATE_TOKEN";

impl Gateway {
    /// The gateway at an address that somebody has written.
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let wrong = || Failure::usage(format!("`{text}` is not an address: IP:port, https://host:port or unix:/path"));
        if let Some(path) = text.strip_prefix("unix:") {
            return Ok(Self::new(AdminAddress::Unix(path.into()), "localhost".to_owned(), None));
        }
        let (trust, rest) = match text.split_once("://") {
            Some(("https", rest)) => (Some(Trust::System), rest),
            Some(("http", rest)) => (None, rest),
            Some(_) => return Err(wrong()),
            None => (None, text),
        };
        let host = rest.trim_end_matches('/');
        let found = host.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
        Ok(Self::new(AdminAddress::Tcp(found.ok_or_else(wrong)?), host.to_owned(), trust))
    }

    /// The gateway that runs with a configuration, if it has an admin listener.
    pub(super) fn of(config: &Config) -> Option<Self> {
        let address = match config.admin.address.clone()? {
            AdminAddress::Tcp(bound) => AdminAddress::Tcp(nearest(bound)),
            socket @ AdminAddress::Unix(_) => socket,
        };
        let host = address.tcp().map_or_else(|| "localhost".to_owned(), |address| address.to_string());
        let trust = config.admin.tls.as_ref().and_then(|tls| tls.chain.first().cloned()).map(Trust::Certificate);
        Some(Self::new(address, host, trust))
    }

    fn new(address: AdminAddress, host: String, trust: Option<Trust>) -> Self {
        let given = std::env::var(TOKEN).ok().filter(|token| !token.is_empty());
        let own = || address.tcp().and_then(|address| token::find(address.port()));
        Self { token: given.or_else(own), address, host, trust }
    }

    /// The address of its listener for a browser of this machine; none at a Unix socket.
    pub(super) fn url(&self) -> Option<String> {
        let address = self.address.tcp()?;
        let scheme = if self.trust.is_some() { "https" } else { "http" };
        let host = if address.ip().is_unspecified() { nearest(address).to_string() } else { self.host.clone() };
        Some(format!("{scheme}://{host}"))
    }

    /// The answer, or one line why there is none.
    pub(super) fn ask(&self, question: &Question) -> Result<Answer, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        runtime.block_on(exchange(self, question)).map_err(|error| format!("{error:#}"))
    }

    /// The text of a good answer, or one line why there is none.
    pub(super) fn text(&self, question: &Question) -> Result<String, String> {
        match self.ask(question)? {
            Answer { status, text, .. } if status.is_success() => Ok(text),
            Answer { status, text, .. } => Err(format!("the gateway at {self} answers {status}: {text}")),
        }
    }

    /// A good answer; a refusal is a failure that says why.
    pub(super) fn request(&self, question: &Question) -> Result<Answer, Failure> {
        self.good(self.ask(question).map_err(|text| Failure { code: SYSTEM, text })?)
    }

    /// The answer, unless it is a refusal.
    pub(super) fn good(&self, answer: Answer) -> Result<Answer, Failure> {
        if answer.status.is_success() { Ok(answer) } else { Err(self.refused(&answer)) }
    }

    /// What a good answer holds.
    pub(super) fn read<T: DeserializeOwned>(&self, question: &Question) -> Result<T, Failure> {
        self.request(question)?.parse()
    }

    /// Shows what comes of a stream of events to `each`, until it breaks, somebody presses Ctrl-C, or the stream ends.
    pub(super) fn follow(
        &self,
        path: &str,
        mut each: impl FnMut(Heard<'_>) -> ControlFlow<()>,
    ) -> Result<Followed, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failure::system(&error))?;
        let question = Question::get(path, Duration::from_secs(10));
        let followed = runtime.block_on(async {
            tokio::select! {
                followed = follow(self, &question, &mut each) => followed,
                interrupted = tokio::signal::ctrl_c() => Ok(interrupted.map(|()| Ok(Followed::Enough))?),
            }
        });
        match followed {
            Ok(Ok(followed)) => Ok(followed),
            // All that the question says are the filters of the command.
            Ok(Err(answer)) if matches!(answer.status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY) => {
                Err(Failure { code: USAGE, ..self.refused(&answer) })
            }
            Ok(Err(answer)) => Err(self.refused(&answer)),
            Err(error) => Err(Failure { code: SYSTEM, text: format!("{error:#}") }),
        }
    }

    fn refused(&self, answer: &Answer) -> Failure {
        let Ok(problem) = serde_json::from_str::<Problem>(&answer.text) else {
            return Failure {
                code: SYSTEM,
                text: format!("the gateway at {self} answers {}: {}", answer.status, answer.text),
            };
        };
        let mut text = problem.detail.into_string();
        if answer.status == StatusCode::UNAUTHORIZED {
            text += &format!("; run the command as the gateway's user or as root, or put a token in {TOKEN}");
        }
        for finding in problem.errors {
            text += &format!("\n  {finding}");
        }
        text += &problem.holder.map(|holder| format!("\n  held by {holder}")).unwrap_or_default();
        if let Some(diff) = problem.diff {
            text += &format!("\ndiff of the change against the object as it is now:\n{diff}");
        }
        Failure { code: REFUSED, text }
    }
}

impl fmt::Display for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            AdminAddress::Tcp(_) => f.write_str(&self.host),
            AdminAddress::Unix(_) => self.address.fmt(f),
        }
    }
}

impl Answer {
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let text = |error| format!("unexpected response from the gateway (different fngate version?): {error}");
        serde_json::from_str(&self.text).map_err(|error| Failure { code: SYSTEM, text: text(error) })
    }
}

impl Question {
    /// What is asked for without changing anything.
    pub(super) fn get(path: impl Into<String>, patience: Duration) -> Self {
        Self { method: Method::GET, path: path.into(), body: None, if_match: None, patience, late: "" }
    }

    /// A change.
    pub(super) fn change(method: Method, path: impl Into<String>, body: Option<Value>) -> Self {
        let patience = Duration::from_secs(60);
        Self { method, path: path.into(), body, if_match: None, patience, late: "; the change may still be made" }
    }
}
