//! Accepting connections, whatever happens.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use prometheus::IntCounter;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::time::sleep;

use crate::process;
use crate::throttle::Throttle;

/// The pause after an error that another attempt would meet again at once, such as running out of descriptors.
const PAUSE: Duration = Duration::from_millis(50);

const REFUSED: &str = "cannot accept connections";

/// A listener of one worker.
#[derive(Debug)]
pub enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// A connection as it was accepted.
#[derive(Debug)]
pub enum Accepted {
    Tcp(TcpStream, SocketAddr),
    Unix(UnixStream),
}

/// Whether a connection has taken up a descriptor of the reserve. Until there are others again, none is accepted: it waits in the kernel.
static IS_SHORT: AtomicBool = AtomicBool::new(false);
static ERRORS: Throttle = Throttle::new();

/// The next connection. Errors are logged, counted and waited out; they never end a listener.
pub async fn accept(listener: &Listener, errors: &IntCounter) -> Accepted {
    loop {
        if IS_SHORT.load(Ordering::Relaxed) {
            if process::is_short_of_files() {
                errors.inc();
                process::report_shortage(REFUSED);
                sleep(PAUSE).await;
                continue;
            }
            IS_SHORT.store(false, Ordering::Relaxed);
        }
        let accepted = match listener {
            Listener::Tcp(listener) => listener.accept().await.map(|(stream, peer)| Accepted::Tcp(stream, peer)),
            Listener::Unix(listener) => listener.accept().await.map(|(stream, _)| Accepted::Unix(stream)),
        };
        match accepted {
            Ok(accepted) => {
                if accepted.is_of_reserve() {
                    IS_SHORT.store(true, Ordering::Relaxed);
                }
                return accepted;
            }
            Err(error) if is_of_the_peer(&error) => {}
            Err(error) => {
                errors.inc();
                if process::is_out_of_files(&error) {
                    process::report_shortage(REFUSED);
                } else if let Some(others) = ERRORS.permit() {
                    tracing::error!(%error, others, "{REFUSED}");
                }
                sleep(PAUSE).await;
            }
        }
    }
}

impl Accepted {
    fn is_of_reserve(&self) -> bool {
        match self {
            Self::Tcp(stream, _) => process::is_of_reserve(stream),
            Self::Unix(stream) => process::is_of_reserve(stream),
        }
    }
}

/// The connection was gone before it was accepted; the listener is well.
fn is_of_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
