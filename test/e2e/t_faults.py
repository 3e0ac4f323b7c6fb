#!/usr/bin/env python3
"""What goes wrong at the Hub while files are read ends in the right bytes or
in a clean error within a bound, never in wrong bytes and never in a hang.
test: timeout 400"""
import errno
import os
import time

from e2e import DATA, ask, check, content, done, equal, serve_and_mount

WANTED = content("big/model.safetensors")
PLACE = "GET /*resolve*"


def read_all(where):
    """The file's bytes, or the number of the error; and the seconds."""
    begun = time.monotonic()
    try:
        with open(f"{where}/model.safetensors", "rb") as file:
            got = file.read()
    except OSError as error:
        got = error.errno
    return got, time.monotonic() - begun


# Each on a server with an empty cache.
for i, fault in enumerate((
        "3x 503", "2x 429 retry-after=1", "5x drop", "3x cut after 100000",
        "2x truncate", "2x longer 10", "3x 500, then 2x 404",
        "2x header Content-Length=5", "1x stall after 200000")):
    where = f"/mnt/fault-{i}"
    serve_and_mount("e2e/big", where, "--read-fetch-timeout-ms", "2000")
    ask("faults", f"{PLACE}: {fault}")
    got, seconds = read_all(where)
    ask("faults")
    check(f"{fault}: the right bytes", got == WANTED,
          got if isinstance(got, int) else f"{len(got)} other bytes")
    check(f"{fault}: after {seconds:.1f} s", seconds < 45)

# What does not get better is an error, and is over when it does get better.
where = "/mnt/down"
serve_and_mount("e2e/big", where, "--read-fetch-timeout-ms", "2000")
ask("faults", f"{PLACE}: 403")
got, seconds = read_all(where)
equal(f"a refusal is EACCES, after {seconds:.1f} s", got, errno.EACCES)
ask("faults")
got, seconds = read_all(where)
check(f"and then all is well, after {seconds:.1f} s", got == WANTED)
serve_and_mount("e2e/files", "/mnt/files")
ask("faults", "GET /api/*/tree/*: 3x 503")
equal("a listing under 503 comes when they end", sorted(os.listdir("/mnt/files")),
      sorted(os.listdir(f"{DATA}/tree")))
done()
