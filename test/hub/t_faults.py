#!/usr/bin/env python3
"""Faults do what --help says of them, by option and while the server runs; and
the log and the figures tell what was sent."""
import json
import os
import socket
import time

from local_hub import LocalHub, scratch, write_tree
from tap import check, done, equal, until

DATA = os.urandom(2_000_000)
FILE = "/ada/demo/resolve/main/w.bin"
API = "/api/models/ada/demo"
folder, root = scratch(), scratch()
write_tree(folder, {"w.bin": DATA, "README.md": "# demo\n"})


def fault(hub, *specs):
    hub.ask("DELETE", "/_hffs/faults")
    a = hub.ask("POST", "/_hffs/faults", body="\n".join(specs))
    if a.status != 200:
        check(f"{specs} is taken", False, a.body)


def body_of(hub, path, seconds=20):
    """Status line and headers, body, and whether the server closed."""
    with socket.create_connection((hub.host, hub.port), timeout=seconds) as s:
        s.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        got = b""
        try:
            while piece := s.recv(1 << 20):
                got += piece
                head, _, body = got.partition(b"\r\n\r\n")
                lines = head.lower().split(b"\r\n")
                length = [int(x.split(b":")[1]) for x in lines
                          if x.startswith(b"content-length")]
                if length and len(body) >= length[0]:
                    return head, body, False
            closed = True
        except TimeoutError:
            closed = False
    head, _, body = got.partition(b"\r\n\r\n")
    return head, body, closed


def answers(hub):
    fault(hub, f"GET {API}: 2x 503, then 1x 429 retry-after=7, then pass")
    got = [hub.get(API) for _ in range(5)]
    equal("statuses in their order", [a.status for a in got],
          [503, 503, 429, 200, 200])
    equal("Retry-After", got[2]["Retry-After"], "7")
    equal("another path is not meant", hub.get("/api/models").status, 200)
    equal("nor another method", hub.ask("HEAD", API).status, 200)
    told = hub.get("/_hffs/faults").json()["faults"]
    equal("how many it met", told[0]["met"], 5)
    fault(hub, "* /api/*: redirect http://127.0.0.1:1/x")
    a = hub.get(API)
    check("redirect", a.status == 302 and
          a["Location"] == "http://127.0.0.1:1/x", a.status)
    fault(hub, f"GET {FILE}: etag \"other\"", "* *: header X-Seen=a b=c")
    a = hub.get(FILE)
    check("etag and header", a["ETag"] == '"other"' and
          a["X-Linked-ETag"] == '"other"' and a["X-Seen"] == "a b=c" and
          a.body == DATA, a["ETag"], a["X-Seen"])
    fault(hub, f"GET {API}: drop")
    head, body, closed = body_of(hub, API)
    check("drop closes without a word", closed and not head and not body)
    hub.ask("DELETE", "/_hffs/faults")
    equal("DELETE ends them all", hub.get(API).status, 200)
    a = hub.ask("POST", "/_hffs/faults", body="GET /x: explode")
    check("a mistake is explained", a.status == 400 and
          b"explode" in a.body, a.body)


