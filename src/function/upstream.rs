//! What one exchange with an instance goes over: a connection in HTTP/1.1 of its own, or a stream on a shared one in HTTP/2.
