//! What one exchange goes over: a connection of its own, or a turn on one that is shared.

use super::link::{Link, Switched};
use super::session::Turn;

#[derive(Debug)]
pub enum Channel {
    Link(Box<Link>),
    /// Boxed, so that it takes no room in exchanges that have a link.
    Turn(Box<Turn>),
}

impl Channel {
    /// Takes the stream back after a 101, which is nothing that HTTP/2 has.
    #[must_use]
    pub fn into_switched(self) -> Option<Switched> {
        match self {
            Self::Link(link) => link.into_switched(),
            Self::Turn(_) => None,
        }
    }
}
