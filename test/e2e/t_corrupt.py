#!/usr/bin/env python3
"""Bytes that were changed on their way are not believed: a small file is right,
or an error, from the first read on; of a large file, whose hash can only be
checked once all of it is there, every later reading is right.
test: timeout 300"""
import errno
import os

from e2e import ask, check, content, done, serve_and_mount, until

PLACE = "GET /*resolve*"


def read(path, flags=0):
    """The bytes as a program gets them, or the number of an error."""
    try:
        fd = os.open(path, os.O_RDONLY | flags)
        with open(fd, "rb") as file:
            return file.read()
    except OSError as error:
        return error.errno


serve_and_mount("e2e/files", "/mnt/files")
for name, at in (("README.md", 3), ("sizes/65535.bin", 60000)):
    wanted = content(f"tree/{name}")
    ask("faults", f"{PLACE}: 1x corrupt at {at}")
    got = read(f"/mnt/files/{name}")
    check(f"{name}, changed once: right, or an error",
          got in (wanted, errno.EIO), "others were shown")
    ask("faults")
    check("... and right afterwards",
          until(lambda: read(f"/mnt/files/{name}") == wanted))

name = "sizes/511.bin"
ask("faults", f"{PLACE}: corrupt at 100")
got = read(f"/mnt/files/{name}")
check(f"{name}, changed every time: an error", got == errno.EIO,
      got if isinstance(got, int) else "it was shown")
ask("faults")
check("... and the right bytes afterwards",
      until(lambda: read(f"/mnt/files/{name}") == content(f"tree/{name}")))

serve_and_mount("e2e/big", "/mnt/big")
for shown, name, at in (
        ("/mnt/files/sizes/1048577.bin", "tree/sizes/1048577.bin", 1000000),
        ("/mnt/big/model.safetensors", "big/model.safetensors", 70000)):
    wanted = content(name)
    ask("faults", f"{PLACE}: 1x corrupt at {at}")
    read(shown)
    ask("faults")
    check(f"{name} is right when it is opened again",
          until(lambda: read(shown) == wanted))
done()
