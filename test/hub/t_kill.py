#!/usr/bin/env python3
"""Eight clients commit to one branch at once while the server is killed again
and again: every commit that was acknowledged is there with its bytes, in one
line of history, and all that is kept is what its name says. For a minute, or
SECONDS."""
# test: timeout 400
import base64
import hashlib
import http.client
import json
import os
import random
import shutil
import signal
import subprocess
import threading
import time
from urllib.parse import urlsplit

from local_hub import HFFS, LocalHub, scratch
from tap import check, done, equal

SECONDS = float(os.environ.get("SECONDS", "60"))
CLIENTS = 8
API = "/api/models/ada/demo"
TOKEN = {"Authorization": "Bearer token-ada"}


def line(key, **value):
    return json.dumps({"key": key, "value": value}) + "\n"


class Client(threading.Thread):
    """Commits, one after the other; notes which were acknowledged."""

    def __init__(self, hub, number, stop):
        super().__init__()
        self.hub, self.number, self.stop = hub, number, stop
        self.random = random.Random(number)
        self.kept = {}  # path: (commit, sha256)
        self.lost = self.refused = 0
        self.wrong = []

    def run(self):
        count = 0
        while not self.stop.is_set():
            count += 1
            path = f"c{self.number}/{count // 50}/{count}"
            data = self.random.randbytes(self.random.choice([10, 9000, 900_000]))
            try:
                answer = self.commit(path, data)
            except (OSError, http.client.HTTPException):
                self.lost += 1  # nobody knows whether it was made
                self.stop.wait(0.02)
                continue
            if answer is None:
                self.refused += 1
            else:
                self.kept[path] = (answer, hashlib.sha256(data).hexdigest())

    def ask(self, method, path, body, expected=200):
        answer = self.hub.ask(method, path, TOKEN, body)
        if answer.status != expected:
            self.wrong.append((method, path, answer.status, answer.body))
            return None
        return answer.json()

    def commit(self, path, data):
        header = line("header", summary=path, description="")
        if self.random.random() < 0.5:
            body = line("file", path=path, encoding="base64",
                        content=base64.b64encode(data).decode())
        else:
            oid = hashlib.sha256(data).hexdigest()
            body = line("lfsFile", path=path, algo="sha256", oid=oid,
                        size=len(data))
            if not self.upload(oid, data):
                return None
        made = self.ask("POST", f"{API}/commit/main", header + body)
        return made and made["commitOid"]

    def upload(self, oid, data):
        batch = self.ask("POST", "/ada/demo.git/info/lfs/objects/batch",
                         json.dumps({"operation": "upload", "objects": [
                             {"oid": oid, "size": len(data)}]}))
        if batch is None:
            return False
        actions = batch["objects"][0].get("actions")
        if actions is None:
            return True
        url = urlsplit(actions["upload"]["href"])
        return self.ask("PUT", f"{url.path}?{url.query}", data) is not None


def history(hub):
    """Of main, from the latest; by pages."""
    found, page = [], 0
    while True:
        got = hub.ask("GET", f"{API}/commits/main?limit=500&p={page}",
                      TOKEN).json()
        found += [c["id"] for c in got]
        if len(got) < 500:
            return found
        page += 1


def run(root):
    hub = LocalHub(root, "--user=ada=token-ada")
    hub.options.append(f"--port={hub.port}")
    made = hub.ask("POST", "/api/repos/create", TOKEN,
                   json.dumps({"name": "demo"}))
    equal("the repo is made", made.status, 200)
    stop = threading.Event()
    clients = [Client(hub, i, stop) for i in range(CLIENTS)]
    for c in clients:
        c.start()
    kills, end = 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        stop.wait(random.uniform(0.3, 1.5))
        hub.stop(signal.SIGKILL)
        kills += 1
        hub.start()
    stop.set()
    for c in clients:
        c.join()
    try:
        judge(hub, clients, kills)
    finally:
        hub.stop()


def judge(hub, clients, kills):
    kept = {p: v for c in clients for p, v in c.kept.items()}
    print(f"# {len(kept)} commits acknowledged, {kills} kills, "
          f"{sum(c.lost for c in clients)} without an answer")
    check("some commits were made, and some kills", len(kept) > 50 and kills > 3,
          len(kept), kills)
    wrong = [w for c in clients for w in c.wrong]
    equal("nobody was refused", wrong[:3], [])
    line_ = history(hub)
    equal("history has no commit twice", len(set(line_)), len(line_))
    missing = [p for p, (oid, _) in kept.items() if oid not in set(line_)]
    equal("every acknowledged commit is in it", missing[:3], [])
    files = {}
    url = f"{API}/tree/main?recursive=true&limit=1000"
    while url:
        a = hub.ask("GET", url, TOKEN)
        files |= {e["path"]: e for e in a.json() if e["type"] == "file"}
        url = a["Link"] and a["Link"].split(">")[0][1:].split(
            str(hub.port), 1)[1]
    equal("every file of them is there",
          [p for p in kept if p not in files][:3], [])
    equal("no commit brought more than its file", len(line_), len(files))
    bad = [p for p, (_, sha256) in kept.items() if hashlib.sha256(hub.ask(
        "GET", f"/ada/demo/resolve/main/{p}", TOKEN).body).hexdigest() !=
        sha256]
    equal("with its bytes", bad[:3], [])
    equal("it ends in good order", hub.stop(), 0)
    verified = subprocess.run([HFFS, "hub", "verify", "--root", hub.root],
                              capture_output=True, text=True, timeout=100)
    equal("all that is kept verifies", (verified.returncode, verified.stderr),
          (0, ""))


root = scratch()
run(root)
shutil.rmtree(root)
done()
