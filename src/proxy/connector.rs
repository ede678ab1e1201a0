//! A connection for a request: one that is idle, a place on a shared one, or a new one.

use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use http::request::Parts;
use tokio::time::{Instant, sleep};

use super::client::Client;
use super::deadline::{Budget, WaitingFor};
use super::error::Error;
use super::view::View;
use crate::function::balance::Selection;
use crate::function::channel::Channel;
use crate::function::dial::{self, Terms};
use crate::function::local::Local;
use crate::function::pool::{Pool, Reuse};
use crate::function::tls::Offer;
use crate::net::proxy_protocol;
use crate::telemetry::access::Record;

/// The pause between two attempts while no instance is up.
const PAUSE: Duration = Duration::from_millis(50);

/// Finds connections for one request.
pub(super) struct Connector<'a> {
    pub(super) view: &'a View,
    pub(super) client: &'a Client,
    pub(super) head: &'a Parts,
    pub(super) function: &'a Local,
    pub(super) budget: &'a Budget,
    /// What a connection has to be good for.
    pub(super) offer: Offer,
}

/// Which connections an attempt may use: one that follows a lost one must not meet another that was idle as long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Links {
    /// Any that [`Reuse`] allows.
    Idle(Reuse),
    New,
}

impl Connector<'_> {
    /// Begins with the instance whose turn it is.
    pub(super) fn select(&self) -> Selection {
        self.function.select(self.client.now())
    }

    /// Goes on to another instance, if there is one.
    pub(super) fn advance(&self, selection: &mut Selection) {
        self.function.advance(selection, self.client.now());
    }

    /// What the selected instance has to offer at once.
    pub(super) fn take(&self, selection: &Selection, links: Links) -> Option<(Channel, Rc<Pool>)> {
        let pool = self.function.pool(selection);
        let channel = match links {
            // A reload may have left connections that begin with no header.
            _ if self.function.function.spec.proxy_protocol.is_some() => None,
            Links::Idle(reuse) => pool.take(self.client.now(), self.offer, reuse),
            Links::New => pool.share(self.offer),
        };
        channel.map(|channel| (channel, pool.clone()))
    }

    /// A new connection to the selected instance, or what there is at another one if that cannot be reached. While no instance
    /// can be, they are tried in turn until `start_wait` is over.
    ///
    /// # Errors
    /// The error of the last attempt.
    pub(super) async fn open(
        &self,
        selection: &mut Selection,
        links: Links,
        record: &mut Record,
    ) -> Result<(Channel, Rc<Pool>), Error> {
        self.budget.enter(WaitingFor::Connection);
        let give_up = Instant::now() + self.function.function.spec.start_wait;
        let mut all_failed = false;
        loop {
            let pool = self.function.pool(selection).clone();
            record.instance = Some(pool.endpoint().label.clone());
            let error = match self.wait(dial::open(&pool, self.terms()), record).await? {
                Ok(channel) => return Ok((channel, pool)),
                Err(error) => error,
            };
            all_failed |= !self.function.advance(selection, Instant::now());
            if all_failed {
                // Why there is no connection says more than that the time is over.
                if Instant::now() + PAUSE > give_up.min(self.budget.end()) {
                    return Err(Error::Connect(error));
                }
                self.wait(sleep(PAUSE), record).await?;
            }
            if let Some(taken) = self.take(selection, links) {
                return Ok(taken);
            }
        }
    }

    /// Waits within the budget, and notes the time.
    async fn wait<F: Future>(&self, work: F, record: &mut Record) -> Result<F::Output, Error> {
        let began = self.client.now();
        let output = self.budget.limit(self.client, work).await;
        record.connected = Some(record.connected.unwrap_or_default() + (self.client.now() - began));
        output.map_err(|stop| Error::stopped(stop, self.budget))
    }

    fn terms(&self) -> Terms {
        let spec = &self.function.function.spec;
        Terms { offer: self.offer, connect_timeout: spec.connect_timeout, preface: self.preface() }
    }

    /// What a new connection begins with: a PROXY header, which names one client, so that it serves no other.
    fn preface(&self) -> Vec<u8> {
        let proxies = &self.view.snapshot.config.gateway.trusted_proxies;
        match self.function.function.spec.proxy_protocol {
            Some(version) => proxy_protocol::header(version, self.client.peer().ends(&self.head.headers, proxies)),
            None => Vec::new(),
        }
    }
}
