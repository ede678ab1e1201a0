//! One worker: a thread with a runtime of its own, listeners of its own and connections that never leave it.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, spawn_local, unconstrained};
use tokio::time::{Instant, sleep, timeout};

use super::connection::{self, Arrival};
use super::socket::Socket;
use crate::drain::{Drain, Phase};
use crate::entrance::{Door, doors};
use crate::message::forwarded::Peer;
use crate::net::accept::{Accepted, Listener, accept};
use crate::proxy::Gateway;
use crate::snapshot::Shared;
use crate::telemetry::access::sink::{Outlets, Sink};
use crate::telemetry::metrics::Metrics;

/// Connections on their way from the worker that accepted them to the one that serves them.
const HANDOVERS: usize = 1024;
/// How many connections that the kernel holds are accepted when a stop begins. Whoever goes on connecting must not keep the worker.
const LAST_ACCEPTED: usize = 4096;
/// How many tasks may work before the worker looks who else has become ready. A call of the kernel for so many is not seen in any
/// measurement; three times as many, tokio's own number, keep a client waiting for milliseconds behind one that has much to do.
const EVENT_INTERVAL: u32 = 20;
/// How often idle connections to functions are looked through.
const SWEEP: Duration = Duration::from_secs(1);
/// What those who were given up at the end of a drain have to leave.
const FAREWELL: Duration = Duration::from_secs(2);

/// A listening socket before it belongs to a runtime.
#[derive(Debug)]
pub enum ListenSocket {
    Tcp(std::net::TcpListener),
    Unix(std::os::unix::net::UnixListener),
}

/// What all workers of a process share.
#[derive(Debug)]
pub struct Crew {
    pub shared: Arc<Shared>,
    pub metrics: Arc<Metrics>,
    pub outlets: Outlets,
    pub limits: Limits,
    /// Of the listeners, as they were at the start.
    doors: Vec<Door>,
    colleagues: Vec<Colleague>,
}

/// How many connections there may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of clients, in all workers together.
    pub client_connections: usize,
    /// To functions, without a request, in each worker.
    pub idle_connections: usize,
}

/// One worker as the others see it.
#[derive(Debug)]
struct Colleague {
    connections: AtomicUsize,
    heartbeat: AtomicU64,
    handover: mpsc::Sender<Handover>,
}

/// A connection on its way to another worker.
#[derive(Debug)]
struct Handover {
    stream: std::net::TcpStream,
    peer: std::net::SocketAddr,
    /// The index of the listener that accepted it.
    listener: usize,
}

/// What the other workers send to one.
#[derive(Debug)]
pub struct Inbox(mpsc::Receiver<Handover>);

impl Crew {
    /// A crew of `count` workers, with an inbox for each.
    #[must_use]
    pub fn new(
        count: usize,
        shared: Arc<Shared>,
        metrics: Arc<Metrics>,
        outlets: Outlets,
        limits: Limits,
    ) -> (Arc<Self>, Vec<Inbox>) {
        let (colleagues, inboxes) = (0..count)
            .map(|_| {
                let (handover, inbox) = mpsc::channel(HANDOVERS);
                (Colleague { connections: AtomicUsize::new(0), heartbeat: AtomicU64::new(0), handover }, Inbox(inbox))
            })
            .unzip();
        let doors = doors(&shared.load().config.listeners);
        (Arc::new(Self { shared, metrics, outlets, limits, doors, colleagues }), inboxes)
    }

    /// A number for each worker that grows as long as the worker makes progress.
    #[must_use]
    pub fn heartbeats(&self) -> Vec<u64> {
        self.colleagues.iter().map(|colleague| colleague.heartbeat.load(Ordering::Relaxed)).collect()
    }

    fn connections(&self) -> usize {
        self.colleagues.iter().map(|colleague| colleague.connections.load(Ordering::Relaxed)).sum()
    }

