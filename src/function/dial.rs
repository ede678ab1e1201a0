//! Opening what a request goes over when a pool has nothing to offer.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};

use super::connect::connect;
use super::error::ConnectError;
use super::http1::Http1Connection;
use super::http2::Http2Connection;
use super::pool::{Opening, Pool};
use super::tls::Offer;
use super::upstream::Upstream;
use crate::process;

/// After this time other requests no longer choose an instance to which a connection is being opened.
const SLOW: Duration = Duration::from_millis(250);

/// What a new connection is for, and how long it may take.
#[derive(Clone, Debug)]
pub struct Terms {
    pub offer: Offer,
    pub connect_timeout: Duration,
    /// What the connection begins with. If that is anything, it names one client, and the connection serves one request.
    pub preface: Vec<u8>,
}

/// Opens a connection to the instance of `pool`. Where one may serve several requests, those that come while it is being opened
/// wait for it.
///
/// # Errors
/// Why there is no connection.
pub async fn open(pool: &Rc<Pool>, terms: Terms) -> Result<Upstream, ConnectError> {
    let cooldown = pool.endpoint().instance.cooldown();
    cooldown.probe(Instant::now());
    let mut opening = std::pin::pin!(open_now(pool, terms));
    let outcome = match timeout(SLOW, &mut opening).await {
        Ok(outcome) => outcome,
        Err(_elapsed) => {
            cooldown.begin(Instant::now());
            opening.await
        }
    };
    match &outcome {
        Ok(_) => cooldown.end(),
        // Whichever instance it was.
        Err(ConnectError::Failed(error)) if process::is_out_of_files(error) => cooldown.end(),
        Err(_) => cooldown.begin(Instant::now()),
    }
    outcome
}

async fn open_now(pool: &Rc<Pool>, terms: Terms) -> Result<Upstream, ConnectError> {
    let Terms { connect_timeout, ref preface, .. } = terms;
    // For the wait and the connection together.
    let deadline = Instant::now() + connect_timeout;
    let is_shared = preface.is_empty();
    let endpoint = pool.endpoint();
    let offer = pool.offer(terms.offer);
    if is_shared && offer == Offer::Any && pool.is_worth_waiting() {
        pool.opened().await;
        if let Some(stream) = pool.stream() {
            return Ok(Upstream::Http2(stream));
        }
        if Instant::now() >= deadline {
            return Err(ConnectError::TimedOut(connect_timeout));
        }
    }
    let _opening = is_shared.then(|| Opening::begin(pool));
    let stream = connect(&endpoint.instance, offer, connect_timeout, deadline, preface).await?;
    if !endpoint.instance.is_h2c() && !stream.has_agreed_on_http2() {
        pool.learn_http1(offer);
        let mut connection = Http1Connection::new(stream, endpoint.clone());
        if !is_shared {
            connection.use_once();
        }
        return Ok(Upstream::Http1(connection));
    }
    let connection = match timeout_at(deadline, Http2Connection::open(stream, endpoint.clone())).await {
        Ok(connection) => connection?,
        Err(_elapsed) => return Err(ConnectError::NotHttp2),
    };
    let stream = if is_shared { pool.add(connection) } else { connection.stream() };
    stream.map(Upstream::Http2).ok_or(ConnectError::NotHttp2)
}