def times(hub):
    fault(hub, f"GET {API}: 1x delay 300ms")
    start = time.monotonic()
    hub.get(API)
    took = time.monotonic() - start
    check("delay", 0.3 <= took < 5, took)
    start = time.monotonic()
    hub.get(API)
    check("... once", time.monotonic() - start < 0.3)
    fault(hub, f"GET {API}: for 300ms 500")
    equal("for a time", hub.get(API).status, 500)
    check("... and no longer", until(lambda: hub.get(API).status == 200))
    fault(hub, f"GET {FILE}: slow 4MB/s")
    start = time.monotonic()
    _, body, _ = body_of(hub, FILE)
    took = time.monotonic() - start
    check("slow: 2 MB at 4 MB/s", body == DATA and 0.45 <= took < 10, took)
    fault(hub, f"GET {FILE}: delay 2s")
    start = time.monotonic()
    with socket.create_connection((hub.host, hub.port)) as s:
        s.sendall(f"GET {FILE} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        equal("others do not wait", hub.get(API).status, 200)
        check("... at all", time.monotonic() - start < 1.5)


def bodies(hub):
    for n in [0, 1000, 1_500_000]:
        fault(hub, f"GET {FILE}: 1x cut after {n}")
        head, body, closed = body_of(hub, FILE)
        check(f"cut after {n}", closed and body == DATA[:n] and
              b"content-length: 2000000" in head.lower(), len(body), closed)
        check("... and then whole", body_of(hub, FILE)[1] == DATA)
    fault(hub, f"GET {FILE}: corrupt at 4096")
    body = body_of(hub, FILE)[1]
    equal("corrupt at 4096", [i for i in range(len(DATA))
                              if body[i] != DATA[i]], [4096])
    a = hub.get(FILE, Range="bytes=100-9999")
    check("... of what is sent", a.status == 206 and
          [i for i in range(9900) if a.body[i] != DATA[100 + i]] == [4096])
    fault(hub, f"GET {FILE}: truncate 77")
    a = hub.get(FILE)
    check("truncate 77", a.status == 200 and a.body == DATA[:77] and
          a["Content-Length"] == "77", a["Content-Length"])
    fault(hub, f"GET {FILE}: truncate")
    equal("truncate", hub.get(FILE).body, DATA[:1_000_000])
    fault(hub, f"GET {FILE}: longer 10")
    a = hub.get(FILE)
    check("longer 10", a.body[:-10] == DATA and len(a.body) == 2_000_010)
    fault(hub, f"GET {API}: longer 3")
    check("... of a body that is no file", hub.get(API).body[-3:] == b"xxx")
    fault(hub, f"GET {FILE}: stall after 5000")
    head, body, closed = body_of(hub, FILE, seconds=1.5)
    check("stall after 5000", not closed and body == DATA[:5000], len(body))
    check("the stalled connection ends with its client",
          until(lambda: hub.get("/_hffs/stats").json()["connections"] == 1))


def figures(hub, log):
    hub.ask("DELETE", "/_hffs/faults")
    hub.ask("DELETE", "/_hffs/stats")
    hub.get(FILE)
    hub.get(FILE, Range="bytes=0-99", Authorization="Bearer any")
    hub.ask("HEAD", FILE)
    hub.get("/none")
    fault(hub, f"GET {FILE}: cut after 700")
    body_of(hub, FILE)
    stats = hub.get("/_hffs/stats").json()
    equal("requests by route", stats["routes"]["resolve"]["requests"], 4)
    equal("bytes that were sent", stats["routes"]["resolve"]["body_bytes"],
          len(DATA) + 100 + 700)
    equal("requests to no route", stats["routes"]["none"]["requests"], 1)
    lines = [json.loads(x) for x in log.read_text().splitlines()]
    part = [x for x in lines if x.get("range") == "bytes=0-99"]
    check("the log has a range", len(part) == 1 and
          part[0]["status"] == 206 and part[0]["bytes"] == 100 and
          part[0]["method"] == "GET" and part[0]["path"] == FILE and
          part[0]["user"] and part[0]["time"].endswith("Z") and
          part[0]["remote"].startswith("127.0.0.1:") and "ms" in part[0], part)
    check("... and who was cut off", any(
        x.get("aborted") and x["bytes"] == 700 for x in lines))
    check("... and nothing secret", "Bearer" not in log.read_text())


log = root / "requests.jsonl"
with LocalHub(root / "hub", f"--repo=model:ada/demo={folder}", "--admin",
              f"--log={log}", "--fault", f"GET {API}: 1x 418") as hub:
    equal("a fault by option", [hub.get(API).status for _ in range(2)],
          [418, 200])
    answers(hub)
    times(hub)
    bodies(hub)
    figures(hub, log)
    fault(hub, "* *: delay 60s")
    with socket.create_connection((hub.host, hub.port)) as s:
        s.sendall(f"GET {API} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        until(lambda: hub.get("/_hffs/faults").json()["faults"][0]["met"])
        start = time.monotonic()
        equal("it ends in spite of a delay", hub.stop(), 0)
        check("... in time", time.monotonic() - start < 20)
done()
