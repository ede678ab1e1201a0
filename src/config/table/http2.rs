//! `[gateway.http2]`: what a client that speaks HTTP/2 may have and send on one connection.

use crate::config::section::Section;

/// RFC 9113: what a window is before anybody says anything, and what it can be.
const SMALLEST_WINDOW: u64 = 65_535;
const LARGEST_WINDOW: u64 = (1 << 31) - 1;

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

pub(in crate::config) fn read(section: &Section<'_>) -> Http2 {
    let default = Http2::DEFAULT;
    let window = |key, default: u32| {
        let bytes = section.size(key, default.into(), SMALLEST_WINDOW..=LARGEST_WINDOW);
        u32::try_from(bytes).unwrap_or(default)
    };
    let max_streams = section.number("max_streams", default.max_streams, 1..=10_000);
    let stream_window = window("stream_window", default.stream_window);
    // Uploads whose functions do not read must not keep the others of their connection waiting.
    let all = u64::from(max_streams) * u64::from(stream_window);
    let all = u32::try_from(all.min(LARGEST_WINDOW)).unwrap_or(stream_window);
    Http2 {
        max_streams,
        stream_window,
        connection_window: window("connection_window", all),
        max_resets: section.number("max_resets", default.max_resets, 1..=100_000),
        control_frames: section.number("control_frames", default.control_frames, 100..=1_000_000),
    }
}
