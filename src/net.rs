//! Sockets: binding them and accepting from them.

pub mod accept;
pub mod certificate;
pub mod gather;
pub mod socket;
pub mod tls;
