//! What the floors of the benchmarks have in common: two threads that listen at one address, as the workers of the proxies beside them do.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Socket, Type};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, LocalOptions};

/// Runs `serve` on two threads, each with a listener of its own and the address of the origin. Both addresses are the program's arguments.
///
/// # Errors
/// When the arguments are no addresses, or nobody can listen.
pub(crate) fn run<S: Future<Output = io::Result<()>> + 'static>(
    serve: fn(TcpListener, SocketAddr) -> S,
) -> io::Result<()> {
    let mut addresses = std::env::args().skip(1).map(|argument| argument.parse::<SocketAddr>());
    let (Some(Ok(listen)), Some(Ok(origin))) = (addresses.next(), addresses.next()) else {
        return Err(io::Error::other("usage: LISTEN ORIGIN, both as IP:PORT"));
    };
    let work = move || {
        let runtime = Builder::new_current_thread().enable_io().build_local(LocalOptions::default())?;
        runtime.block_on(async { serve(TcpListener::from_std(socket(listen)?.into())?, origin).await })
    };
    let other = std::thread::spawn(work);
    work()?;
    other.join().map_err(|_panic| io::Error::other("the other thread panicked"))?
}

fn socket(listen: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(listen), Type::STREAM, None)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&listen.into())?;
    socket.listen(1024)?;
    Ok(socket)
}
