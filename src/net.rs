//! Sockets: binding them and accepting from them.

pub mod accept;
pub mod socket;
