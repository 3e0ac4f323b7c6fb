#!/usr/bin/env python3
"""The local Hub answers raw HTTP as RFC 9110 and the Hub's own rules say:
ranges, conditions, encodings, traversal, methods, malformed requests."""
import hashlib
import json
import os
import socket
import time

from local_hub import LocalHub, scratch, write_tree
from tap import check, done, equal

DATA = os.urandom(100_000)
TEXT = b"# demo\n"
FILES = {
    "README.md": TEXT,
    "w.bin": DATA,
    "empty.txt": b"",
    "d/a b+c&d#e%f?.txt": b"odd",
    "d/naïve 日本.txt": "ü\n".encode(),
    "d/e\u0301.txt": b"decomposed",
    "d/semi;colon\\back\"quote'.txt": b"quotes",
    "d/.hidden": b"dot",
    "d/" + "n" * 250: b"long name",
    "data/sub/x.txt": b"x",
}


def raw(hub, data):
    """Sends bytes, and gives all that comes back until the end. A server that
    closes before it has read everything may end that early."""
    with socket.create_connection((hub.host, hub.port), timeout=20) as s:
        got = b""
        try:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            while piece := s.recv(65536):
                got += piece
        except TimeoutError:
            raise
        except OSError:
            pass
        return got


def status_of(answer):
    return int(answer.split(b" ")[1]) if answer.startswith(b"HTTP/") else None


def ranges(hub):
    url = "/ada/demo/resolve/main/w.bin"
    size = len(DATA)
    for header, first, last in [
            ("bytes=0-0", 0, 0), ("bytes=10-19", 10, 19),
            ("bytes=99990-", 99990, size - 1), ("bytes=-7", size - 7, size - 1),
            ("bytes=-1000000", 0, size - 1), ("bytes=5-1000000", 5, size - 1)]:
        a = hub.get(url, Range=header)
        check(f"{header}: 206 and the right bytes", a.status == 206 and
              a.body == DATA[first:last + 1] and
              a["Content-Range"] == f"bytes {first}-{last}/{size}" and
              a["Content-Length"] == str(last - first + 1),
              a.status, a["Content-Range"], len(a.body))
    for header in [f"bytes={size}-", f"bytes={size}-{size + 5}", "bytes=-0"]:
        a = hub.get(url, Range=header)
        check(f"{header}: 416", a.status == 416 and
              a["Content-Range"] == f"bytes */{size}", a.status)
    for header in ["bytes=5-3", "bytes=x-y", "lines=0-3", "bytes=0-1,4-5", "x"]:
        a = hub.get(url, Range=header)
        check(f"{header}: the whole file", a.status == 200 and a.body == DATA,
              a.status)
    a = hub.get("/ada/demo/resolve/main/empty.txt", Range="bytes=0-0")
    equal("a range of an empty file: 416", a.status, 416)
    a = hub.get("/ada/demo/resolve/main/empty.txt")
    check("an empty file", a.status == 200 and a.body == b"" and
          a["Content-Length"] == "0", a.status)
    a = hub.get("/ada/demo/raw/main/w.bin", Range="bytes=-5")
    check("a range of an LFS pointer", a.status == 206 and
          a.body == b"0000\n", a.body)


def conditions(hub):
    url = "/ada/demo/resolve/main/w.bin"
    tag = f'"{hashlib.sha256(DATA).hexdigest()}"'
    equal("an LFS file's ETag is its sha256", hub.get(url)["ETag"], tag)
    for value, status in [(tag, 304), ("*", 304), (f'"x", W/{tag}', 304),
                          ('"x"', 200), (tag.strip('"'), 200)]:
        a = hub.get(url, If_None_Match=value)
        check(f"If-None-Match {value[:12]}: {status}", a.status == status and
              (status == 200 or (a.body == b"" and a["ETag"] == tag)), a.status)
    a = hub.ask("HEAD", url, {"If-None-Match": tag})
    equal("HEAD with If-None-Match: 304", a.status, 304)
    equal("If-Match of another: 412", hub.get(url, If_Match='"x"').status, 412)
    equal("If-Match of this", hub.get(url, If_Match=tag).status, 200)
    when = hub.get(url)["Last-Modified"]
    equal("If-Modified-Since then: 304",
          hub.get(url, If_Modified_Since=when).status, 304)
    equal("If-Range that holds: 206",
          hub.get(url, Range="bytes=0-3", If_Range=tag).status, 206)
    equal("If-Range by date: 206",
          hub.get(url, Range="bytes=0-3", If_Range=when).status, 206)
    a = hub.get(url, Range="bytes=0-3", If_Range='"old"')
    check("If-Range that does not: the whole file",
          a.status == 200 and a.body == DATA, a.status)


