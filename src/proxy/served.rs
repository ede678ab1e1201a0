//! What came of a request.

use super::upgrade::Tunnel;

/// What became of a request.
#[derive(Debug)]
pub enum Served {
    /// The client has the whole response.
    Whole,
    /// The response broke off, and so does the connection or the stream.
    Broken,
    /// The client left.
    ClientGone,
    /// The function has switched protocols, and the client knows.
    Switched(Box<Tunnel>),
}
