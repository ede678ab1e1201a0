use super::*;
use crate::telemetry::metrics::Metrics;

#[tokio::test]
async fn connections_send_at_once_and_notice_within_40_seconds_that_their_peer_is_gone() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let host = || "127.0.0.1".to_owned();
    let function = Metrics::new().function("f");
    for (address, http2) in
        [(InstanceAddress::Http { host: host(), port }, false), (InstanceAddress::H2c { host: host(), port }, true)]
    {
        let instance = Instance::new(&address, None, &function);
        let Ok(Stream::Tcp(stream)) = open(&instance, Offer::Any, Duration::from_secs(5), &[]).await else {
            panic!("no connection")
        };
        assert!(stream.nodelay().expect("an option"));
        let socket = socket2::SockRef::from(&stream);
        assert!(socket.keepalive().expect("an option"));
        let probes =
            socket.tcp_keepalive_interval().expect("an option") * socket.tcp_keepalive_retries().expect("an option");
        let noticed = socket.tcp_keepalive_time().expect("an option") + probes;
        assert_eq!(noticed, Duration::from_secs(40));
        // To the kernel, a function of HTTP/1.1 that does not read for a while would be gone.
        assert_eq!(socket.tcp_user_timeout().expect("an option"), http2.then_some(noticed), "{address}");
    }
}