    /// Who should serve a connection that `index` accepted: itself, unless somebody has two fewer.
    fn lightest(&self, index: usize) -> &Colleague {
        let load = |colleague: &Colleague| colleague.connections.load(Ordering::Relaxed);
        let own = &self.colleagues[index];
        let lightest = self.colleagues.iter().min_by_key(|colleague| load(colleague)).unwrap_or(own);
        if load(lightest) + 1 < load(own) { lightest } else { own }
    }
}

/// Runs worker `index` until a stop is complete. Each socket comes with the index of its listener.
///
/// # Errors
/// When its runtime cannot be made or a socket cannot be registered.
pub fn run(
    index: usize,
    crew: Arc<Crew>,
    sockets: Vec<(usize, ListenSocket)>,
    inbox: Inbox,
    phase: watch::Receiver<Phase>,
) -> io::Result<()> {
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_all().event_interval(EVENT_INTERVAL).build_local(LocalOptions::default())?;
    runtime.block_on(async move {
        let sink = Sink::new(crew.outlets.clone());
        let gateway = Gateway::new(crew.shared.clone(), sink.clone(), index, crew.limits.idle_connections);
        let worker = Rc::new(Worker { index, crew, gateway, drain: Drain::default() });
        let register = |(index, socket)| register(socket).map(|listener| (index, listener));
        let listeners = sockets.into_iter().map(register).collect::<io::Result<Vec<_>>>()?;
        let tasks = [
            spawn_local(keep_house(worker.clone())),
            spawn_local({
                let sink = sink.clone();
                async move { sink.keep_flushing().await }
            }),
        ];
        let mut accepting: Vec<_> = listeners
            .into_iter()
            .map(|(index, listener)| spawn_local(listen(worker.clone(), index, listener, phase.clone())))
            .collect();
        accepting.push(spawn_local(receive(worker.clone(), inbox, phase.clone())));
        worker.stop(phase, accepting).await;
        tasks.iter().for_each(JoinHandle::abort);
        sink.flush();
        Ok(())
    })
}

fn register(socket: ListenSocket) -> io::Result<Listener> {
    Ok(match socket {
        ListenSocket::Tcp(socket) => Listener::Tcp(TcpListener::from_std(socket)?),
        ListenSocket::Unix(socket) => Listener::Unix(UnixListener::from_std(socket)?),
    })
}

#[derive(Debug)]
struct Worker {
    index: usize,
    crew: Arc<Crew>,
    gateway: Rc<Gateway>,
    drain: Drain,
}

/// A connection in the counts of its worker; leaves them when dropped.
struct Counted {
    crew: Arc<Crew>,
    index: usize,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.crew.colleagues[self.index].connections.fetch_sub(1, Ordering::Relaxed);
        self.crew.metrics.client_connections.dec();
    }
}

impl Worker {
    /// Serves a connection that a listener accepted here, or hands it to a colleague with less to do.
    fn dispatch(&self, accepted: Accepted, listener: usize) {
        match accepted {
            Accepted::Unix(stream) => self.start(Socket::Unix(stream), Peer::unix(), listener),
            Accepted::Tcp(stream, peer) => {
                let colleague = self.crew.lightest(self.index);
                if std::ptr::eq(colleague, &raw const self.crew.colleagues[self.index]) {
                    self.start_tcp(stream, peer, listener);
                } else if let Ok(stream) = stream.into_std() {
                    self.hand_over(colleague, Handover { stream, peer, listener });
                }
            }
        }
    }

    fn hand_over(&self, colleague: &Colleague, handover: Handover) {
        if let Err(error) = colleague.handover.try_send(handover) {
            self.adopt(error.into_inner());
        }
    }

    fn adopt(&self, handover: Handover) {
        let Handover { stream, peer, listener } = handover;
        match TcpStream::from_std(stream) {
            Ok(stream) => self.start_tcp(stream, peer, listener),
            Err(error) => tracing::error!(%error, "cannot register a connection"),
        }
    }

    fn start_tcp(&self, stream: TcpStream, peer: std::net::SocketAddr, listener: usize) {
        // Both fail only for a connection that is gone already.
        if let (Ok(local), Ok(())) = (stream.local_addr(), stream.set_nodelay(true)) {
            self.start(Socket::Tcp(stream), Peer::tcp(peer, local), listener);
        }
    }

