//! Sockets: binding them, accepting from them, and what stands in front of their streams.

pub mod accept;
pub mod admin;
pub mod gather;
mod inherited;
pub mod issued;
pub mod own_tls;
pub mod proxy_protocol;
mod resumption;
pub mod socket;
pub mod socket_file;
pub mod tls;
