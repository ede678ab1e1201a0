//! Socket files: bound with no rights at first, so that nobody connects whom the configuration keeps out, and removed at the
//! end.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Gid, Mode, OFlags, Uid, chownat, fchmod, fstat, lstat, open};
use socket2::{Domain, SockAddr, Socket, Type};

use crate::config::SocketRights;

/// A socket file that was made here; removed when dropped, unless another has taken its place.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    /// The file itself, whatever somebody puts in its place. As long as it is held, no other has its inode.
    handle: OwnedFd,
}

impl SocketFile {
    fn is_in_place(&self) -> io::Result<bool> {
        let (own, found) = (fstat(&self.handle)?, lstat(&self.path)?);
        Ok((own.st_dev, own.st_ino) == (found.st_dev, found.st_ino))
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let removed = self.is_in_place().and_then(|same| if same { fs::remove_file(&self.path) } else { Ok(()) });
        if let Err(error) = removed {
            tracing::debug!(%error, path = %self.path.display(), "the socket file cannot be removed");
        }
    }
}

/// Binds a listening socket at `path` with these rights.
pub(super) fn bind(path: &Path, rights: SocketRights, backlog: i32) -> io::Result<(UnixListener, SocketFile)> {
    remove_stale(path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    let file = if rights == SocketRights::default() { place(&socket, path)? } else { guarded(&socket, path, rights)? };
    socket.listen(backlog)?;
    Ok((socket.into(), file))
}

/// Makes the file as the umask says.
fn place(socket: &Socket, path: &Path) -> io::Result<SocketFile> {
    socket.bind(&SockAddr::unix(path)?)?;
    let handle = open(path, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    if FileType::from_raw_mode(fstat(&handle)?.st_mode) != FileType::Socket {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "another file has taken the place of the socket"));
    }
    Ok(SocketFile { path: path.to_owned(), handle })
}

/// Makes the file for nobody, and opens it to those whom it is for.
fn guarded(socket: &Socket, path: &Path, rights: SocketRights) -> io::Result<SocketFile> {
    let file = closed(socket, path)?;
    let (owner, group) = (rights.owner.map(Uid::from_raw), rights.group.map(Gid::from_raw));
    if owner.is_some() || group.is_some() {
        chownat(&file.handle, "", owner, group, AtFlags::EMPTY_PATH)
            .map_err(|error| explained(error, "cannot give the socket file to its owner and group"))?;
    }
    // Without `mode`, what its owner needs.
    let mode = Mode::from_raw_mode(rights.mode.unwrap_or(0o600));
    // A handle that is only a place takes no mode itself.
    rustix::fs::chmod(format!("/proc/self/fd/{}", file.handle.as_raw_fd()), mode)
        .map_err(|error| explained(error, "cannot set the mode of the socket file"))?;
    Ok(file)
}

/// Makes the file with no rights at all. The umask is not touched, which would hold for all threads: Linux gives a socket file
/// the mode that its socket has.
fn closed(socket: &Socket, path: &Path) -> io::Result<SocketFile> {
    fchmod(socket, Mode::empty())?;
    place(socket, path)
}

fn explained(error: rustix::io::Errno, what: &str) -> io::Error {
    let error = io::Error::from(error);
    io::Error::new(error.kind(), format!("{what}: {error}"))
}

/// Removes a socket file that nobody listens on any more; a living one or another kind of file is left for `bind` to refuse.
fn remove_stale(path: &Path) -> io::Result<()> {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket());
    let refused = |error: &io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    if is_socket && UnixStream::connect(path).as_ref().is_err_and(refused) {
        fs::remove_file(path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    const ANY: SocketRights = SocketRights { mode: None, owner: None, group: None };

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).expect("a file").mode() & 0o7777
    }

    #[test]
    fn a_stale_socket_file_is_replaced_and_a_living_one_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("fngate.sock");
        drop(UnixListener::bind(&path).expect("binds"));
        assert!(path.exists());
        let living = bind(&path, ANY, 16).expect("the stale file is replaced");
        assert!(bind(&path, ANY, 16).is_err());
        assert!(UnixStream::connect(&path).is_ok());
        drop(living);
    }

    #[test]
    fn a_socket_file_is_removed_at_the_end_unless_it_is_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("fngate.sock");
        drop(bind(&path, ANY, 16).expect("binds"));
        assert!(!path.exists());
        let (socket, file) = bind(&path, ANY, 16).expect("binds");
        drop(socket);
        let successor = bind(&path, ANY, 16).expect("a stale file is replaced, though its maker lives");
        drop(file);
        assert!(UnixStream::connect(&path).is_ok());
        drop(successor);
        fs::write(&path, "text").expect("a file");
        assert!(bind(&path, ANY, 16).is_err());
        assert!(path.exists());
    }

    #[test]
    fn a_socket_file_has_its_rights_from_the_first_moment() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("fngate.sock");
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
        let file = closed(&socket, &path).expect("binds");
        assert_eq!(mode(&path), 0);
        drop(file);
        for wanted in [0o600, 0o660, 0o666, 0o777, 0o000] {
            let bound = bind(&path, SocketRights { mode: Some(wanted), ..ANY }, 16).expect("binds");
            assert_eq!(mode(&path), wanted);
            assert_eq!(bound.0.local_addr().expect("an address").as_pathname(), Some(&*path));
        }
        let (own, group) = (rustix::process::geteuid(), rustix::process::getegid());
        let rights = SocketRights { mode: None, owner: Some(own.as_raw()), group: Some(group.as_raw()) };
        let bound = bind(&path, rights, 16).expect("binds");
        assert_eq!(mode(&path), 0o600);
        drop(bound);
        if own.is_root() {
            let rights = SocketRights { mode: Some(0o660), owner: Some(7), group: Some(8) };
            let bound = bind(&path, rights, 16).expect("binds");
            let found = fs::symlink_metadata(&path).expect("a file");
            assert_eq!((found.uid(), found.gid()), (7, 8));
            drop(bound);
        }
    }
}