def heads(hub):
    for path in ["/ada/demo/resolve/main/w.bin", "/ada/demo/raw/main/w.bin",
                 "/ada/demo/resolve/main/README.md", "/api/models/ada/demo",
                 "/api/models/ada/demo/tree/main?recursive=true",
                 "/ada/demo/resolve/main/none", "/api/models/x/y", "/nothing"]:
        g, h = hub.get(path), hub.ask("HEAD", path)
        keep = {"date", "x-request-id"}
        strip = lambda a: sorted((k.lower(), v) for k, v in a.headers.items()
                                 if k.lower() not in keep)
        check(f"HEAD is GET without a body: {path}", g.status == h.status and
              h.body == b"" and strip(g) == strip(h), strip(g), strip(h))
    a = hub.get("/ada/demo/resolve/main/README.md")
    blob = hashlib.sha1(b"blob %d\0" % len(TEXT) + TEXT).hexdigest()
    equal("a plain file's ETag is its git id", a["ETag"], f'"{blob}"')
    for name in ["X-Repo-Commit", "X-Linked-Size", "X-Linked-ETag",
                 "Accept-Ranges", "Last-Modified", "Content-Disposition",
                 "X-Request-Id"]:
        check(f"resolve has {name}", a[name])
    equal("no Content-Encoding",
          hub.get("/ada/demo/resolve/main/README.md",
                  Accept_Encoding="gzip, br")["Content-Encoding"], None)
    equal("Content-Disposition", a["Content-Disposition"],
          "inline; filename*=UTF-8''README.md; filename=\"README.md\";")
    a = hub.get("/ada/demo/resolve/main/README.md?download=true")
    check("download=true is an attachment",
          a["Content-Disposition"].startswith("attachment;"))
    a = hub.get("/ada/demo/resolve/main/README.md?noContentDisposition=1")
    equal("noContentDisposition", a["Content-Disposition"], None)
    pointer = hub.get("/ada/demo/raw/main/w.bin").body.decode()
    equal("raw gives the LFS pointer", pointer,
          "version https://git-lfs.github.com/spec/v1\noid sha256:"
          f"{hashlib.sha256(DATA).hexdigest()}\nsize {len(DATA)}\n")


def names(hub):
    from urllib.parse import quote
    for path, content in FILES.items():
        for spelled in [quote(path, safe=""), quote(path)]:
            a = hub.get(f"/ada/demo/resolve/main/{spelled}")
            check(f"{spelled[:60]}", a.status == 200 and
                  a.body == (content if isinstance(content, bytes)
                             else content.encode()), a.status)
    listed = hub.get("/api/models/ada/demo/tree/main?recursive=true").json()
    equal("every name is listed as it is",
          sorted(e["path"] for e in listed if e["type"] == "file"),
          sorted(FILES))
    a = hub.get("/api/models/ada/demo/tree/main/d%2F")
    equal("a folder with its slash", a.status, 200)


