//! The way to the ACME server.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use tokio::time::timeout;

use super::super::fetch::{fetch, trusting};
use crate::config::Acme;
use crate::function::tls::Client;

/// For one request, from the look-up of the name to the last byte of the answer.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Https {
    tls: Arc<Client>,
}

impl Https {
    pub(super) fn new(acme: &Acme) -> Self {
        Self { tls: trusting(acme.roots.clone()) }
    }
}

impl HttpClient for Https {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let tls = self.tls.clone();
        Box::pin(async move {
            let (host, scheme) = (request.uri().host().unwrap_or_default().to_owned(), request.uri().scheme_str());
            let failed = |error: &dyn std::fmt::Display| Error::Other(format!("no answer of {host}: {error}").into());
            if scheme != Some("https") {
                return Err(failed(&"not at https://"));
            }
            match timeout(PATIENCE, fetch(Some(&tls), request)).await {
                Ok(Ok(answer)) => {
                    let (parts, body) = answer.into_parts();
                    Ok(BytesResponse { parts, body: Box::new(body) })
                }
                Ok(Err(error)) => Err(failed(&error)),
                Err(elapsed) => Err(failed(&elapsed)),
            }
        })
    }
}
