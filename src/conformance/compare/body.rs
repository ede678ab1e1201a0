//! Bodies: what is in them, and how they are framed.

use super::found::{Found, shown};
use crate::conformance::grammar::{Chunk, Framing, Head, Message};

impl Found {
    pub(super) fn body(&mut self, sent: &Message, got: &Message) {
        if sent.content != got.content {
            let rule = if sent.content.starts_with(&got.content) { "body-cut" } else { "body-changed" };
            self.note(rule, format!("{} bytes arrived as {}", sent.content.len(), got.content.len()));
        }
        if let Some(rule) = reframed(&sent.head, &got.head) {
            self.note(rule, format!("{:?} arrived as {:?}", sent.head.framing, got.head.framing));
        }
        self.announced(&sent.head, &got.head);
        if sent.head.framing == Framing::Chunked && got.head.framing == Framing::Chunked {
            self.chunks(&sent.chunks, &got.chunks);
        }
        self.trailers(&sent.head, &sent.trailers, &got.trailers);
    }

    /// The fields that say how long a body is, where both sides have them.
    fn announced(&mut self, sent: &Head, got: &Head) {
        let value = |head: &Head, name: &str| head.values(name).next().map(<[u8]>::to_vec);
        for (name, rule) in [("content-length", "length-rewritten"), ("transfer-encoding", "coding-rewritten")] {
            if let (Some(was), Some(is)) = (value(sent, name), value(got, name))
                && was != is
            {
                self.note(rule, format!("{} arrived as {}", shown(&was), shown(&is)));
            }
            let spelling =
                |head: &Head| head.fields.iter().find(|field| field.is(name)).map(|field| field.name.clone());
            if let (Some(was), Some(is)) = (spelling(sent), spelling(got))
                && was != is
            {
                self.note("name-case-changed", format!("{} arrived as {}", shown(&was), shown(&is)));
            }
        }
        // What is only announced, as after HEAD.
        if sent.framing == Framing::Bodiless && got.framing == Framing::Bodiless {
            for name in ["content-length", "transfer-encoding"] {
                match (value(sent, name), value(got, name)) {
                    (Some(_), None) if sent.status() == 204 => self.note("length-of-204-dropped", name),
                    (Some(_), None) if name == "transfer-encoding" => self.note("announced-coding-dropped", name),
                    (Some(_), None) => self.note("announced-length-dropped", name),
                    (None, Some(_)) => self.note("announced-length-added", name),
                    _ => {}
                }
            }
        }
    }

    fn chunks(&mut self, sent: &[Chunk], got: &[Chunk]) {
        let lengths = |chunks: &[Chunk]| chunks.iter().map(|chunk| chunk.length).collect::<Vec<_>>();
        if let Some(chunk) = sent.iter().find(|chunk| !chunk.extension.is_empty())
            && got.iter().all(|chunk| chunk.extension.is_empty())
        {
            self.note("chunk-extension-dropped", shown(&chunk.extension));
        }
        if lengths(sent) != lengths(got) {
            self.note("chunks-recut", format!("{} chunks arrived as {}", sent.len(), got.len()));
        } else if let Some((was, is)) = sent.iter().zip(got).find(|(was, is)| was.digits != is.digits) {
            self.note("chunk-size-rewritten", format!("{} arrived as {}", shown(&was.digits), shown(&is.digits)));
        }
    }
}

fn reframed(sent: &Head, got: &Head) -> Option<&'static str> {
    Some(match (sent.framing, got.framing) {
        (Framing::UntilClose, Framing::Chunked) => "close-to-chunked",
        (Framing::UntilClose, Framing::Stream) => "close-to-stream",
        (Framing::Chunked, Framing::Stream) => "chunked-to-stream",
        (Framing::Length(_), Framing::Stream) => "length-to-stream",
        (Framing::Stream, Framing::Chunked) => "stream-to-chunked",
        (Framing::Stream, Framing::Length(_)) => "stream-to-length",
        (Framing::UntilClose, Framing::Length(_)) => "close-to-length",
        (Framing::Chunked, Framing::UntilClose) if got.minor() == 0 => "chunked-to-close",
        (Framing::Chunked, Framing::Length(_)) => "chunked-to-length",
        (Framing::Length(_), Framing::Chunked) => "length-to-chunked",
        (Framing::Length(_), Framing::UntilClose) => "length-to-close",
        (Framing::Length(0), Framing::Bodiless) => "empty-length-dropped",
        (Framing::Bodiless, Framing::Length(0)) => "empty-length-added",
        (Framing::Chunked, Framing::Bodiless) => "empty-chunked-dropped",
        (was, is) if std::mem::discriminant(&was) != std::mem::discriminant(&is) => "framing-changed",
        _ => return None,
    })
}
