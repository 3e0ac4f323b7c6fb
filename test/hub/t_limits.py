#!/usr/bin/env python3
"""What a local Hub does not put up with: floods of headers and connections,
clients that stop in the middle, pages of other sites, names that lead
elsewhere; and it ends in time whatever they do."""
import json
import os
import signal
import socket
import time

from local_hub import LocalHub, scratch, write_tree
from tap import check, done, equal, until

CONNECTIONS = 1000  # that are served at once


def connect(hub):
    return socket.create_connection((hub.host, hub.port), timeout=30)


def say(hub, data):
    """The status of what comes back; None when the connection just ends."""
    with connect(hub) as s:
        got = b""
        try:
            s.sendall(data)
            while b"\r\n\r\n" not in got and (piece := s.recv(65536)):
                got += piece
        except OSError:
            pass
    return int(got.split(b" ")[1]) if got.startswith(b"HTTP/") else None


def heads(hub):
    get = b"GET /api/models/ada/demo HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    equal("a head that is just long", say(
        hub, get + b"X-Long: " + b"a" * 20_000 + b"\r\n\r\n"), 200)
    for what, flood in [
            ("one long header", b"X-Long: " + b"a" * 1_000_000 + b"\r\n\r\n"),
            ("many headers", b"".join(
                b"X-%d: %d\r\n" % (i, i) for i in range(100_000)) + b"\r\n"),
            ("a header without end", b"X-Long: " + b"a" * 1_000_000)]:
        status = say(hub, get + flood)
        check(f"{what}: refused", status in (431, 413, 400, None), status)
    status = say(hub, b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\n\r\n")
    check("a long target: refused", status in (414, 431, 400, None), status)
    equal("the next one is served", hub.get("/api/models/ada/demo").status, 200)


def bodies(hub):
    post = b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: " \
           b"application/json\r\n%s\r\n"
    for path in [b"/api/repos/create", b"/api/models/ada/demo/paths-info/main",
                 b"/api/validate-yaml", b"/api/models/ada/demo/preupload/main"]:
        equal(f"a body too long for {path.decode()}: 413", say(
            hub, post % (path, b"Content-Length: 99999999999\r\n")), 413)
        equal("a length that is none: 400", say(
            hub, post % (path, b"Content-Length: 1x\r\n")), 400)
        status = say(hub, post % (path, b"Transfer-Encoding: chunked\r\n") +
                     b"fffffffffffffffff\r\nx")
        check("a chunk without end: refused", status in (400, 413, None),
              status)


def names(hub):
    """Nothing that is made goes anywhere but below its namespace."""
    for name in ["..", "../x", "%2e%2e", "a/../../b", "x\0y", "x\ny", "\u202e",
                 "a" * 97, ".git", "x.git", "-x", "x..y", "x--y", "", " ", "/"]:
        a = hub.ask("POST", "/api/repos/create", {
            "Content-Type": "application/json"},
            json.dumps({"name": name, "organization": "ada"}))
        check(f"no repo {name[:20]!r}: 400", a.status == 400 and
              a["X-Error-Message"], a.status, a.body)
    for path in ["/api/models/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
                 "/ada/demo/resolve/main/..%2f..%2fhub.db",
                 "/ada/demo/resolve/main/%2e%2e/%2e%2e/hub.db",
                 "/ada/demo/resolve/main/a%00b", "/ada/demo/resolve/main/%ff",
                 "/ada/demo/resolve/%2e%2e/a.txt", "/ada/demo/raw/main/./a.txt",
                 "/ada/demo/resolve/main/%zz", "/_hffs/lfs/..%2fhub.db",
                 "/api/datasets/ada%2f..%2fdemo/tree/main"]:
        a = hub.get(path)
        check(f"{path}: refused", a.status in (400, 401, 403, 404) and
              b"SQLite" not in a.body, a.status)
        a = hub.ask("PUT", path, body=b"x")
        check("and not written", 400 <= a.status < 500, a.status)


def pages(hub):
    """Of other sites, in a browser on this machine."""
    port = hub.port
    for what, headers, status in [
            ("no page", {}, 200),
            ("its own", {"Origin": f"http://127.0.0.1:{port}"}, 200),
            ("another site's", {"Origin": "http://site.example"}, 403),
            ("one without a name", {"Origin": "null"}, 403),
            ("another port's", {"Origin": "http://127.0.0.1:1"}, 403),
            ("one that gives us a name", {"Host": f"site.example:{port}"}, 403),
            ("localhost", {"Host": f"localhost:{port}"}, 200),
            ("hub.localhost", {"Host": f"hub.localhost:{port}"}, 200),
            ("not.localhost.example", {"Host": "not.localhost.example"}, 403),
            ("a name of our network", {"Host": f"hub:{port}"}, 200),
            ("IPv6", {"Host": f"[::1]:{port}"}, 200)]:
        equal(f"open, a page: {what}", hub.ask(
            "GET", "/api/models/ada/demo", headers).status, status)
    a = hub.ask("POST", "/api/repos/create", {
        "Origin": "http://site.example", "Content-Type": "text/plain"},
        '{"name": "evil"}')
    equal("a page makes no repo", a.status, 403)


def connections(hub):
    """More than are served wait, or are turned away; those go on."""
    first = connect(hub)
    crowd = []
    for _ in range(CONNECTIONS + 100):
        try:
            crowd.append(connect(hub))
        except OSError:
            break
    first.sendall(b"GET /api/models/ada/demo HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                  b"\r\n")
    check("who was there before the crowd is served",
          first.recv(100).startswith(b"HTTP/1.1 200"))
    for s in crowd:
        s.close()
    check("and everybody after it", until(lambda: answers(hub)))
    first.close()


def answers(hub):
    try:
        return hub.get("/api/models/ada/demo").status == 200
    except OSError:
        return False


def ends(root, offer):
    """Within seconds, whoever is in the middle of something."""
    hub = LocalHub(root, offer)
    idle, half, body, reader = (connect(hub) for _ in range(4))
    half.sendall(b"GET /api/models/ada/demo HTTP/1.1\r\nHo")
    body.sendall(b"POST /api/validate-yaml HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                 b"Content-Length: 100\r\n\r\nsome")
    reader.sendall(b"GET /ada/demo/resolve/main/big.bin HTTP/1.1\r\n"
                   b"Host: 127.0.0.1\r\n\r\n")
    reader.recv(1000)
    begun = time.monotonic()
    equal("it ends well in the middle of everything",
          hub.stop(signal.SIGTERM), 0)
    check("and does not wait for them for ever", time.monotonic() - begun < 25)
    for s in idle, half, body, reader:
        s.close()


def main():
    folder = scratch()
    write_tree(folder, {"a.txt": "a", "big.bin": os.urandom(20_000_000)})
    offer = f"--repo=model:ada/demo={folder}"
    root = scratch() / "root"
    with LocalHub(root, offer) as hub:
        heads(hub)
        bodies(hub)
        names(hub)
        pages(hub)
        connections(hub)
        a = hub.get("/api/models")
        equal("nothing was made", [m["id"] for m in a.json()], ["ada/demo"])
    ends(root, offer)
    proxied(root, offer)
    done()


def proxied(root, offer):
    with LocalHub(root, offer, "--user=ada=t", "--url=https://hub.lab") as hub:
        a = hub.get("/api/models/ada/demo/tree/main?limit=1", Host="inside:1")
        check("links begin with --url", a["Link"].startswith(
            "<https://hub.lab/api/models/ada/demo/tree/main?"), a["Link"])
        equal("with users, the name does not matter", a.status, 200)
        equal("nor a page, which needs a token", hub.get(
            "/api/models/ada/demo", Origin="http://x.example").status, 200)
    for url in "hub.lab", "ftp://hub", "https://", "https://hub/x", "http://a b":
        hub = LocalHub(root, f"--url={url}", wait=False)
        check(f"--url={url}: refused", hub.process.wait(30) == 2 and
              "expected http" in hub.said(), hub.said())
        hub.stop()


main()
