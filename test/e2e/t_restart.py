#!/usr/bin/env python3
"""A restart of the server, by SIGTERM or SIGKILL, goes unnoticed: inode
numbers stay, open files and working directories stay usable, nothing is
stale. The kernel keeps asking until the server is back."""
import os

from e2e import ask, check, content, done, equal, serve_and_mount

serve_and_mount("e2e/files", "/mnt/tree", mount="actimeo=0,lookupcache=none")


def numbers():
    return {path: os.lstat(path).st_ino
            for top, folders, files in os.walk("/mnt/tree")
            for path in [os.path.join(top, n) for n in folders + files]}


before = numbers()
check("there is something to number", len(before) > 200, len(before))
file = open("/mnt/tree/README.md", "rb", buffering=0)
large = open("/mnt/tree/sizes/1048577.bin", "rb", buffering=0)
first = large.read(1000)
folder = os.open("/mnt/tree/odd", os.O_RDONLY)
os.chdir("/mnt/tree/deep/a3")

for how in ("TERM", "KILL", "KILL", "TERM"):
    ask("signal", "tree", how)
    ask("serve", "tree", "e2e/files")
    equal(f"{how}: inode numbers are the same", numbers(), before)
    equal(f"{how}: an open file can be read", os.pread(file.fileno(), 100, 0),
          content("tree/README.md")[:100])
    equal(f"{how}: an open folder can be listed", sorted(os.listdir(folder)),
          sorted(os.listdir("/mnt/tree/odd")))
    equal(f"{how}: the working directory is there", os.listdir("b"), ["c"])
    equal(f"{how}: ... by its own name", os.getcwd(), "/mnt/tree/deep/a3")
os.posix_fadvise(large.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
equal("reading goes on where it was", first + large.read(),
      content("tree/sizes/1048577.bin"))
os.chdir("/")
done()