def refusals(hub):
    base = "/ada/demo/resolve/main/"
    for path in ["../../../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd",
                 "d/%2e%2e%2f%2e%2e%2fetc/passwd", "..%2fREADME.md", "d//x",
                 "a%00b", "%", "%4", "%zz", "%ff", "x" * 5000, "n" * 256,
                 "./README.md", "d/./x"]:
        a = hub.get(base + path)
        check(f"refused: {path[:30]}", a.status == 400 and
              b"error" in a.body, a.status)
    for path, status in [
            ("/", 404), ("/api", 404), ("/api/nothing", 404), ("/ada", 404),
            ("/ada/demo", 404), ("/ada/demo/blob/main/README.md", 404),
            ("/models/ada/demo/resolve/main/README.md", 404),
            ("/api/models/ada/demo/unknown", 404), ("/api/kernels/a/b", 404),
            ("/api/models/ada/demo/tree", 404), ("/api/agent-harnesses", 404),
            ("/_hffs/cas/v1/nothing/00", 404), ("/_hffs/stats", 404)]:
        a = hub.get(path)
        check(f"GET {path}: {status}, in JSON", a.status == status and
              "error" in a.json() and a["X-Error-Message"], a.status)
    for method, path, allow in [
            ("POST", "/api/models/ada/demo", "GET,HEAD"),
            ("DELETE", "/ada/demo/resolve/main/w.bin", "GET,HEAD"),
            ("PUT", "/api/whoami-v2", "GET,HEAD"),
            ("GET", "/api/models/ada/demo/paths-info/main", "POST"),
            ("BREW", "/api/models", "GET,HEAD")]:
        a = hub.ask(method, path)
        check(f"{method} {path}: 405", a.status == 405 and
              a["Allow"] == allow, a.status, a["Allow"])
    for method, path in [("GET", "/api/models/ada/demo/compare/a..b")]:
        a = hub.ask(method, path)
        check(f"{method} {path}: 501", a.status == 501 and
              "error" in a.json(), a.status)
    for query in ["limit=0", "limit=x", "limit=-1", "limit=1.5", "cursor=%21",
                  "cursor=", "limit=99999999999999999999999"]:
        a = hub.get(f"/api/models/ada/demo/tree/main?{query}")
        equal(f"tree?{query}: 400", a.status, 400)
    equal("expand of an unknown field: 400",
          hub.get("/api/models/ada/demo?expand=nonsense").status, 400)
    equal("commits?p=x: 400",
          hub.get("/api/models/ada/demo/commits/main?p=x").status, 400)


def paths_info(hub):
    url = "/api/models/ada/demo/paths-info/main"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    js = {"Content-Type": "application/json; charset=utf-8"}
    a = hub.ask("POST", url, form, "paths=README.md&paths=d&paths=none"
                "&paths=data%2Fsub%2Fx.txt&expand=true")
    equal("a form: what exists, in order",
          [e["path"] for e in a.json()], ["README.md", "d", "data/sub/x.txt"])
    check("expand gives the last commit",
          all("lastCommit" in e for e in a.json()))
    a = hub.ask("POST", url, js, json.dumps({"paths": ["w.bin", "../x", ""]}))
    equal("JSON", [e["path"] for e in a.json()], ["w.bin"])
    a = hub.ask("POST", url, js, json.dumps({"paths": "w.bin"}))
    equal("JSON with one text", [e["path"] for e in a.json()], ["w.bin"])
    for headers, body in [(js, "{"), (js, "[]"), (js, '{"paths": 1}'),
                          (js, '{"paths": [1]}'), (js, "{}"),
                          (form, "paths=%zz"), (form, "paths=%00")]:
        equal(f"malformed: {body}", hub.ask("POST", url, headers, body).status,
              400)
    many = "&".join(f"paths=p{i}" for i in range(2001))
    equal("2,001 paths: 413", hub.ask("POST", url, form, many).status, 413)
    many = "&".join(f"paths=p{i}" for i in range(2000))
    equal("2,000 paths", hub.ask("POST", url, form, many).status, 200)
    equal("20 MB: 413", hub.ask("POST", url, form, b"x" * 20_000_000).status,
          413)
    a = raw(hub, b"POST " + url.encode() + b" HTTP/1.1\r\nHost: a\r\n"
            b"Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n"
            b"Connection: close\r\n\r\n10\r\n" + b'{"paths":["w.bin' +
            b"\r\n4\r\n\"]} \r\n0\r\n\r\n")
    check("a chunked body", status_of(a) == 200 and b'"w.bin"' in a, a[:200])
    a = raw(hub, b"POST " + url.encode() + b" HTTP/1.1\r\nHost: a\r\n"
            b"Content-Length: 2\r\nExpect: 100-continue\r\n"
            b"Content-Type: application/json\r\nConnection: close\r\n\r\n{}")
    check("Expect: 100-continue", a.startswith(b"HTTP/1.1 100 "), a[:60])


