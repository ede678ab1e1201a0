//! What one client connection of HTTP/2 may take up: plain data.

/// `[gateway.http2]`: what one client connection may take up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Http2 {
    /// Requests at the same time.
    pub max_streams: u32,
    /// Bytes of a request body that may wait for its function.
    pub stream_window: u32,
    /// Bytes of all request bodies together.
    pub connection_window: u32,
    /// Requests that may be reset before they have been looked at.
    pub max_resets: usize,
    /// Frames without a body or a request that may come at once; half of them comes back in a second.
    pub control_frames: u32,
}

impl Http2 {
    pub const DEFAULT: Self = Self {
        max_streams: 100,
        stream_window: 128 * 1024,
        connection_window: 100 * 128 * 1024,
        max_resets: 200,
        control_frames: 2000,
    };
}
