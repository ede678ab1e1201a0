//! Durations and sizes as they are written in configuration files: `"250ms"`, `"64KiB"`.
