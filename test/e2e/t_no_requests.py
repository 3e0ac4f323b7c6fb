#!/usr/bin/env python3
"""What is known is not asked again: stat of known files and look-ups of names
that are missing in a listed folder cost no request at the Hub."""
import errno
import mmap
import os

from e2e import ask, check, done, equal, hub_counts, raises, serve_and_mount

serve_and_mount("e2e/files", "/mnt/tree", mount="actimeo=0,lookupcache=none")
names = os.listdir("/mnt/tree/odd")
os.listdir("/mnt/tree")
check("the folder is not empty", len(names) > 10, names)
ask("forget")

for _ in range(5):
    for name in names:
        os.stat(f"/mnt/tree/odd/{name}")
equal("stat of known files asks nothing", hub_counts()[0], 0)

missing = 0
for i in range(200):
    try:
        os.stat(f"/mnt/tree/odd/missing-{i}")
    except FileNotFoundError:
        missing += 1
equal("missing names are missing", missing, 200)
for name in ("._README.md", ".DS_Store", ".Trash-0", "autorun.inf"):
    raises(f"{name} is missing", errno.ENOENT, os.stat, f"/mnt/tree/{name}")
equal("names that are missing ask nothing", hub_counts()[0], 0)

with open("/mnt/tree/README.md") as file:
    file.read()
first = hub_counts()[0]
check("reading a file asks for it", first > 0)
for _ in range(20):
    fd = os.open("/mnt/tree/README.md", os.O_RDONLY | os.O_DIRECT)
    os.preadv(fd, [mmap.mmap(-1, 4096)], 0)
    os.close(fd)
equal("reading it again does not", hub_counts()[0], first)
done()
