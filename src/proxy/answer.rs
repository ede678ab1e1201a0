//! The response of a function on its way to becoming the client's.

use std::rc::Rc;

use http::Response;
use http_body_util::Full;

use super::client::Client;
use super::exchange::{Exchange, GatewayResponse, Held};
use super::upgrade::Tunnel;
use super::view::View;
use crate::function::link::Switched;
use crate::function::reply::Reply;
use crate::message::body::response::ResponseBody;
use crate::telemetry::access::Record;

/// The response of a function, ready for the client.
#[derive(Debug)]
pub struct Answer {
    pub(super) head: http::response::Parts,
    pub(super) content: Content,
    pub(super) held: Held,
}

#[derive(Debug)]
pub(super) enum Content {
    Body { reply: Reply, withheld: bool },
    Tunnel(Switched),
}

impl Answer {
    /// The response for hyper. The record goes with the body, or with the tunnel.
    #[must_use]
    pub fn into_response(self, view: &View, client: Rc<Client>, record: Box<Record>) -> GatewayResponse {
        let body = match self.content {
            Content::Body { reply, withheld } => {
                let mut exchange = Exchange::new(reply, record, client, view.rules.clone(), self.held);
                if withheld {
                    exchange.withhold();
                    ResponseBody::Withheld(exchange)
                } else {
                    ResponseBody::Stream(exchange)
                }
            }
            Content::Tunnel(switched) => {
                client.leave_tunnel(Tunnel::new(switched, record, self.held.permit));
                ResponseBody::Own(Full::default())
            }
        };
        Response::from_parts(self.head, body)
    }
}
