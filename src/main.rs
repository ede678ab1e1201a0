//! The `fngate` program.

use std::process::ExitCode;

/// A request takes a good twenty allocations, two of them read buffers of 8 KiB, and gives them back on the same thread.
/// Measured against the system's allocator in one run: 16 % less time in user space.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    fngate::cli::main()
}
