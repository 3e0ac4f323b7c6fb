"""What end-to-end tests in Python are made of: e2e.sh in their language."""
import os
import shlex
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../kit"))
from tap import check, done, equal, raises, skip_all, until  # noqa: F401

DATA = os.environ["DATA"]


def ask(*words):
    """A request to the server's side, see agent."""
    with socket.create_connection(
            (os.environ["GUEST_SERVER"], int(os.environ["E2E_PORT"]))) as s:
        s.sendall(b"%d\n" % len(words) +
                  b"".join(word.encode() + b"\0" for word in words))
        with s.makefile("rb") as stream:
            status = int(stream.readline())
            answer = stream.read().decode()
    if status != 0:
        raise RuntimeError(f"{' '.join(words)}: {answer}")
    return answer


def serve_and_mount(repo, where, *options, mount=""):
    """mount: further mount options, which win over the product's own."""
    command = ask("serve", os.path.basename(where), repo, *options)
    os.makedirs(where, exist_ok=True)
    words = shlex.split(command)
    words[words.index("MOUNTPOINT")] = where
    if mount:
        words[words.index("-o") + 1] += "," + mount
    subprocess.run(words, check=True)


def hub_counts():
    """(requests, bytes of bodies) since ask("forget")"""
    return tuple(map(int, ask("stats").split()))


def content(name):
    """What the local Hub was given: tree/README.md, ..."""
    with open(f"{DATA}/{name}", "rb") as file:
        return file.read()
