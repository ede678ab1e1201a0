//! From a head to what becomes of its request: it is forwarded, or answered here.

use http::{Method, Version};
use uuid::Uuid;

use super::client::Client;
use super::downstream::Downstream;
use super::forward::{Forward, Outcome};
use super::incoming::Incoming;
use super::outbound::Outbound;
use super::reply::{Answered, answer};
use super::retry::is_repeatable;
use super::routing::{Dismissed, route};
use super::served::Served;
use super::upgrade::Tunnel;
use super::{Gateway, new_id, own};
use crate::header::Class;
use crate::message::expectation::expects_continue;
use crate::message::head::{RequestHead, values, values_of};
use crate::message::problem::{Problem, Reason};
use crate::message::reply::Reply;
use crate::message::{grpc, hop, request};
use crate::telemetry::access::seen::Seen;
use crate::telemetry::trace::Trace;
use crate::telemetry::trace::context::TRACEPARENT;

/// A request that has been looked at: nothing of its head is needed any more. It is large, and stays where it is made.
#[derive(Debug, Default)]
pub enum Begun {
    /// There is none.
    #[default]
    Nothing,
    /// Answered by the gateway itself.
    Answered(Answered),
    Forwarded(Forward),
}

/// Serves a request from its head to the end of its response, and leaves nothing of it.
pub async fn serve<D: Downstream>(downstream: &mut D, begun: &mut Begun) -> Served {
    let outcome = match begun {
        Begun::Nothing => Outcome::Over(Served::Whole),
        Begun::Answered(Answered { reply, is_head, record }) => {
            Outcome::Over(answer(downstream, reply, *is_head, record).await)
        }
        Begun::Forwarded(forward) => forward.serve(downstream).await,
    };
    match outcome {
        Outcome::Over(served) => {
            // It is counted and logged with this.
            *begun = Begun::Nothing;
            served
        }
        Outcome::Switched(switched, permit) => match std::mem::take(begun) {
            Begun::Forwarded(Forward { record, .. }) => {
                Served::Switched(Box::new(Tunnel::new(switched, record, permit)))
            }
            Begun::Nothing | Begun::Answered(_) => Served::Broken,
        },
    }
}

impl Gateway {
    /// Decides what becomes of a request, and makes the head for its function. Puts it into `begun`.
    pub fn begin(&self, client: &Client, incoming: Incoming<'_>, id: Uuid, begun: &mut Begun) {
        let view = self.view();
        let mut record = self.record(&view, client, id);
        let head = incoming.head;
        if let Some(traces) = &view.snapshot.config.traces {
            record.trace = Trace::begin(values_of(head.fields, TRACEPARENT.as_str()), id, traces.ratio);
        }
        let host = request::host(&head);
        record.request = seen(&head, host.as_ref().ok().copied());
        #[cfg(test)]
        assert!(!super::fault::is_wanted("request", head.fields), "a fault in the request");
        let (is_grpc, is_head) = (grpc::is_grpc(&head), *head.method == Method::HEAD);
        let timeout = grpc::timeout(&head);
        let expects_continue = expects_continue(&head);
        let takes_trailers = head.version == Version::HTTP_2 || hop::takes_trailers(head.fields);
        let routed = route(&view, client, &incoming, host, &mut record).and_then(|routed| {
            let outbound = Outbound::new(&view, client, &incoming, &routed, timeout, &mut record)?;
            Ok((routed.api, outbound))
        });
        let reply = match routed {
            Ok((api, request)) => {
                *begun = Begun::Forwarded(Forward {
                    timeout: timeout.map_or(api.api.timeout, |patience| patience.min(api.api.timeout)),
                    is_grpc,
                    is_repeatable: is_repeatable(head.method, incoming.framing.has_content()),
                    expects_continue: expects_continue && incoming.framing.has_content(),
                    takes_trailers,
                    opening: incoming.opening,
                    #[cfg(test)]
                    has_fault: super::fault::is_wanted("body", head.fields),
                    view,
                    api,
                    request,
                    record,
                });
                return;
            }
            Err(Dismissed::Refused(problem)) => own::refuse(&problem, is_grpc, &mut record),
            Err(Dismissed::Redirected(location)) => own::redirect(&location, &mut record),
            Err(Dismissed::Proved(text)) => own::prove(text, &mut record),
        };
        *begun = Begun::Answered(Answered { reply, is_head, record });
    }

    /// The answer to a request whose head cannot be read.
    #[must_use]
    pub fn unreadable(&self, client: &Client, problem: &Problem) -> Begun {
        let mut record = self.record(&self.view(), client, new_id());
        let mut reply = own::refuse(problem, false, &mut record);
        reply.ends_connection = true;
        Begun::Answered(Answered { reply, is_head: false, record })
    }

    /// The answer to a request that a bug put an end to. Its record has been written by then.
    #[must_use]
    pub fn panicked(id: Uuid) -> Reply {
        Problem::new(Reason::InternalError, "an error in the gateway").reply(id)
    }
}

fn seen(head: &RequestHead<'_>, host: Option<&[u8]>) -> Seen {
    let host = host.or_else(|| values(head.fields, Class::Host).next());
    let agent = values_of(head.fields, "user-agent").next();
    Seen::new(head.method, head.version, head.target.path(), host, agent)
}
