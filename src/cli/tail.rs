//! `fngate tail`: requests as they end, a line each.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::process::ExitCode;

use clap::Args;

use super::admin::{NOBODY, Running};
use super::gateway::{Followed, Heard};
use super::list::with_query;
use super::outcome::{Failure, SYSTEM};
use crate::control::admin::streams::Lost;
use crate::telemetry::access::text::line_of;
use crate::telemetry::tail::RequestEvent;
use crate::telemetry::terminal::has_colours;
use crate::units::counted;

#[derive(Debug, Args)]
pub(super) struct Tail {
    /// Only requests to this function: name, namespace/name or namespace/name:version.
    #[arg(long)]
    function: Option<String>,
    /// Only requests to the APIs of this name.
    #[arg(long)]
    api: Option<String>,
    /// Only requests to this service.
    #[arg(long)]
    service: Option<String>,
    /// Only requests for this host.
    #[arg(long)]
    host: Option<String>,
    /// Only requests in this environment: release, prepub or test.
    #[arg(long)]
    environment: Option<String>,
    /// Only answers with this status, such as 404, or class, such as 5xx.
    #[arg(long)]
    status: Option<String>,
    /// Only requests with this method.
    #[arg(long)]
    method: Option<String>,
    /// Only requests that took longer than this, such as 250ms or 1s.
    #[arg(long, value_name = "DURATION")]
    slower_than: Option<String>,
    /// Stop after N requests.
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Print a JSON object for each request.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    running: Running,
}

impl Tail {
    fn url(&self) -> String {
        let url = with_query(
            "/v1/requests",
            &[
                ("function", self.function.as_ref()),
                ("api", self.api.as_ref()),
                ("service", self.service.as_ref()),
                ("host", self.host.as_ref()),
                ("environment", self.environment.as_ref()),
                ("status", self.status.as_ref()),
                ("method", self.method.as_ref()),
                ("slower_than", self.slower_than.as_ref()),
            ],
        );
        url.trim_end_matches(['?', '&']).to_owned()
    }
}

pub(super) fn tail(arguments: &Tail) -> Result<ExitCode, Failure> {
    let gateway = arguments.running.gateway(NOBODY)?;
    let colours = has_colours(&io::stdout());
    let (mut left, mut failed) = (arguments.count, None);
    let followed = gateway.follow(&arguments.url(), |heard| {
        let line = match heard {
            Heard::Open => return note(&format!("following the requests of {gateway}; Ctrl-C ends it")),
            Heard::Event { name: "lost", data } => {
                let Lost { lost } = serde_json::from_str(data).unwrap_or(Lost { lost: 0 });
                let lost = usize::try_from(lost).unwrap_or(usize::MAX);
                return note(&format!("{} dropped: the reader is too slow", counted(lost, "request")));
            }
            Heard::Event { name: "request", data } if arguments.json => format!("{data}\n"),
            Heard::Event { name: "request", data } => match serde_json::from_str::<RequestEvent>(data) {
                Ok(event) => format!("{}\n", line_of(&event, colours)),
                Err(error) => {
                    failed = Some(Failure::system(&error));
                    return ControlFlow::Break(());
                }
            },
            // Of a newer gateway.
            Heard::Event { .. } => return ControlFlow::Continue(()),
        };
        if let Err(error) = io::stdout().write_all(line.as_bytes()) {
            // A reader that has seen enough, as `head` has, is no error.
            failed = Some(error)
                .filter(|error| error.kind() != io::ErrorKind::BrokenPipe)
                .map(|error| Failure::system(&error));
            return ControlFlow::Break(());
        }
        left = left.map(|left| left - 1);
        if left == Some(0) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    match (failed, followed) {
        (Some(failure), _) => Err(failure),
        (None, Followed::Enough) => Ok(ExitCode::SUCCESS),
        (None, Followed::Ended) => {
            Err(Failure { code: SYSTEM, text: format!("the gateway at {gateway} ended the connection") })
        }
    }
}

/// Says something beside the requests.
fn note(text: &str) -> ControlFlow<()> {
    // There is nothing to do about a terminal that is gone.
    let _ = writeln!(io::stderr(), "fngate: {text}");
    ControlFlow::Continue(())
}
