//! Sending the answers that no function has made.

use std::future::poll_fn;
use std::task::ready;

use super::downstream::{ClientGone, Downstream, Start};
use super::served::Served;
use crate::clock::http_date;
use crate::message::head::FieldSink;
use crate::message::reply::Reply;
use crate::message::response::Delivery;
use crate::telemetry::access::Record;

/// An answer of the gateway's own, and the request that it is for.
#[derive(Debug)]
pub struct Answered {
    pub reply: Reply,
    /// The body is announced and not sent.
    pub is_head: bool,
    pub record: Record,
}

/// Sends an answer of the gateway's own, and counts it.
pub(super) async fn answer<D: Downstream>(
    downstream: &mut D,
    reply: &Reply,
    is_head: bool,
    record: &mut Record,
) -> Served {
    // A client that leaves before it has read a refusal is none that was closed on.
    record.aborted = None;
    match send_reply(downstream, reply, is_head).await {
        Ok(bytes) => {
            record.bytes_out = bytes;
            Served::Whole
        }
        Err(ClientGone) => Served::ClientGone,
    }
}

/// Sends an answer of the gateway's own. Returns how many bytes its body has.
///
/// # Errors
/// [`ClientGone`]
pub async fn send_reply<D: Downstream>(downstream: &mut D, reply: &Reply, is_head: bool) -> Result<u64, ClientGone> {
    let Reply { status, fields, body, ends_connection } = reply;
    let delivery = if is_head || body.is_none() { Delivery::Withheld } else { Delivery::Length };
    let start = Start {
        status: status.as_u16(),
        reason: status.canonical_reason().unwrap_or_default().as_bytes(),
        delivery,
        length: Some(reply.len() as u64),
        is_own: true,
        ends_connection: *ends_connection,
    };
    let date = http_date(downstream.client().now());
    downstream.begin(start, |sink| {
        for (name, value) in fields.iter() {
            sink.field(str::from_utf8(name).unwrap_or_default(), value);
        }
        if body.is_some() {
            sink.field("Content-Length", reply.len().to_string().as_bytes());
        }
        sink.field("Date", &date);
    });
    let whole = if delivery == Delivery::Length { body.as_deref().unwrap_or_default() } else { &[] };
    let mut rest = whole;
    poll_fn(|cx| {
        while !rest.is_empty() {
            let count = ready!(downstream.poll_send(cx, rest))?;
            rest = &rest[count..];
        }
        downstream.finish(std::iter::empty());
        downstream.poll_flush(cx)
    })
    .await?;
    Ok(whole.len() as u64)
}
