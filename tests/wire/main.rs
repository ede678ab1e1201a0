//! The gateway between raw sockets, judged byte by byte by the oracle of `fngate conformance`.

mod fidelity;
