//! Certificates that the gateway gets by itself: orders those that are missing, renews those that grow old.
//!
//! It is one task, which does one thing at a time. Whatever goes wrong changes nothing about the certificates in use.

mod error;
mod https;
mod order;
mod standing;
mod state;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use instant_acme::{Account, CertificateIdentifier, NewAccount};
use rustls::sign::CertifiedKey;
use tokio::time::sleep;

use self::error::Error;
use self::https::Https;
use self::order::{Wanted, Way, order};
use self::standing::{BACKOFF, Standing};
use self::state::{State, usable};
use crate::certificate;
use crate::config::{Acme, Config, ListenAddress};
use crate::snapshot::{Shared, Snapshot};

/// The clock may be set, or the machine sleep: it is looked at that often.
const LOOK: Duration = Duration::from_secs(600);
/// How often the server is asked when it wants a certificate to be renewed, whatever it says itself.
const ASK: (Duration, Duration) = (Duration::from_secs(3600), Duration::from_secs(24 * 3600));

/// Puts the certificates in use that were issued before, when the gateway starts.
pub fn load(snapshot: &Snapshot) {
    let state = State::new(&snapshot.config.acme);
    for name in names(&snapshot.config) {
        match state.certificate(&name) {
            Ok(Some(key)) => snapshot.issued.issue(&name, &key),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, name, "a certificate that was issued before cannot be used"),
        }
    }
    show(snapshot);
}

/// Keeps the certificates of the configuration in use, this and the next. Never returns.
pub async fn keep(shared: Arc<Shared>) {
    let mut keeper = Keeper::new(shared.clone());
    loop {
        let wait = Box::pin(keeper.round()).await;
        tokio::select! {
            () = sleep(wait) => {}
            () = shared.replaced() => {}
        }
    }
}

struct Keeper {
    shared: Arc<Shared>,
    acme: Acme,
    /// What the configuration said when the listeners were made.
    first: Acme,
    state: State,
    account: Option<Account>,
    names: HashMap<String, Standing>,
    /// The last error that concerns all names.
    said: Option<String>,
}

impl Keeper {
    fn new(shared: Arc<Shared>) -> Self {
        let acme = shared.load().config.acme.clone();
        Self {
            shared,
            state: State::new(&acme),
            first: acme.clone(),
            acme,
            account: None,
            names: HashMap::new(),
            said: None,
        }
    }

    /// Does what is due, and returns how long there is nothing more to do.
    async fn round(&mut self) -> Duration {
        let snapshot = self.shared.load();
        let config = snapshot.config.clone();
        if self.acme != config.acme {
            (self.acme, self.state) = (config.acme.clone(), State::new(&config.acme));
            (self.account, self.names, self.said) = (None, HashMap::new(), None);
        }
        // A listener that the file no longer has goes on until the next start, and so do its certificates: of the server that they are of.
        let (mut names, live) = (names(&config), snapshot.ordered_names());
        snapshot.issued.retain(|name| names.contains(name) || live.contains(name));
        if self.acme == self.first && self.acme.terms_agreed {
            names.extend(live);
        }
        self.names.retain(|name, _| names.contains(name));
        drop(snapshot);
        if names.is_empty() {
            return LOOK;
        }
        if let Err(error) = self.prepare() {
            report(&mut self.said, None, &error);
            return BACKOFF;
        }
        for name in &names {
            if !self.names.contains_key(name) {
                let standing = self.recall(name);
                self.names.insert(name.clone(), standing);
            }
            self.ask(name).await;
            if self.names.get(name).is_some_and(|standing| standing.due <= SystemTime::now()) {
                let outcome = self.obtain(name, &config).await;
                self.conclude(name, outcome);
            }
        }
        self.names.values().map(|standing| until(standing.due.min(standing.ask))).min().unwrap_or(LOOK).min(LOOK)
    }

    fn prepare(&mut self) -> Result<(), Error> {
        self.state.prepare()?;
        if self.state.is_open_to_others() && self.said.is_none() {
            let text = "others can look into the directory of keys: it should have the mode 0700";
            tracing::warn!(state = %self.acme.state.display(), "{text}");
            self.said = Some(text.to_owned());
        }
        Ok(())
    }

    /// What is known of a name from before.
    fn recall(&self, name: &str) -> Standing {
        // One that cannot be read has been reported at the start, and is replaced.
        let key = self.state.certificate(name).ok().flatten();
        let standing = Standing::of(key.as_deref());
        if let Some(key) = key {
            self.issue(name, &key);
        }
        standing
    }

    fn issue(&self, name: &str, key: &Arc<CertifiedKey>) {
        let snapshot = self.shared.load();
        snapshot.issued.issue(name, key);
        show(&snapshot);
    }

