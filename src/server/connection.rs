//! One client connection from the first byte to the last: which version of HTTP is spoken on it.

use std::rc::Rc;

use super::http1::Served;
use super::socket::Socket;
use super::{http1, http2};
use crate::proxy::Gateway;
use crate::proxy::client::Client;

/// Serves a client until its connection is over. Every way out of here closes the socket.
pub async fn serve(socket: Socket, client: Rc<Client>, gateway: Rc<Gateway>) {
    if let Served::Http2(socket, early) = http1::serve(socket, client.clone(), gateway.clone()).await {
        http2::serve(socket, early, client, gateway).await;
    }
}
