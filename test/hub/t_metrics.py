#!/usr/bin/env python3
"""/metrics is Prometheus text that says what the local Hub did, for users of a
Hub that has any."""
import re
import socket

from local_hub import LocalHub, scratch, write_tree
from tap import check, done, equal, until

SAMPLE = re.compile(r'^(hffs_hub_\w+)(\{([^}]*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="([^"\\]*)"')


def parse(text):
    """[(name, labels, value)], and the types by name; the order of the text
    format is checked on the way."""
    samples, types, helped = [], {}, set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split()[2]
            assert name not in helped, line
            helped.add(name)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            assert name in helped and name not in types, line
            types[name] = kind
        else:
            match = SAMPLE.match(line)
            assert match, line
            labels = dict(LABEL.findall(match[3] or ""))
            base = re.sub("_(bucket|sum|count)$", "", match[1])
            assert match[1] in types or types.get(base) == "histogram", line
            samples.append((match[1], labels, float(match[4])))
    return samples, types


def value(samples, name, **labels):
    return sum(v for n, l, v in samples
               if n == name and labels.items() <= l.items())


def figures(hub):
    url = "/ada/demo/resolve/main/w.bin"
    before, _ = parse(hub.get("/metrics").body.decode())
    for _ in range(3):
        hub.get(url)
    hub.get(url, Range="bytes=0-9")
    hub.ask("HEAD", url)
    hub.get("/ada/demo/resolve/main/none")
    hub.get("/no/such/place")
    hub.ask("POST", "/api/models/ada/demo/paths-info/main",
            {"Content-Type": "application/json"}, '{"paths":["w.bin"]}')
    a = hub.get("/metrics")
    check("the text format", a.status == 200 and
          a["Content-Type"].startswith("text/plain; version=0.0.4"),
          a.status, a["Content-Type"])
    now, types = parse(a.body.decode())
    equal("no series is there twice", len(now),
          len({(n, tuple(sorted(l.items()))) for n, l, _ in now}))

    def grown(name, **labels):
        return value(now, name, **labels) - value(before, name, **labels)

    for status, n in [("200", 4), ("206", 1), ("404", 1)]:
        equal(f"requests of resolve with {status}", grown(
            "hffs_hub_requests_total", route="resolve", status=status), n)
    equal("what is no route", grown(
        "hffs_hub_requests_total", route="none", status="404"), 1)
    check("bytes that went out", grown(
        "hffs_hub_sent_bytes_total", route="resolve") >= 3 * 100_000 + 10)
    equal("bytes that came in", grown(
        "hffs_hub_received_bytes_total", route="paths-info"), 19)
    equal("a histogram counts all", grown(
        "hffs_hub_request_seconds_count", route="resolve"), 6)
    equal("its last bucket, too", grown(
        "hffs_hub_request_seconds_bucket", route="resolve", le="+Inf"), 6)
    buckets = [v for n, l, v in now if n == "hffs_hub_request_seconds_bucket"
               and l["route"] == "resolve"]
    equal("buckets add up", buckets, sorted(buckets))
    equal("types", {types[n] for n in types}, {"counter", "gauge", "histogram"})
    equal("repos", value(now, "hffs_hub_repos", kind="model"), 1)
    equal("contents", value(now, "hffs_hub_blobs"), 2)
    equal("their bytes", value(now, "hffs_hub_blob_bytes"), 100_001)
    idle = [socket.create_connection((hub.host, hub.port)) for _ in range(5)]
    check("connections", until(lambda: value(parse(
        hub.get("/metrics").body.decode())[0], "hffs_hub_connections") == 6))
    for s in idle:
        s.close()
    check("memory", value(now, "hffs_hub_resident_memory_bytes") > 1e6)


def main():
    folder = scratch()
    write_tree(folder, {"w.bin": b"w" * 100_000, "d/x": "x"})
    offer = f"--repo=model:ada/demo={folder}"
    root = scratch() / "root"
    with LocalHub(root, offer) as hub:
        figures(hub)
        equal("HEAD", hub.ask("HEAD", "/metrics").status, 200)
        equal("POST", hub.ask("POST", "/metrics").status, 405)
    with LocalHub(root, offer, "--user=ada=t") as hub:
        a = hub.get("/metrics")
        check("with users, nobody does not see it", a.status == 401 and
              b"hffs_hub" not in a.body, a.status)
        equal("nor with a bad token",
              hub.get("/metrics", Authorization="Bearer x").status, 401)
        equal("a user does",
              hub.get("/metrics", Authorization="Bearer t").status, 200)
    done()


main()
