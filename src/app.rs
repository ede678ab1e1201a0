//! The composition root: makes the parts, joins them, and ends them in order.

pub mod keeping;
mod plane;
pub mod preflight;

use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{sleep, timeout};

use self::keeping::Keeping;
use self::plane::Plane;
use crate::config::{Config, Diagnostic, Report};
#[cfg(feature = "acme")]
use crate::control::acme;
use crate::control::admin;
use crate::control::admin::access::LOCAL;
use crate::control::admin::session::{Grant, Role, Sessions};
use crate::control::admin::state::State;
use crate::control::admin::token::Token;
use crate::control::attempt::Bound;
use crate::control::board::Board;
use crate::control::expiry;
use crate::control::live::{self, Live};
use crate::control::load;
use crate::control::ready::Readiness;
use crate::control::reload::{Origin, Reloaded, Reloader};
use crate::control::tail::{self, Tail};
#[cfg(feature = "otel")]
use crate::control::traces;
use crate::control::{Command, Control, Outcome, StopSignal, signals};
use crate::drain::Phase;
use crate::net::admin::AdminSocket;
use crate::net::socket::{self, BindError, Sockets};
use crate::net::socket_file::SocketFile;
use crate::process;
use crate::server::worker::{self, Crew, Inbox, Limits, ListenSocket};
use crate::snapshot::{CompileError, Shared, Snapshot};
use crate::telemetry::access::sink::Outlets;
use crate::telemetry::access::writer::Writer;
use crate::telemetry::metrics::Metrics;
use crate::telemetry::tap::Taps;
use crate::telemetry::trace::Queue;

/// How often changes of instances are told of that came too fast.
const INSTANCE_LINES: Duration = Duration::from_secs(1);
/// Commands that may wait for the control loop.
const COMMANDS: usize = 16;
/// How long the access log may take to be written to its end, and the traces to be sent.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What to run.
#[derive(Debug)]
pub struct Options {
    pub config: Config,
    /// The files that the configuration came from; reload and watch need them.
    pub origin: Option<Origin>,
    /// Whether signals are taken. A process can do that once.
    pub signals: bool,
    /// Whether the files are removed when the process ends.
    pub temporary: bool,
}

