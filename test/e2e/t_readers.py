#!/usr/bin/env python3
"""Eight processes that read one large file at different offsets at once all
get the right bytes, and the Hub sends the file once. test: timeout 300"""
import hashlib
import os
import sys

from e2e import DATA, ask, check, done, equal, hub_counts, serve_and_mount

READERS, PIECE = 8, 1 << 20
PATH = "/mnt/big/big.bin"


def part(path, reader):
    """The digest of the file as this reader goes through it: from its own
    place to the end, then from the start."""
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        begin = size // READERS // PIECE * PIECE * reader
        for start, stop in ((begin, size), (0, begin)):
            file.seek(start)
            while start < stop and (data := file.read(min(PIECE, stop - start))):
                digest.update(data)
                start += len(data)
    return digest.hexdigest()


serve_and_mount("e2e/big", "/mnt/big")
ask("forget")
children = []
for reader in range(READERS):
    read_end, write_end = os.pipe()
    if (pid := os.fork()) == 0:
        os.write(write_end, part(PATH, reader).encode())
        os._exit(0)
    os.close(write_end)
    children.append((pid, read_end))
for reader, (pid, read_end) in enumerate(children):
    got = os.read(read_end, 100).decode()
    _, status = os.waitpid(pid, 0)
    equal(f"reader {reader} ended well", status, 0)
    equal(f"reader {reader} has the right bytes", got,
          part(f"{DATA}/big/big.bin", reader))
size = os.stat(PATH).st_size
share = hub_counts()[1] / size
check(f"the Hub sent {share:.3f} times the file", 1 <= share < 1.05)
sys.exit(done())