    /// Asks the server when a certificate is to be renewed (RFC 9773). It may say that at any time, so it is asked again and again.
    async fn ask(&mut self, name: &str) {
        let Some(standing) = self.names.get(name).filter(|standing| standing.ask <= SystemTime::now()) else { return };
        let id = standing.leaf.as_ref().and_then(|leaf| CertificateIdentifier::try_from(leaf).ok());
        let mut again = ASK.1;
        let mut wanted = None;
        if let Some(id) = id.filter(|_| standing.failures == 0) {
            match self.account().await {
                Ok(account) => match account.renewal_info(&id).await {
                    Ok((info, wait)) => {
                        again = wait.clamp(ASK.0, ASK.1);
                        wanted = Some(info.suggested_window);
                    }
                    Err(instant_acme::Error::Unsupported(_)) => {}
                    Err(error) => {
                        tracing::debug!(%error, name, "no word on when to renew");
                        again = ASK.0;
                    }
                },
                Err(error) => {
                    tracing::debug!(%error, name, "no word on when to renew");
                    again = ASK.0;
                }
            }
        }
        if let Some(standing) = self.names.get_mut(name) {
            standing.ask = SystemTime::now() + again;
            if let Some(window) = wanted {
                standing.follow(window.start.unix_timestamp(), window.end.unix_timestamp());
            }
        }
    }

    async fn account(&mut self) -> Result<Account, Error> {
        if let Some(account) = &self.account {
            return Ok(account.clone());
        }
        let builder = Account::builder_with_http(Box::new(Https::new(&self.acme)));
        let account = match self.state.account() {
            Some(credentials) => builder.from_credentials(credentials).await?,
            None => {
                let contact: Vec<_> = self.acme.contact.iter().map(String::as_str).collect();
                let new = NewAccount {
                    contact: &contact,
                    terms_of_service_agreed: self.acme.terms_agreed,
                    only_return_existing: false,
                };
                let (account, credentials) = builder.create(&new, self.acme.directory.clone(), None).await?;
                self.state.keep_account(&credentials)?;
                tracing::info!(directory = self.acme.directory, "an account was made");
                account
            }
        };
        self.account = Some(account.clone());
        Ok(account)
    }

    /// Orders a certificate in each way until one leads to it.
    async fn obtain(&mut self, name: &str, config: &Config) -> Result<Arc<CertifiedKey>, Error> {
        let account = self.account().await?;
        let issued = self.shared.load().issued.clone();
        let mut outcome = Err(Error::Unusable("nothing was tried".to_owned()));
        for way in ways(config) {
            let wanted = Wanted { name, way, replaces: self.replaced(name) };
            outcome = order(&account, wanted, &issued).await;
            match &outcome {
                Err(error) if error.is_of_the_way() => tracing::debug!(%error, name, "another way is tried"),
                _ => break,
            }
        }
        let pem = outcome?;
        let key = usable(name, pem.as_bytes())?;
        // It is good, wherever it can be kept.
        self.issue(name, &key);
        self.state.keep_certificate(name, &pem)?;
        Ok(key)
    }

    /// What the server is told to be replaced; not a second time, since it may be what it refused.
    fn replaced(&self, name: &str) -> Option<CertificateIdentifier<'static>> {
        let standing = self.names.get(name).filter(|standing| standing.failures == 0 && standing.window.is_some())?;
        CertificateIdentifier::try_from(standing.leaf.as_ref()?).ok()
    }

    fn conclude(&mut self, name: &str, outcome: Result<Arc<CertifiedKey>, Error>) {
        let Some(standing) = self.names.get_mut(name) else { return };
        match outcome {
            Ok(key) => {
                let failures = standing.failures;
                *standing = Standing::just_issued(&key);
                let expiry = standing.leaf.as_ref().and_then(certificate::expiry);
                tracing::info!(name, expiry, "a certificate was issued");
                if standing.due <= SystemTime::now() {
                    tracing::warn!(name, "it is to be renewed already: is the clock right?");
                    standing.postpone(failures);
                }
            }
            Err(error) => {
                standing.postpone(standing.failures);
                report(&mut standing.said, Some(name), &error);
                // The server may have moved, or forgotten who we are.
                self.account = None;
                if error.is_of_the_account()
                    && let Err(error) = self.state.forget_account()
                {
                    report(&mut self.said, None, &error);
                }
            }
        }
    }
}

/// Says an error once, until it is another one.
fn report(said: &mut Option<String>, name: Option<&str>, error: &Error) {
    let text = error.to_string();
    if said.as_ref() == Some(&text) {
        tracing::debug!(error = text, name, "there is still no certificate");
        return;
    }
    tracing::error!(error = text, name, advice = error.advice(), "no certificate was issued; it is tried again");
    *said = Some(text);
}

fn show(snapshot: &Snapshot) {
    snapshot.entrances.values().for_each(|entrance| entrance.show());
}

/// The names of all listeners.
fn names(config: &Config) -> BTreeSet<String> {
    config
        .listeners
        .iter()
        .filter_map(|listener| listener.tls.as_ref())
        .flat_map(|tls| tls.acme.iter().cloned())
        .collect()
}

/// The second way needs a listener without TLS.
fn ways(config: &Config) -> impl Iterator<Item = Way> {
    let mut plain = config.listeners.iter().filter(|listener| listener.tls.is_none());
    let http = plain.any(|listener| !matches!(listener.address, ListenAddress::Unix(_)));
    [Some(Way::Tls), http.then_some(Way::Http)].into_iter().flatten()
}

fn until(time: SystemTime) -> Duration {
    // A second more: what is due then is due.
    time.duration_since(SystemTime::now()).unwrap_or_default() + Duration::from_secs(1)
}
