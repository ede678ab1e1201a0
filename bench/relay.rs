//! The floor of the benchmarks: passes bytes between a client and the origin and looks at none of them.
//!
//! `relay LISTEN ORIGIN`. Two threads with an epoll each, as the proxies beside it, and a connection to the origin for each client. A request
//! is four system calls, two reads and two writes, as in any proxy that does its work well; whatever one costs beyond this is its own.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Socket, Type};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, LocalOptions};
use tokio::task::spawn_local;

fn main() -> io::Result<()> {
    let mut addresses = std::env::args().skip(1).map(|argument| argument.parse::<SocketAddr>());
    let (Some(Ok(listen)), Some(Ok(origin))) = (addresses.next(), addresses.next()) else {
        return Err(io::Error::other("usage: relay LISTEN ORIGIN, both as IP:PORT"));
    };
    let other = std::thread::spawn(move || serve(listen, origin));
    serve(listen, origin)?;
    other.join().map_err(|_panic| io::Error::other("the other thread panicked"))?
}

fn serve(listen: SocketAddr, origin: SocketAddr) -> io::Result<()> {
    let socket = Socket::new(Domain::for_address(listen), Type::STREAM, None)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&listen.into())?;
    socket.listen(1024)?;
    let runtime = Builder::new_current_thread().enable_io().build_local(LocalOptions::default())?;
    runtime.block_on(async move {
        let listener = TcpListener::from_std(socket.into())?;
        loop {
            let (client, _) = listener.accept().await?;
            // A connection that is lost is the load's business.
            spawn_local(async move { relay(client, origin).await.unwrap_or_default() });
        }
    })
}

/// One request at a time, each of one piece, and so its answer.
async fn relay(mut client: TcpStream, origin: SocketAddr) -> io::Result<()> {
    let mut origin = TcpStream::connect(origin).await?;
    client.set_nodelay(true)?;
    origin.set_nodelay(true)?;
    let mut buffer = vec![0; 16 * 1024];
    loop {
        for (from, to) in [(0, 1), (1, 0)] {
            let ends = [&mut client, &mut origin];
            let count = ends[from].read(&mut buffer).await?;
            if count == 0 {
                return Ok(());
            }
            ends[to].write_all(&buffer[..count]).await?;
        }
    }
}
