//! The HTTP/1 codec (RFC 9112): heads and bodies between bytes and meaning.
//!
//! No sockets, tasks or timers, and no policy: the codec decides where a message ends, and refuses what two recipients could read
//! differently. Which fields pass, and what a refusal is answered with, is decided above it. Nothing is allocated in the steady state.

pub mod body;
pub mod buffer;
pub mod framing;
pub mod head;
pub mod target;
pub mod write;

pub use self::body::{BodyError, BodyReader, Piece, trailer_fields};
pub use self::buffer::Buffer;
pub use self::framing::{Framing, FramingError, RequestFraming};
pub use self::head::{HeadError, HeadLimits, Progress, RequestHead, ResponseHead, Slot, Version, with_slots};
pub use self::target::Target;
pub use self::write::{HeadWriter, MessageWriter, Pieces};

#[cfg(test)]
mod tests;
