//! Sockets: binding them and accepting from them.

pub mod accept;
pub mod gather;
mod inherited;
pub mod socket;
pub mod socket_file;
