use tokio::io::AsyncReadExt;

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
        let Ok(Kind::Tcp(stream)) = open(&instance, Offer::Any, Duration::from_secs(5), &[]).await else {
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

#[tokio::test]
async fn lines_stand_behind_the_request_line_however_little_is_written_at_once() {
    for room in [1, 2, 3, 5, 7, 16, 17, 18, 33, 1000] {
        let (near, mut far) = tokio::io::duplex(room);
        let mut stream = Stream(Wire::new(Kind::Echo(near), false));
        for count in 0..3 {
            let mut lines = Lines::default();
            lines.push("X-Count", count.to_string().as_bytes());
            stream.wire().insert(lines);
            let head = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n";
            let slices = [IoSlice::new(head), IoSlice::new(b"body")];
            let written = async {
                let count = stream.write_vectored(&slices).await.expect("written");
                let rest: Vec<u8> = [&head[..], b"body"].concat()[count..].to_vec();
                stream.write_all(&rest).await.expect("written");
            };
            let expected = format!("GET / HTTP/1.1\r\nX-Count: {count}\r\nHost: h\r\n\r\nbody");
            let mut received = vec![0; expected.len()];
            tokio::join!(written, async { far.read_exact(&mut received).await.expect("read") });
            assert_eq!(String::from_utf8_lossy(&received), expected, "{room}");
        }
    }
}
