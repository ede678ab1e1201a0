//! The gateway between raw sockets, judged byte by byte by the oracle of `fngate conformance`.

mod answers;
mod fidelity;
mod figures;
mod hostile;
mod reserved;
mod stand;
