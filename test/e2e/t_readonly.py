#!/usr/bin/env python3
"""Every call that would change a mounted repo fails with EROFS, whether the
kernel mounted it read-only or left the answer to the server."""
import errno
import os
import socket

from e2e import content, done, equal, raises, serve_and_mount

# nosharecache: else the kernel makes one mount as read-only as the other.
serve_and_mount("e2e/files", "/mnt/ro")
serve_and_mount("e2e/files", "/mnt/rw", mount="rw,nosharecache")


def create(path, flags):
    os.close(os.open(path, flags | os.O_CREAT, 0o644))


def truncate_open(path):
    os.close(os.open(path, os.O_WRONLY | os.O_TRUNC))


def bind(path):
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(path)


for top in ("/mnt/ro", "/mnt/rw"):
    file, folder = f"{top}/README.md", f"{top}/deep"
    for claim, call, *args in (
            ("create", create, f"{top}/new", os.O_WRONLY),
            ("create exclusively", create, f"{top}/new",
             os.O_WRONLY | os.O_EXCL),
            ("mkdir", os.mkdir, f"{top}/new"),
            ("mkdir in a folder", os.mkdir, f"{folder}/new"),
            ("symlink", os.symlink, "README.md", f"{top}/new"),
            ("link", os.link, file, f"{top}/new"),
            ("mkfifo", os.mkfifo, f"{top}/new"),
            ("mknod", os.mknod, f"{top}/new"),
            ("a socket", bind, f"{top}/new"),
            ("unlink", os.unlink, file),
            ("rmdir", os.rmdir, f"{top}/deep/a0/b/c"),
            ("rename", os.rename, file, f"{top}/new"),
            ("rename over a file", os.rename, file, f"{top}/config.json"),
            ("rename a folder", os.rename, folder, f"{top}/new"),
            ("chmod", os.chmod, file, 0o600),
            ("chown", os.chown, file, 1, 1),
            ("utime", os.utime, file, (1, 1))):
        raises(f"{top}: {claim}", errno.EROFS, call, *args)

# With rw these are the client's decision, by what ACCESS grants.
for top, error in (("/mnt/ro", errno.EROFS), ("/mnt/rw", errno.EACCES)):
    file = f"{top}/README.md"
    raises(f"{top}: open to write", error, os.open, file, os.O_WRONLY)
    raises(f"{top}: open to empty", error, truncate_open, file)
    raises(f"{top}: truncate", error, os.truncate, file, 0)
for top in ("/mnt/ro", "/mnt/rw"):
    with open(f"{top}/README.md", "rb") as file:
        equal(f"{top}: nothing has changed", file.read(),
              content("tree/README.md"))
    equal(f"{top}: access() says so", os.access(f"{top}/README.md", os.W_OK),
          False)
done()