/// Why the gateway did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error("cannot open the access log")]
    AccessLog(#[source] io::Error),
    #[error("cannot use the configuration")]
    Compile(#[from] CompileError),
    #[error("cannot start the threads, or take signals")]
    System(#[source] io::Error),
}

/// A running gateway.
#[derive(Debug)]
pub struct App {
    listeners: Vec<String>,
    admin: Option<SocketAddr>,
    sessions: Option<Arc<Sessions>>,
    tail: Tail,
    live: Live,
    commands: mpsc::Sender<Command>,
    control: JoinHandle<Outcome>,
    workers: Vec<JoinHandle<()>>,
    writer: Option<Writer>,
    /// Removed when everything has stopped.
    _files: Vec<SocketFile>,
}

impl App {
    /// Binds everything, compiles the table and starts the threads. When it returns, connections are accepted.
    ///
    /// # Errors
    /// [`StartError`]; nothing is left running then.
    pub fn start(options: Options) -> Result<Self, StartError> {
        let Options { config, origin, signals, temporary } = options;
        let report = origin.as_ref().map(|origin| origin.report.clone()).unwrap_or_default();
        let runtime = || Builder::new_current_thread().enable_all().build().map_err(StartError::System);
        let (loading, runtime) = (runtime()?, runtime()?);
        let (commands, command_receiver) = mpsc::channel(COMMANDS);
        // Before anything can be seen from outside: whoever sees a socket may send a signal.
        let signals = signals.then(|| take_signals(&runtime, commands.clone())).transpose()?;
        let open_files = process::raise_open_files();
        let workers =
            config.gateway.workers.or_else(|| std::thread::available_parallelism().ok()).map_or(1, usize::from);
        let bound = socket::bind(&config.listeners, workers)?;
        let near = Bound::all(&bound, &config.listeners);
        let admin_socket = config.admin.address.as_ref().map(AdminSocket::bind).transpose()?;
        let metrics = Metrics::new();
        let writer = Writer::start(&config.log, metrics.lost_access_lines.clone()).map_err(StartError::AccessLog)?;
        let limits = Limits {
            // Each may need a second file for its function.
            client_connections: config.gateway.max_connections.map_or((open_files / 2).max(16), usize::from),
            idle_connections: (open_files / 4 / workers).max(16),
        };
        let mut keeping = Keeping::open(&config, origin.as_ref(), &metrics);
        let plan = keeping.plan(config, origin.as_ref().map(|origin| &origin.inputs));
        let shared = Arc::new(Shared::new(Snapshot::make(plan, None, &metrics)?));
        #[cfg(feature = "acme")]
        acme::load(&shared.load());
        let (spans, exporter) = export_traces(&shared, &metrics);
        let taps: Arc<Taps> = Arc::default();
        let (tail, live) = listen_to_requests(&runtime, &taps, &shared, &metrics);
        let outlets = Outlets { writer: writer.clone(), spans, taps };
        let (crew, inboxes) = Crew::new(workers, shared.clone(), metrics.clone(), outlets, limits);
        let (phase, phases) = watch::channel(Phase::Running);
        let (ended_sender, ended) = mpsc::channel(workers);
        let (board, readiness, audit) = (Board::new(), Arc::new(Readiness::default()), keeping.audit.clone());
        let plane = Plane { shared, metrics, board, audit, readiness, commands, tail, live, bound: near, temporary };
        let watched = origin.is_some();
        let (loader, loads) = load::start(Reloader::new(origin, keeping.into_parts(&plane)), watched);
        let admin_address = admin_socket.as_ref().and_then(AdminSocket::address);
        let admin = admin_socket.map(|socket| {
            let state = plane.admin(&socket, loads.requests());
            (socket, state)
        });
        let sessions = admin.as_ref().map(|(_, state)| state.access.sessions().clone());
        let control = Control {
            crew: crew.clone(),
            readiness: plane.readiness.clone(),
            loads,
            audit: plane.audit.clone(),
            phase,
            commands: command_receiver,
            ended,
            workers,
        };
        let listeners = bound.iter().map(|(_, sockets)| sockets.display()).collect();
        let (shares, files) = share_out(bound, workers);
        let workers = start_workers(&crew, shares, inboxes, &phases, &ended_sender)?;
        // Never waited for: what it reads may hang.
        drop(thread("load", plane.load(loading, loader, report))?);
        let control = thread("control", move || run_control(&runtime, control, admin, signals, exporter))?;
        let Plane { commands, tail, live, .. } = plane;
        Ok(Self {
            listeners,
            admin: admin_address,
            sessions,
            tail,
            live,
            commands,
            control,
            workers,
            writer,
            _files: files,
        })
    }

    /// Where it listens, in the order of the configuration.
    #[must_use]
    pub fn listeners(&self) -> &[String] {
        &self.listeners
    }

    #[must_use]
    pub fn admin(&self) -> Option<SocketAddr> {
        self.admin
    }

    /// A code that lets a browser in at the console within this time, once, to do everything. None without an admin listener.
    ///
    /// # Errors
    /// When the system has no random bytes.
    #[must_use]
    pub fn make_code(&self, life: Duration) -> Option<io::Result<Token>> {
        let grant = Grant { name: LOCAL.to_owned(), role: Role::Write, token: None };
        self.sessions.as_ref().map(|sessions| sessions.make_code(grant, None, life).map(|(code, _)| code))
    }

    /// The request tail.
    #[must_use]
    pub fn tail(&self) -> &Tail {
        &self.tail
    }

    /// The live figures.
    #[must_use]
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// The way to the control loop.
    #[must_use]
    pub fn commands(&self) -> mpsc::Sender<Command> {
        self.commands.clone()
    }

    /// Loads the configuration again.
    ///
    /// # Errors
    /// Why it is not used.
    pub fn reload(&self) -> Reloaded {
        let (answer, outcome) = oneshot::channel();
        let stopped = || Arc::new(Report::of(Diagnostic::new("the gateway has stopped")));
        self.commands.blocking_send(Command::Reload(answer)).map_err(|_closed| stopped())?;
        outcome.blocking_recv().unwrap_or_else(|_closed| Err(stopped()))
    }

    /// Asks for a stop; [`Self::wait`] sees its end.
    pub fn stop(&self) {
        // A control loop that is gone has stopped already.
        let _ = self.commands.blocking_send(Command::Stop(StopSignal::Terminate));
    }

    /// Waits until the gateway has stopped and everything is written.
    #[must_use]
    pub fn wait(self) -> Outcome {
        let outcome = self.control.join().unwrap_or(Outcome::Failed);
        if outcome == Outcome::Drained {
            for worker in self.workers {
                // A worker that panicked was reported by itself.
                let _ = worker.join();
            }
        }
        if let Some(writer) = self.writer {
            writer.sync(LAST_WORDS);
        }
        outcome
    }
}

/// A worker's sockets, each with the index of its listener.
type Share = Vec<(usize, ListenSocket)>;

/// The sockets of all listeners, by worker, and the files that they are at.
fn share_out(bound: Vec<(usize, Sockets)>, workers: usize) -> (Vec<Share>, Vec<SocketFile>) {
    let mut shares: Vec<Share> = (0..workers).map(|_| Vec::new()).collect();
    let mut files = Vec::new();
    for (listener, sockets) in bound {
        let sockets: Vec<_> = match sockets {
            Sockets::Tcp { sockets, .. } => sockets.into_iter().map(ListenSocket::Tcp).collect(),
            Sockets::Unix { sockets, file, .. } => {
                files.extend(file);
                sockets.into_iter().map(ListenSocket::Unix).collect()
            }
        };
        shares.iter_mut().zip(sockets).for_each(|(share, socket)| share.push((listener, socket)));
    }
    (shares, files)
}

fn start_workers(
    crew: &Arc<Crew>,
    shares: Vec<Share>,
    inboxes: Vec<Inbox>,
    phases: &watch::Receiver<Phase>,
    ended: &mpsc::Sender<(usize, bool)>,
) -> Result<Vec<JoinHandle<()>>, StartError> {
    let start = |(index, (sockets, inbox)): (usize, (Share, Inbox))| {
        let (crew, phases, ended) = (crew.clone(), phases.clone(), ended.clone());
        thread(&format!("worker-{index}"), move || {
            let run = AssertUnwindSafe(|| worker::run(index, crew, sockets, inbox, phases));
            let in_order = match catch_unwind(run) {
                Ok(Ok(())) => true,
                Ok(Err(error)) => {
                    tracing::error!(worker = index, %error, "a worker could not start");
                    false
                }
                Err(_panic) => false,
            };
            // Without a control loop there is nobody left to tell.
            let _ = ended.blocking_send((index, in_order));
        })
    };
    shares.into_iter().zip(inboxes).enumerate().map(start).collect()
}

fn take_signals(
    runtime: &Runtime,
    commands: mpsc::Sender<Command>,
) -> Result<impl Future<Output = ()> + Send + 'static, StartError> {
    let _entered = runtime.enter();
    signals::listen(commands).map_err(StartError::System)
}

fn run_control(
    runtime: &Runtime,
    control: Control,
    admin: Option<(AdminSocket, State)>,
    signals: Option<impl Future<Output = ()> + Send + 'static>,
    exporter: Exporter,
) -> Outcome {
    runtime.block_on(async move {
        if let Some((socket, admin)) = admin {
            drop(tokio::spawn(admin::serve(socket, admin)));
        }
        drop(signals.map(tokio::spawn));
        tokio::spawn(expiry::watch(control.crew.shared.clone()));
        tokio::spawn(tell_of_instances(control.crew.metrics.clone()));
        #[cfg(feature = "acme")]
        tokio::spawn(acme::keep(control.crew.shared.clone()));
        let export = exporter.export.map(tokio::spawn);
        let outcome = control.run().await;
        // From here on nobody leaves anything for it.
        drop(exporter.running);
        if let Some(export) = export
            && timeout(LAST_WORDS, export).await.is_err()
        {
            tracing::error!("the traces could not be sent to their end");
        }
        outcome
    })
}

/// Once a second: the pause between two lines of one function.
async fn tell_of_instances(metrics: Arc<Metrics>) {
    loop {
        sleep(INSTANCE_LINES).await;
        metrics.tell_of_instances();
    }
}

/// The request tail and the live figures of the workers that get these taps; their tasks belong to the control loop.
fn listen_to_requests(
    runtime: &Runtime,
    taps: &Arc<Taps>,
    shared: &Arc<Shared>,
    metrics: &Arc<Metrics>,
) -> (Tail, Live) {
    let (tail, pass_on) = tail::start(taps.clone());
    let sources = live::Sources { taps: taps.clone(), metrics: metrics.clone(), shared: shared.clone() };
    let (live, tick) = live::start(sources);
    drop((runtime.spawn(pass_on), runtime.spawn(tick)));
    (tail, live)
}

/// The task that sends traces, and what keeps it going.
struct Exporter {
    running: watch::Sender<bool>,
    export: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

/// Where workers leave traced requests, and who sends them on. A build without traces has neither.
fn export_traces(shared: &Arc<Shared>, metrics: &Arc<Metrics>) -> (Option<Queue>, Exporter) {
    let (running, until) = watch::channel(true);
    #[cfg(feature = "otel")]
    {
        let (queue, export) = traces::start(shared.clone(), metrics.clone(), until);
        (Some(queue), Exporter { running, export: Some(Box::pin(export)) })
    }
    #[cfg(not(feature = "otel"))]
    {
        let _unused = (shared, metrics, until);
        (None, Exporter { running, export: None })
    }
}

fn thread<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, StartError> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(StartError::System)
}

#[cfg(test)]
mod tests;
