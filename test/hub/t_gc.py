#!/usr/bin/env python3
"""gc beside uploads, commits and squashes by unmodified huggingface_hub, while
both it and the server are killed: what was acknowledged is there, what nothing
refers to goes in the end."""
# test: timeout 300
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

import judges
from local_hub import HFFS, LocalHub, scratch

judges.into_python()
os.environ.update(HF_HUB_DISABLE_XET="1", HF_HUB_DISABLE_TELEMETRY="1",
                  HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HUB_VERBOSITY="error",
                  HF_HOME=str(scratch()))

from huggingface_hub import HfApi, errors                      # noqa: E402
from huggingface_hub.utils import disable_progress_bars        # noqa: E402
from tap import check, done, equal                             # noqa: E402

disable_progress_bars()
WRITERS, SECONDS, KILLS = 3, 12, 3
POOL = [os.urandom(20_000) for _ in range(12)]  # contents that come and go


class Writer(threading.Thread):
    """One repo, and what it was told is in it."""

    def __init__(self, n, url, until):
        super().__init__()
        self.api = HfApi(endpoint=url, token="any")
        self.repo = f"ada/r{n}"
        self.until = until
        self.random = random.Random(n)
        self.files = {}     # path -> bytes; None: not known
        self.done = self.refused = self.lost = 0
        self.wrong = []

    def step(self):
        path = f"f{self.random.randrange(4)}.{self.random.choice(['bin', 'txt'])}"
        action = self.random.random()
        was = self.files.get(path, b"")
        if action < 0.75 or not was:
            data = self.random.choice(POOL + [os.urandom(20_000)] * 8)
            if path.endswith("txt"):
                data = data.hex().encode()
            self.files[path] = None
            self.api.upload_file(path_or_fileobj=data, path_in_repo=path,
                                 repo_id=self.repo)
            self.files[path] = data
        elif action < 0.9:
            self.files[path] = None
            self.api.delete_file(path, repo_id=self.repo)
            self.files[path] = b""
        else:
            self.api.super_squash_history(self.repo)

    def run(self):
        while time.monotonic() < self.until:
            try:
                self.step()
                self.done += 1
            except errors.HfHubHTTPError as error:
                self.refused += 1
                if error.response.status_code == 500:
                    self.wrong.append(str(error))
            except Exception:  # the connection went, as the server did
                self.lost += 1
                time.sleep(0.05)


def collect(root, stop, counts):
    """gc after gc, with next to no grace; every third is killed."""
    while not stop.is_set():
        gc = subprocess.Popen([HFFS, "hub", "gc", "--root", root, "--json",
                               "--grace=2s"], stdout=subprocess.PIPE)
        if counts["runs"] % 3 == 2:
            time.sleep(random.random() / 50)
            gc.kill()
        out = gc.communicate(timeout=60)[0]
        counts["runs"] += 1
        counts["failed"] += gc.returncode not in (0, -signal.SIGKILL)
        if gc.returncode == 0:
            counts["blobs"] += json.loads(out)["blobs"]


def blobs(root):
    return {p.name for p in (root / "blobs").rglob("*")
            if p.is_file() and p.parent.name != "new"}


def compare(hub, writer):
    """The acknowledged files are there; and no others."""
    listed = set(writer.api.list_repo_files(writer.repo)) - {".gitattributes"}
    known = {p: d for p, d in writer.files.items() if d is not None}
    wrong = [p for p in known if (p in listed) != (known[p] != b"")]
    for path in listed:
        a = hub.get(f"/{writer.repo}/resolve/main/{path}")
        if a.status != 200 or (path in known and a.body != known[path]):
            wrong.append((path, a.status))
    return wrong


def main():
    root = scratch() / "root"
    hub = LocalHub(root)
    port = f"--port={hub.port}"
    writers = [Writer(n, hub.url, time.monotonic() + SECONDS)
               for n in range(WRITERS)]
    for writer in writers:
        writer.api.create_repo(writer.repo)
    counts = {"runs": 0, "failed": 0, "blobs": 0}
    stop = threading.Event()
    collector = threading.Thread(target=collect, args=(root, stop, counts))
    for thread in [*writers, collector]:
        thread.start()
    for i in range(KILLS):
        time.sleep(SECONDS / (KILLS + 1))
        hub.stop(signal.SIGKILL)
        hub = LocalHub(root, port)
    for writer in writers:
        writer.join()
    stop.set()
    collector.join()
    print(f"# {[(w.done, w.refused, w.lost) for w in writers]} {counts}",
          file=sys.stderr)
    check("each wrote", all(w.done > 5 for w in writers),
          [(w.done, w.refused, w.lost) for w in writers])
    equal("the server never failed", [e for w in writers for e in w.wrong], [])
    check("gc ran, and found something", counts["runs"] > 5 and
          counts["failed"] == 0 and counts["blobs"] > 0, counts)
    for writer in writers:
        equal(f"{writer.repo} has what was acknowledged",
              compare(hub, writer), [])
    verify = subprocess.run([HFFS, "hub", "verify", "--root", root, "--json"],
                            stdout=subprocess.PIPE, timeout=60)
    equal("all that is kept is well", json.loads(verify.stdout)["problems"], [])
    for writer in writers:
        writer.api.super_squash_history(writer.repo)
    for path in (root / "blobs").rglob("*"):
        if path.is_file():
            os.utime(path, (1, 1))
    time_passes = time.time() + 30
    while time.time() < time_passes:
        subprocess.run([HFFS, "hub", "gc", "--root", root, "--grace=1s"],
                       stdout=subprocess.DEVNULL, check=True, timeout=60)
        wanted = {hashlib.sha256(
            hub.get(f"/{w.repo}/resolve/main/{f}").body).hexdigest()
            for w in writers for f in w.api.list_repo_files(w.repo)}
        if blobs(root) == wanted:
            break
    equal("in the end there is what files have, and no more", blobs(root),
          wanted)
    hub.stop()
    done()


main()
