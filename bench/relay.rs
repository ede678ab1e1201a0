//! The floor of the benchmarks: passes bytes between a client and the origin and looks at none of them.
//!
//! `relay LISTEN ORIGIN`. Two threads with an epoll each, as the proxies beside it, and a connection to the origin for each client. A request
//! is four system calls, two reads and two writes, as in any proxy that does its work well; whatever one costs beyond this is its own.

mod floor;

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::spawn_local;

fn main() -> io::Result<()> {
    floor::run(serve)
}

async fn serve(listener: TcpListener, origin: SocketAddr) -> io::Result<()> {
    loop {
        let (client, _) = listener.accept().await?;
        // A connection that is lost is the load's business.
        spawn_local(async move { relay(client, origin).await.unwrap_or_default() });
    }
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
