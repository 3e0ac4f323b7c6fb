#!/usr/bin/env python3
"""Memory-mapped files show the right bytes: in order, at random, over the end
of the file, and by several processes at once."""
import mmap
import os
import random

from e2e import check, content, done, equal, serve_and_mount

serve_and_mount("e2e/big", "/mnt/big")
serve_and_mount("e2e/files", "/mnt/tree")
wanted = content("big/model.safetensors")


def mapped(path):
    with open(path, "rb") as file:
        return mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)


def walk(seed):
    """Single pages at random; true if all are right."""
    places = random.Random(seed)
    with mapped("/mnt/big/model.safetensors") as view:
        for _ in range(100):
            at = places.randrange(len(wanted) - 5000)
            if view[at:at + 5000] != wanted[at:at + 5000]:
                return False
    return True


children = []
for seed in range(4):
    if (pid := os.fork()) == 0:
        os._exit(0 if walk(seed) else 1)
    children.append(pid)
for seed, pid in enumerate(children):
    equal(f"process {seed} sees the right bytes at random places",
          os.waitpid(pid, 0)[1], 0)
with mapped("/mnt/big/model.safetensors") as view:
    check("the whole file is right", view[:] == wanted)
for n in (1, 511, 4095, 4096, 4097, 65536, 1048577):
    with mapped(f"/mnt/tree/sizes/{n}.bin") as view:
        check(f"a file of {n} bytes is right",
              view[:] == content(f"tree/sizes/{n}.bin"))
done()
