//! Bytes that many cases are made of.

/// A request without a body.
pub(super) fn plain(method: &str, target: &str) -> Vec<u8> {
    format!("{method} {target} HTTP/1.1\r\nHost: example.com\r\n\r\n").into_bytes()
}

/// A head with these field lines behind `first`.
pub(super) fn head(first: &str, lines: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("{first}\r\n").into_bytes();
    for line in lines {
        bytes.extend_from_slice(line);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// Bytes that no buffer size is a period of.
pub(super) fn pattern(length: usize) -> Vec<u8> {
    (0..=250).cycle().take(length).collect()
}

/// A chunked body with chunks of `size` bytes.
pub(super) fn chunked(content: &[u8], size: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for chunk in content.chunks(size) {
        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}
