//! The control plane: what the admin listener, the loader and the control loop share.

use std::sync::Arc;
use std::time::SystemTime;

use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use crate::config::{AdminAddress, Report};
use crate::control::Command;
use crate::control::admin::access::Access;
use crate::control::admin::session::{self, Sessions};
use crate::control::admin::state::{Parts, State};
use crate::control::admin::token::OwnToken;
use crate::control::attempt::Bound;
use crate::control::audit::Audit;
use crate::control::board::Board;
use crate::control::live::Live;
use crate::control::load::{Loader, Requests};
use crate::control::problem::Finding;
use crate::control::ready::Readiness;
use crate::control::reload::warn_of;
use crate::control::tail::Tail;
use crate::net::admin::AdminSocket;
use crate::process;
use crate::snapshot::Shared;
use crate::telemetry::metrics::Metrics;

#[derive(Debug)]
pub(super) struct Plane {
    pub(super) shared: Arc<Shared>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) board: Board,
    pub(super) audit: Audit,
    pub(super) readiness: Arc<Readiness>,
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) tail: Tail,
    pub(super) live: Live,
    pub(super) bound: Vec<Bound>,
    pub(super) temporary: bool,
}

impl Plane {
    /// What the admin listener shows and can ask for.
    pub(super) fn admin(&self, socket: &AdminSocket, requests: Requests) -> State {
        // Commands of this user take it; without one, they need a token of the configuration.
        let own = socket.address().and_then(|address| {
            let token = OwnToken::write(address.port());
            token.inspect_err(|error| tracing::info!(%error, "cannot write the local admin token; commands need a token from the configuration")).ok()
        });
        State::new(Parts {
            shared: self.shared.clone(),
            metrics: self.metrics.clone(),
            scraping: Arc::default(),
            readiness: self.readiness.clone(),
            commands: self.commands.clone(),
            requests,
            board: self.board.reader(),
            access: Access::new(own, Arc::new(Sessions::open(self.sessions_file(socket)))),
            audit: self.audit.clone(),
            tail: self.tail.clone(),
            live: self.live.clone(),
            bound: self.bound.clone(),
            streams: Arc::default(),
            started: SystemTime::now(),
            temporary: self.temporary,
        })
    }

    /// The name of the file of sessions: that of the own token, or one of the path of the socket.
    fn sessions_file(&self, socket: &AdminSocket) -> String {
        match (socket.address(), &self.shared.load().config.admin.address) {
            (None, Some(AdminAddress::Unix(path))) => session::file_at(path),
            (address, _) => session::file(address.map_or(0, |address| address.port())),
        }
    }

    /// The work of the thread that loads. `report` is what the first configuration was warned of.
    pub(super) fn load(&self, runtime: Runtime, loader: Loader, mut report: Report) -> impl FnOnce() + Send + 'static {
        let (first, metrics, board) = (self.shared.load(), self.metrics.clone(), self.board.clone());
        move || {
            process::give_way();
            // Long work for a large table, and no reason to wait.
            first.warnings().into_iter().for_each(|warning| report.push(warning));
            drop(first);
            metrics.show_warnings(report.warnings().len());
            warn_of(report.warnings());
            board.change(|known| known.warnings = report.warnings().iter().map(Finding::from).collect());
            runtime.block_on(loader.run());
        }
    }
}
