//! A gateway in trouble: functions that are slow, gone, or half gone, a certificate that is about to expire, an access log that cannot be written, and
//! clients that go on asking.

use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use super::certificates::{Authority, write};
use super::support::client::call;
use super::support::eventually;
use super::support::gateway::{BASE, Folder, Gateway};
use super::support::port::free_port;
use super::support::process::Process;
use super::support::project::project;

/// How many connections of clients the gateway takes.
pub const CONNECTIONS: usize = 16;
const NAME: &str = "shop.example.com";
const VALIDITY: Duration = Duration::from_secs(2 * 86400);
/// Between two requests of a client.
const PAUSE: Duration = Duration::from_millis(20);
/// The clients of the function with one slot: one is served, two wait, and one is turned away.
const CROWD: usize = 4;

#[derive(Debug)]
pub struct Stand {
    // The order in which they end.
    _clients: Clients,
    pub gateway: Gateway,
    _function: Process,
    folder: Folder,
    /// Where nobody listens.
    pub gone: String,
}

/// Ends the clients when dropped.
#[derive(Debug)]
struct Clients {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Stand {
    pub fn start() -> Self {
        let folder = Folder::new("");
        let (port, gone) = (free_port(), format!("http://127.0.0.1:{}", free_port()));
        let mut command = Command::new("python3");
        command.arg(project("tests/deploy/function.py")).arg(port.to_string()).stdin(Stdio::null());
        let function = Process::start(&mut command, folder.path());
        eventually("the function listens", || TcpStream::connect(("127.0.0.1", port)).ok());
        certify(&folder);
        folder.write(&configuration(&format!("http://127.0.0.1:{port}"), &gone));
        let gateway = Gateway::start(&folder);
        let clients = Clients::start(gateway.address);
        Self { _clients: clients, gateway, _function: function, folder, gone }
    }

    /// Saves a configuration with an error.
    pub fn break_configuration(&self) {
        self.folder.write("[gateway]\ndrain_timeout = 5\n");
    }
}

impl Clients {
    fn start(address: SocketAddr) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let targets = [&["/slow"; CROWD][..], &["/gone", "/half"]].concat();
        let start = |target: &'static str| {
            let stop = stop.clone();
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    // Any answer will do, and so will none.
                    let _ = call(address, &format!("GET {target}"), "shop.test");
                    std::thread::park_timeout(PAUSE);
                }
            })
        };
        Self { threads: targets.into_iter().map(start).collect(), stop }
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Leaves a certificate in the folder that is good for two days.
fn certify(folder: &Folder) {
    let issued = Authority::new().issue_until("shop", &[NAME], SystemTime::now() + VALIDITY);
    write(folder.path(), "shop.pem", &issued.certificate);
    write(folder.path(), "shop.key", &issued.key);
}

fn configuration(function: &str, gone: &str) -> String {
    // Writing to this file fails as on a full disk.
    let base = BASE.replace("access = \"off\"", "access = \"/dev/full\"");
    format!(
        r#"{base}
[gateway]
workers = 2
max_connections = {CONNECTIONS}

[[listener]]
address = "127.0.0.1:0"
[listener.tls]
certificates = [{{ certificate = "shop.pem", key = "shop.key" }}]

[[function]]
name = "slow"
instances = ["{function}"]
max_concurrency = 1
queue = 2
queue_timeout = "5s"

[[function]]
name = "gone"
instances = ["{gone}"]

[[function]]
name = "half"
instances = ["{function}", "{gone}"]

[[service]]
name = "shop"
hosts = ["*"]

[[service.api]]
path = "/slow"
function = "slow"

[[service.api]]
path = "/gone"
function = "gone"

[[service.api]]
path = "/half"
function = "half"
"#
    )
}
