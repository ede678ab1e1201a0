//! Durations and sizes as they are written in configuration files: `"250ms"`, `"64KiB"`.
pub fn format_duration(d: std::time::Duration) -> String {
    format!("{d:?}")
}
