//! Sockets: binding them and accepting from them.

pub mod accept;
pub mod gather;
pub mod socket;