def paging(hub):
    path = "/api/models/ada/demo/tree/main?recursive=true&expand=true&limit=2"
    whole = hub.get(
        "/api/models/ada/demo/tree/main?recursive=true&expand=true").json()
    listed, host, pages = [], {"Host": "hub-a:1234"}, 0
    while path:
        a = hub.ask("GET", path, host)
        listed += a.json()
        pages += 1
        link = a["Link"]
        path = None
        if link:
            url, rel = link.split("; ")
            check("Link is absolute, from the Host header",
                  url.startswith("<http://hub-a:1234/api/models/") and
                  rel == 'rel="next"' and "," not in url and
                  "limit=2" in url and "expand=true" in url, link)
            path = url[1:-1].removeprefix("http://hub-a:1234")
    check(f"{pages} pages of 2 make the whole", listed == whole)
    a = hub.get("/api/models/ada/demo/tree/main/data,none?limit=1")
    equal("a folder that is not there: 404", a.status, 404)
    equal("EntryNotFound", a["X-Error-Code"], "EntryNotFound")
    a = hub.get("/api/models/ada/demo/tree/main/README.md")
    equal("a file is no folder", a["X-Error-Code"], "EntryNotFound")


def malformed(hub):
    get = b"GET /api/models HTTP/1.1\r\n"
    host = b"Host: a\r\n"
    for what, text in [
            ("no host", get + b"\r\n"),
            ("two hosts", get + host + b"Host: b\r\n\r\n"),
            ("a host with a blank", get + b"Host: a b\r\n\r\n"),
            ("a blank before the colon", get + b"Host : a\r\n\r\n"),
            ("no colon", get + host + b"nonsense\r\n\r\n"),
            ("a blank in the target", b"GET /api/ x HTTP/1.1\r\n" + host +
             b"\r\n"),
            ("a bad length", get + host + b"Content-Length: x\r\n\r\n"),
            ("a negative length", get + host + b"Content-Length: -1\r\n\r\n"),
            ("two lengths", get + host +
             b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
            ("length and chunks", get + host + b"Content-Length: 3\r\n"
             b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            ("no version", b"GET /api/models\r\n" + host + b"\r\n"),
            ("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
            ("options *", b"OPTIONS * HTTP/1.1\r\n" + host + b"\r\n")]:
        status = status_of(raw(hub, text))
        check(f"{what}: 400", status == 400 or
              (what == "no HTTP" and status is None), status)
    equal("HTTP/2.0: 505", status_of(
        raw(hub, b"GET / HTTP/2.0\r\nHost: a\r\n\r\n")), 505)
    equal("another coding: 501", status_of(
        raw(hub, get + host + b"Transfer-Encoding: gzip\r\n\r\n")), 501)
    big = b"X-Big: " + b"x" * 200_000 + b"\r\n"
    check("200 kB of headers: 431, or cut off",
          status_of(raw(hub, get + host + big)) in (431, None))
    check("100 kB of target: 414, or cut off",
          status_of(raw(hub, b"GET /" + b"x" * 100_000)) in (414, None))
    equal("40 kB of target: 400", status_of(
        raw(hub, b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\n" + host +
            b"\r\n")), 400)
    a = raw(hub, b"GET http://elsewhere/api/models HTTP/1.1\r\nHost: a\r\n"
            b"Connection: close\r\n\r\n")
    equal("absolute form", status_of(a), 200)
    equal("HTTP/1.0 without a host",
          status_of(raw(hub, b"GET /api/models HTTP/1.0\r\n\r\n")), 200)
    two = get + host + b"\r\n"
    a = raw(hub, two + two + get + host + b"Connection: close\r\n\r\n")
    equal("three requests at once", a.count(b"HTTP/1.1 200 OK"), 3)


def slow_clients(hub):
    """Many who do not read what they asked for, and many who dawdle."""
    get = b"GET /ada/big/resolve/main/big.bin HTTP/1.1\r\nHost: a\r\n\r\n"
    sockets = []
    for i in range(100):
        s = socket.create_connection((hub.host, hub.port))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.sendall(get if i % 2 else get[:20])
        sockets.append(s)
    start = time.monotonic()
    good = sum(hub.get("/ada/demo/resolve/main/w.bin").body == DATA
               for _ in range(50))
    check("100 slow clients, and 50 requests", good == 50 and
          time.monotonic() - start < 10, good, time.monotonic() - start)
    for s in sockets[::2]:
        s.sendall(get[20:])
    parts = [s.recv(17) for s in sockets]
    check("all of them are served too",
          all(p == b"HTTP/1.1 200 OK\r\n" for p in parts))
    for s in sockets:
        s.close()


def stopping(hub):
    with socket.create_connection((hub.host, hub.port)) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.sendall(b"GET /ada/big/resolve/main/big.bin HTTP/1.1\r\n"
                  b"Host: a\r\n\r\n")
        s.recv(100)
        start = time.monotonic()
        equal("SIGTERM ends it, also while somebody does not read",
              hub.stop(), 0)
        check("... in time", time.monotonic() - start < 20)


def other_names():
    folder = scratch()
    write_tree(folder, {"a.txt": "a"})
    with LocalHub(scratch(), f"--repo=model:gpt2={folder}",
                  f"--repo=dataset:squad={folder}", "--listen=::1") as hub:
        check("IPv6", hub.url.startswith("http://[::1]:"), hub.url)
        for path in ["/api/models/gpt2", "/api/models/gpt2/revision/main",
                     "/api/models/gpt2/tree/main", "/gpt2/resolve/main/a.txt",
                     "/api/datasets/squad/refs",
                     "/datasets/squad/resolve/main/a.txt"]:
            equal(f"a name without a namespace: {path}",
                  hub.get(path).status, 200)
        equal("its id", hub.get("/api/models/gpt2").json()["id"], "gpt2")
        link = hub.get("/api/models/gpt2/tree/main?limit=1")
        check("one page, no Link", link["Link"] is None)


def long_paths():
    """4,000 bytes of path, and folders as deep."""
    parts = ["p" * 250] * 15 + ["q" * 200]
    path = "/".join(parts)
    folder = scratch()
    here = os.open(folder, os.O_RDONLY)
    for part in parts[:-1]:
        os.mkdir(part, dir_fd=here)
        below = os.open(part, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    with open(os.open(parts[-1], os.O_CREAT | os.O_WRONLY, dir_fd=here),
              "w") as f:
        f.write("deep")
    os.close(here)
    with LocalHub(scratch(), "--repo", f"model:ada/deep={folder}") as hub:
        a = hub.get(f"/ada/deep/resolve/main/{path}")
        check("a path of 3,965 bytes", a.status == 200 and a.body == b"deep",
              a.status)
        a = hub.get("/ada/deep/resolve/main/" +
                    "".join(f"%{ord(c):02x}" for c in path))
        equal("... with every byte escaped", a.status, 200)
        listed = hub.get(
            "/api/models/ada/deep/tree/main?recursive=true").json()
        equal("all its folders are listed", len(listed), 16)


folder, big = scratch(), scratch()
write_tree(folder, FILES)
write_tree(big, {"big.bin": os.urandom(20_000_000)})
with LocalHub(scratch(), f"--repo=model:ada/demo={folder}",
              f"--repo=model:ada/big={big}") as hub:
    ranges(hub)
    conditions(hub)
    heads(hub)
    names(hub)
    refusals(hub)
    paths_info(hub)
    paging(hub)
    malformed(hub)
    slow_clients(hub)
    stopping(hub)
other_names()
long_paths()
done()
