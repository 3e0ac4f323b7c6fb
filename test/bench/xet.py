"""Figures of the Xet engine: its parts on one core (xet.c), and whole files
beside hf_xet, which is there once the tests of the local Hub have run."""
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from product import BUILD, ENV

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "hub"))
import judges

PYTHON = judges.HOME / judges.PYTHON / "bin/python"
HASH_BY_HF_XET = """
import hf_xet, sys, time
begun = time.monotonic()
hashed = hf_xet.hash_files(sys.argv[1:])
print(time.monotonic() - begun, *(h.hash for h in hashed))
"""

# Beside what: a hash cannot be faster than the plain one of the same bytes,
# and nothing than a copy.
BESIDE = {"chunk-hash": "blake3", "file-hash": "blake3", "cut": "memcpy",
          "pack": "memcpy", "unpack": "memcpy", "unpack-verify": "blake3",
          "unpack-text": "memcpy", "unpack-bf16": "memcpy", "join": "memcpy",
          "group": "memcpy", "sha256": "blake3"}


def on_cores(n):
    """For a child: it has so many cores to run on."""
    return lambda: os.sched_setaffinity(0, set(sorted(
        os.sched_getaffinity(0))[:n]))


def parts(note, seconds):
    done = subprocess.run([BUILD / "test/bench/xet", str(seconds)],
                          stdout=subprocess.PIPE, check=True,
                          preexec_fn=on_cores(1))
    for figure in map(json.loads, done.stdout.splitlines()):
        beside = BESIDE.get(figure["name"])
        note(f"xet-{figure['name']}", figure["bytes"] / figure["seconds"] / 1e6,
             "MB/s", beside and f"xet-{beside}")


def by_hf_xet(file, cores):
    done = subprocess.run([PYTHON, "-c", HASH_BY_HF_XET, file],
                          stdout=subprocess.PIPE, check=True, env=ENV,
                          preexec_fn=on_cores(cores), text=True)
    seconds, found = done.stdout.split()
    return float(seconds), found


def by_hffs(file, cores):
    begun = time.monotonic()
    done = subprocess.run([BUILD / "hffs", "xet", "hash", file],
                          stdout=subprocess.PIPE, check=True, env=ENV,
                          preexec_fn=on_cores(cores), text=True)
    return time.monotonic() - begun, done.stdout.split()[0]


def engine(note, file, seconds):
    """One file in the page cache is hashed, start of the program included."""
    size = file.stat().st_size
    parts(note, seconds)
    for cores in (1, 2):
        beside = None
        took, ours = by_hffs(file, cores)
        if PYTHON.exists():
            beside = f"hf_xet-hash-{cores}core"
            theirs_took, theirs = by_hf_xet(file, cores)
            if ours != theirs:
                raise RuntimeError(f"{ours} is not hf_xet's {theirs}")
            note(beside, size / theirs_took / 1e6, "MB/s")
        note(f"xet-hash-{cores}core", size / took / 1e6, "MB/s", beside)
