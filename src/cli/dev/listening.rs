//! Where processes listen, as the kernel tells it in `/proc`. Nothing is connected to: a server would take that for a client.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use rustix::process::Pid;

/// A socket that listens on TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Listener {
    address: SocketAddr,
    inode: u64,
}

/// Whether connections to this address are accepted, by whomever. Without `/proc` nobody can tell, and nothing is wrong.
pub(super) fn is_served(address: SocketAddr) -> bool {
    let listeners = listeners();
    listeners.is_none()
        || listeners.into_iter().flatten().any(|listener| {
            let bound = listener.address;
            bound.port() == address.port() && (bound.ip() == address.ip() || bound.ip().is_unspecified())
        })
}

/// The addresses at which processes of a group listen, as one connects to them from this machine.
pub(super) fn of_group(group: Pid) -> Vec<SocketAddr> {
    let sockets: HashSet<u64> = members(group).into_iter().flat_map(sockets).collect();
    let own = listeners().into_iter().flatten().filter(|listener| sockets.contains(&listener.inode));
    let mut addresses: Vec<_> = own.map(|listener| reachable(listener.address)).collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

fn reachable(bound: SocketAddr) -> SocketAddr {
    let ip = match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip.to_canonical(),
    };
    SocketAddr::new(ip, bound.port())
}

fn listeners() -> Option<Vec<Listener>> {
    let ipv4 = std::fs::read_to_string("/proc/net/tcp").ok()?;
    // There may be no IPv6.
    let ipv6 = std::fs::read_to_string("/proc/net/tcp6").unwrap_or_default();
    Some([ipv4, ipv6].iter().flat_map(|table| table.lines()).filter_map(parse_listener).collect())
}

/// Reads a line of `/proc/net/tcp`: number, local and remote address, state, and the inode in the tenth column.
fn parse_listener(line: &str) -> Option<Listener> {
    const LISTEN: &str = "0A";
    let mut columns = line.split_ascii_whitespace();
    let local = columns.nth(1)?;
    let state = columns.nth(1)?;
    let inode = columns.nth(5)?.parse().ok()?;
    let (ip, port) = local.split_once(':')?;
    let address = SocketAddr::new(parse_ip(ip)?, u16::from_str_radix(port, 16).ok()?);
    (state == LISTEN).then_some(Listener { address, inode })
}

/// The kernel prints addresses in words of four bytes, each in the byte order of the machine.
fn parse_ip(text: &str) -> Option<IpAddr> {
    let word = |digits: &str| u32::from_str_radix(digits, 16).map(u32::to_ne_bytes).ok();
    match text.len() {
        8 => Some(Ipv4Addr::from(word(text)?).into()),
        32 => {
            let mut bytes = [0; 16];
            for (place, at) in bytes.chunks_exact_mut(4).zip((0..32).step_by(8)) {
                place.copy_from_slice(&word(text.get(at..at + 8)?)?);
            }
            Some(Ipv6Addr::from(bytes).into())
        }
        _ => None,
    }
}

/// The processes of a group. One that ends meanwhile is left out.
fn members(group: Pid) -> Vec<u32> {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let numbers = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|number| group_of(*number) == Some(group)).collect()
}

fn group_of(process: u32) -> Option<Pid> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in brackets may have spaces and brackets in it. Behind it: state, parent, group.
    let (_, columns) = stat.rsplit_once(')')?;
    columns.split_ascii_whitespace().nth(2)?.parse().ok().and_then(Pid::from_raw)
}

/// The inodes of a process's sockets.
fn sockets(process: u32) -> Vec<u64> {
    let Ok(files) = std::fs::read_dir(format!("/proc/{process}/fd")) else { return Vec::new() };
    let links = files.flatten().filter_map(|file| std::fs::read_link(file.path()).ok());
    links.filter_map(|link| inode(&link)).collect()
}

fn inode(link: &Path) -> Option<u64> {
    link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use rustix::process::getpgrp;

    use super::*;

    #[test]
    fn lines_of_the_kernel_are_read() {
        let listener = |address: &str, inode| Some(Listener { address: address.parse().expect("an address"), inode });
        let rest = "00000000:00000000 00:00000000 00000000  1000        0 345 1 0000000000000000 100 0 0 10 0";
        for (local, state, expected) in [
            ("0100007F:1F90", "0A", listener("127.0.0.1:8080", 345)),
            ("00000000:0050", "0A", listener("0.0.0.0:80", 345)),
            ("00000000000000000000000000000000:0050", "0A", listener("[::]:80", 345)),
            ("00000000000000000000000001000000:0050", "0A", listener("[::1]:80", 345)),
            ("0100007F:1F90", "01", None),
            ("0100007F", "0A", None),
            ("0100007F:1F90F", "0A", None),
            ("01:1F90", "0A", None),
        ] {
            // As it is printed on a machine whose words begin with their lowest byte.
            if cfg!(target_endian = "little") {
                let line = format!("   0: {local} 00000000:0000 {state} {rest}");
                assert_eq!(parse_listener(&line), expected, "{line}");
            }
        }
        let head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
        assert_eq!(parse_listener(head), None);
        assert_eq!(parse_listener(""), None);
    }

    #[test]
    fn sockets_of_this_process_are_found_in_its_group() {
        for (bound, reached) in [("127.0.0.1:0", "127.0.0.1"), ("0.0.0.0:0", "127.0.0.1"), ("[::1]:0", "::1")] {
            // A machine may be without IPv6.
            let Ok(socket) = TcpListener::bind(bound) else { continue };
            let port = socket.local_addr().expect("an address").port();
            let address = SocketAddr::new(reached.parse().expect("an address"), port);
            assert!(is_served(address), "{bound}");
            assert!(of_group(getpgrp()).contains(&address), "{bound}");
            drop(socket);
            assert!(!of_group(getpgrp()).contains(&address), "{bound}");
        }
    }
}
