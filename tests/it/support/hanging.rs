//! An address at which connecting neither succeeds nor fails.

use std::net::SocketAddr;

use socket2::{Domain, Socket, Type};

/// A listener with a full backlog: the kernel drops what would be one connection more.
#[derive(Debug)]
pub struct Hanging {
    pub address: SocketAddr,
    _held: Vec<Socket>,
}

impl Hanging {
    pub fn start() -> Self {
        Self::start_at(([127, 0, 0, 1], 0).into())
    }

    pub fn start_at(address: SocketAddr) -> Self {
        let socket = || Socket::new(Domain::for_address(address), Type::STREAM, None).expect("a socket");
        let listener = socket();
        listener.bind(&address.into()).expect("a port");
        listener.listen(0).expect("a listener");
        let address = listener.local_addr().expect("an address").as_socket().expect("an address");
        let fill = || {
            let client = socket();
            client.set_nonblocking(true).expect("an option");
            let _ = client.connect(&address.into());
            client
        };
        let mut held: Vec<_> = (0..4).map(|_| fill()).collect();
        held.push(listener);
        Self { address, _held: held }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}