    fn start(&self, socket: Socket, peer: Peer, listener: usize) {
        let refused = self.crew.connections() >= self.crew.limits.client_connections;
        // Those over the limit get an answer; far over the limit, not even that.
        if refused
            && self.crew.connections()
                >= self.crew.limits.client_connections + self.crew.limits.client_connections / 8 + 16
        {
            self.crew.metrics.accept_errors.inc();
            return;
        }
        self.crew.colleagues[self.index].connections.fetch_add(1, Ordering::Relaxed);
        self.crew.metrics.client_connections.inc();
        let counted = Counted { crew: self.crew.clone(), index: self.index };
        let (seat, gateway) = (self.drain.join(), self.gateway.clone());
        let entrance = gateway.view().snapshot.entrance(&self.crew.doors[listener]);
        let arrival = Box::new(Arrival { socket, peer, entrance, seat, refused, metrics: self.crew.metrics.clone() });
        spawn_local(async move {
            let _counted = counted;
            connection::serve(arrival, gateway).await;
        });
    }

    /// Waits for a stop and sees it through: accept nothing new, let requests finish, give up the rest.
    async fn stop(&self, mut phase: watch::Receiver<Phase>, accepting: Vec<JoinHandle<()>>) {
        // A sender that is gone leaves nobody who could stop the worker in order.
        let _ = phase.wait_for(|phase| *phase >= Phase::Draining).await;
        for task in accepting {
            if let Err(error) = task.await {
                tracing::error!(%error, "a listener failed");
            }
        }
        self.drain.advance(Phase::Draining);
        tokio::select! {
            () = self.drain.emptied() => return,
            _ = phase.wait_for(|phase| *phase == Phase::Expired) => {}
        }
        self.drain.advance(Phase::Expired);
        // Whoever does not leave now is cut off with the runtime.
        let _ = timeout(FAREWELL, self.drain.emptied()).await;
    }
}

/// Accepts until a stop begins, then what the kernel has already taken in.
async fn listen(worker: Rc<Worker>, index: usize, listener: Listener, mut phase: watch::Receiver<Phase>) {
    let errors = &worker.crew.metrics.accept_errors;
    loop {
        tokio::select! {
            biased;
            _ = phase.wait_for(|phase| *phase >= Phase::Draining) => break,
            accepted = accept(&listener, errors) => worker.dispatch(accepted, index),
        }
    }
    for _ in 0..LAST_ACCEPTED {
        // Without budget, accepting would be pending although connections wait.
        match unconstrained(timeout(Duration::ZERO, accept(&listener, errors))).await {
            Ok(accepted) => worker.dispatch(accepted, index),
            Err(_nobody) => break,
        }
    }
}

/// Serves what other workers hand over until a stop begins, and what is on its way then; the others keep what they accept from
/// then on, as this worker may be gone before it could look.
async fn receive(worker: Rc<Worker>, mut inbox: Inbox, mut phase: watch::Receiver<Phase>) {
    loop {
        let handover = tokio::select! {
            biased;
            _ = phase.wait_for(|phase| *phase >= Phase::Draining) => break,
            handover = inbox.0.recv() => handover,
        };
        // The senders are the crew's, which this worker holds.
        handover.into_iter().for_each(|handover| worker.adopt(handover));
    }
    inbox.0.close();
    while let Some(handover) = inbox.0.recv().await {
        worker.adopt(handover);
    }
}

/// Closes aged idle connections to functions, takes new tables over and shows that the worker is alive.
async fn keep_house(worker: Rc<Worker>) {
    let beats = Cell::new(0);
    loop {
        sleep(SWEEP).await;
        beats.set(beats.get() + 1);
        worker.crew.colleagues[worker.index].heartbeat.store(beats.get(), Ordering::Relaxed);
        worker.gateway.view().sweep(Instant::now());
    }
}
