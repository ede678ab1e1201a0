//! ACME Renewal Information (RFC 9773), simulated: the server for tests has none. A server before pebble says when certificates are to be
//! renewed, and leaves all else to pebble. It shows what the gateway makes of such words, not that any real server says them like that.

use std::convert::Infallible;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderValue, LOCATION, RETRY_AFTER, TRANSFER_ENCODING};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer;

use super::pebble::{Pebble, State};

/// Where the advice is to be had. pebble has nothing there.
const ADVICE: &str = "/advice";
/// When the server wants to be asked again.
const AGAIN: HeaderValue = HeaderValue::from_static("21600");

/// A running server; stopped when dropped.
pub struct Adviser {
    front: Arc<Front>,
    state: Arc<State>,
    /// Runs as long as it is held.
    _runtime: Runtime,
}

impl Adviser {
    /// Its advice is to renew some days from now.
    pub fn start(pebble: &Pebble, days: Range<i64>) -> Self {
        let behind = pebble.state();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let front = Arc::new(Front {
            authority: behind.authority().to_owned(),
            connector: connector(&behind),
            days: Mutex::new(days),
            asked: Mutex::default(),
            replaced: Mutex::default(),
        });
        runtime.spawn(serve(listener, acceptor(&behind), front.clone()));
        let state = State { folder: behind.folder.clone(), directory: format!("https://{address}/dir") };
        Self { front, state: Arc::new(state), _runtime: runtime }
    }

    pub fn state(&self) -> Arc<State> {
        self.state.clone()
    }

    /// Advises another time, for all certificates.
    pub fn advise(&self, days: Range<i64>) {
        *self.front.days.lock().expect("a lock") = days;
    }

    /// The certificates that it was asked about.
    pub fn asked(&self) -> Vec<String> {
        self.front.asked.lock().expect("a lock").clone()
    }

    /// The certificates whose place new ones were ordered to take.
    pub fn replaced(&self) -> Vec<String> {
        self.front.replaced.lock().expect("a lock").clone()
    }
}

/// What a certificate is called in a question (RFC 9773 section 4.1).
pub fn identifier(certificate: &CertificateDer<'_>) -> String {
    let (_, certificate) = X509Certificate::from_der(certificate).expect("a certificate");
    let issuer = certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(authority) => authority.key_identifier.as_ref(),
        _ => None,
    });
    let parts = [issuer.expect("the issuer's key").0, certificate.raw_serial()];
    parts.map(|part| BASE64_URL_SAFE_NO_PAD.encode(part)).join(".")
}

/// What all connections share.
struct Front {
    /// pebble's.
    authority: String,
    connector: TlsConnector,
    days: Mutex<Range<i64>>,
    asked: Mutex<Vec<String>>,
    replaced: Mutex<Vec<String>>,
}

impl Front {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().to_owned();
        if let Some(identifier) = path.strip_prefix(ADVICE).and_then(|rest| rest.strip_prefix('/')) {
            assert_eq!(request.method(), Method::GET);
            self.asked.lock().expect("a lock").push(identifier.to_owned());
            return self.advice();
        }
        let host = request.headers()[HOST].to_str().expect("a name").to_owned();
        let (head, body) = request.into_parts();
        let body = body.collect().await.expect("a whole request").to_bytes();
        let replaces = replaces(&body);
        let (mut head, mut body) = self.pass(Request::from_parts(head, Full::new(body))).await.into_parts();
        if path == "/dir" {
            body = with(&body, "renewalInfo", json!(format!("https://{host}{ADVICE}")));
        }
        if let Some(replaces) = replaces.filter(|_| head.status == StatusCode::CREATED) {
            assert!(head.headers.contains_key(LOCATION), "it is an order");
            // A server has to say it again where it takes it (section 5). pebble takes no notice.
            body = with(&body, "replaces", json!(replaces));
            self.replaced.lock().expect("a lock").push(replaces);
        }
        head.headers.remove(CONTENT_LENGTH);
        head.headers.remove(TRANSFER_ENCODING);
        Response::from_parts(head, Full::new(body))
    }

    fn advice(&self) -> Response<Full<Bytes>> {
        let days = self.days.lock().expect("a lock").clone();
        let [start, end] = [days.start, days.end].map(|days| Timestamp::now() + SignedDuration::from_hours(24 * days));
        let window = json!({ "suggestedWindow": { "start": start.to_string(), "end": end.to_string() } });
        let mut response = Response::new(Full::new(window.to_string().into()));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.headers_mut().insert(RETRY_AFTER, AGAIN);
        response
    }

    /// Leaves a request to pebble. With the host as it was, so that all addresses in what pebble answers lead here.
    async fn pass(&self, request: Request<Full<Bytes>>) -> Response<Bytes> {
        let socket = TcpStream::connect(&self.authority).await.expect("pebble listens");
        let name = ServerName::try_from("localhost").expect("a name");
        let stream = self.connector.connect(name, socket).await.expect("a handshake");
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("a connection");
        // It ends with the sender.
        tokio::spawn(connection);
        let (head, body) = sender.send_request(request).await.expect("an answer").into_parts();
        Response::from_parts(head, body.collect().await.expect("a whole answer").to_bytes())
    }
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, front: Arc<Front>) {
    loop {
        let (socket, _) = listener.accept().await.expect("a connection");
        let (acceptor, front) = (acceptor.clone(), front.clone());
        tokio::spawn(async move {
            let stream = acceptor.accept(socket).await.expect("a handshake");
            let service = service_fn(move |request| {
                let front = front.clone();
                async move { Ok::<_, Infallible>(front.answer(request).await) }
            });
            // The end need not be in order.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// What an order says that it replaces, in a request that may be something else.
fn replaces(body: &[u8]) -> Option<String> {
    let signed: Value = serde_json::from_slice(body).ok()?;
    let payload = BASE64_URL_SAFE_NO_PAD.decode(signed["payload"].as_str()?).ok()?;
    let payload: Value = serde_json::from_slice(&payload).ok()?;
    payload["replaces"].as_str().map(str::to_owned)
}

/// An object with one value more.
fn with(object: &[u8], key: &str, value: Value) -> Bytes {
    let mut object: Value = serde_json::from_slice(object).expect("an object");
    object[key] = value;
    object.to_string().into()
}

fn file(state: &State, name: &str) -> PathBuf {
    state.folder.path().join(name)
}

/// With the certificate of pebble, which is for all servers at this address.
fn acceptor(state: &State) -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_file(file(state, "pebble.pem")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(file(state, "pebble.key")).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let config = builder.with_no_client_auth().with_single_cert(vec![certificate], key).expect("a pair");
    Arc::new(config).into()
}

fn connector(state: &State) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(file(state, "ca.pem")).expect("a root")).expect("a root");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth()).into()
}
