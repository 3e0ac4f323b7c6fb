#!/usr/bin/env python3
"""The commit API, preupload and LFS by raw HTTP: what is malformed, too large,
out of order or not allowed is refused with the right status, and leaves
nothing; content of others cannot be had by its hash."""
import base64
import hashlib
import json
import os
import shutil
import socket
import threading
from urllib.parse import urlsplit

from local_hub import LocalHub, scratch
from tap import check, done, equal, until

DATA = os.urandom(300_000)
LFS = {"Content-Type": "application/vnd.git-lfs+json",
       "Accept": "application/vnd.git-lfs+json"}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def text(value):
    return base64.b64encode(value).decode()


def line(key, **value):
    return json.dumps({"key": key, "value": value}).encode() + b"\n"


def file(path, content=b"x", **more):
    return line("file", path=path, content=text(content), encoding="base64",
                **more)


def lfs(path, data, **more):
    return line("lfsFile", **{"path": path, "algo": "sha256", "size": len(data),
                              "oid": sha256(data)} | more)


HEADER = line("header", summary="a commit", description="")


class Client:
    def __init__(self, hub, user=None):
        self.hub = hub
        self.headers = {"Authorization": f"Bearer token-{user}"} if user else {}

    def ask(self, method, path, body=None, **headers):
        return self.hub.ask(method, path, self.headers | {
            k.replace("_", "-"): v for k, v in headers.items()}, body)

    def commit(self, *lines, repo="ada/demo", rev="main", query=""):
        return self.ask("POST", f"/api/models/{repo}/commit/{rev}{query}",
                        b"".join(lines), Content_Type="application/x-ndjson")

    def batch(self, *objects, repo="ada/demo", **more):
        body = {"operation": "upload", "transfers": ["basic", "multipart"],
                "hash_algo": "sha256", "objects": list(objects)} | more
        return self.hub.ask(
            "POST", f"/{repo}.git/info/lfs/objects/batch",
            self.headers | LFS, json.dumps(body))

    def upload_url(self, data, repo="ada/demo", **more):
        """Where to send it; None: it need not be sent."""
        answer = self.batch({"oid": sha256(data), "size": len(data)},
                            repo=repo, **more)
        object_ = answer.json()["objects"][0]
        return object_.get("actions", {}).get("upload")

    def upload(self, data, repo="ada/demo"):
        url = self.upload_url(data, repo, transfers=["basic"])
        return put(self.hub, url["href"], data)

    def head(self, repo="ada/demo", rev="main"):
        a = self.ask("GET", f"/api/models/{repo}/revision/{rev}")
        return a.json()["sha"]

    def files(self, repo="ada/demo", rev="main"):
        a = self.ask("GET", f"/api/models/{repo}/tree/{rev}?recursive=true"
                     "&limit=1000")
        return {e["path"]: e for e in a.json() if e["type"] == "file"}


def put(hub, url, data, method="PUT"):
    parts = urlsplit(url)
    return hub.ask(method, f"{parts.path}?{parts.query}", {}, data)


def blobs(hub):
    return {p.name for p in (hub.root / "blobs").glob("??/*")}


def leftovers(hub):
    return [*(hub.root / "blobs/new").iterdir()]


def refused(claim, client, status, *lines, code=None, **where):
    """The answer has this status, and the repo is as it was."""
    before = client.head()
    a = client.commit(*lines, **where)
    return check(f"{claim}: {status}", a.status == status and
                 a["X-Error-Code"] == code and "error" in a.json() and
                 client.head() == before, a.status, a["X-Error-Code"], a.body)


def malformed(ada):
    refused("no body", ada, 400)
    refused("no header", ada, 400, file("a"))
    refused("a second header", ada, 400, HEADER, HEADER)
    refused("not JSON", ada, 400, HEADER, b"what\n")
    refused("an array", ada, 400, HEADER, b"[1]\n")
    refused("an unknown key", ada, 400, HEADER, line("move", path="a"))
    refused("no value", ada, 400, HEADER, b'{"key": "file"}\n')
    refused("no summary", ada, 400, line("header", description="x"))
    refused("a blank summary", ada, 400, line("header", summary="  "))
    refused("content that is not base64", ada, 400, HEADER, line(
        "file", path="a", content="!!!", encoding="base64"))
    refused("an unknown encoding", ada, 400, HEADER, line(
        "file", path="a", content="x", encoding="utf-16"))
    refused("an oid that is none", ada, 400, HEADER, line(
        "lfsFile", path="a", algo="sha256", oid="00", size=1))
    refused("another algo", ada, 400, HEADER, lfs("a", b"x", algo="sha1"))
    for path in ["", "/", "/a", "a/", "a//b", "../a", "a/../b", "a/./b", ".",
                 ".git/config", "a/.git/b", "a/.GIT", "a\0b", "n" * 256,
                 "/".join(["d" * 200] * 21)]:
        refused(f"the path {path[:20]!r}", ada, 400, HEADER, file(path))
        if path:
            refused(f"... to delete", ada, 400, HEADER, line(
                "deletedFile", path=path))
    a = ada.commit(HEADER, b'{"key":"file","value":{"path":"\xff","content":'
                   b'"x"}}\n')
    equal("a path that is not UTF-8: 400", a.status, 400)
    refused("a good line before a bad one", ada, 400, HEADER, file("good"),
            b"{\n")
    a = ada.commit(HEADER, b"\n", b"  \r\n", file("crlf").replace(
        b"\n", b"\r\n"), file("last").rstrip())
    check("blank lines, CRLF, no newline at the end", a.status == 200 and
          {"crlf", "last"} <= set(ada.files()), a.body)
    a = ada.commit(HEADER, line("file", path="plain", content="ü\n"))
    check("content as it is is UTF-8", a.status == 200 and ada.ask(
        "GET", "/ada/demo/resolve/main/plain").body == "ü\n".encode(), a.body)


def bounds(hub, ada):
    refused("a file of more than 10 MiB in a line", ada, 400, HEADER,
            file("large", bytes((10 << 20) + 1)))
    refused("a line of more than 16 MiB", ada, 413, HEADER,
            b'{"key":"file","value":{"path":"' + b"x" * (17 << 20))
    a = ada.commit(HEADER, *(file(f"m/{i}", bytes(5 << 20)) for i in range(12)))
    check("84 MB in 12 lines are one commit", a.status == 200 and
          len([p for p in ada.files() if p.startswith("m/")]) == 12, a.status)
    a = ada.ask("POST", "/api/models/ada/demo/commit/main",
                Content_Length=str(5 << 30), Expect="100-continue")
    equal("a body of 5 GiB: 413 before it is sent", a.status, 413)
    refused("more than 100,000 lines", ada, 413, HEADER,
            line("deletedFile", path="none/at/all") * 100_001)
    a = ada.commit(line("header", summary="x" * 5000), file("long-title"))
    equal("a long summary", a.status, 200)
    equal("nothing half-done is left", leftovers(hub), [])


def order(ada):
    a = ada.commit(HEADER, file("o/a", b"1"), file("o/a", b"2"))
    check("of two lines for one path the later counts", a.status == 200 and
          ada.ask("GET", "/ada/demo/resolve/main/o/a").body == b"2", a.body)
    a = ada.commit(HEADER, line("deletedFolder", path="o/"), file("o/b"))
    check("a folder that goes, and a file in it that comes",
          a.status == 200 and [p for p in ada.files() if p.startswith("o/")] ==
          ["o/b"], a.body)
    a = ada.commit(HEADER, file("o/c"), line("deletedFolder", path="o"))
    check("and the other way round", a.status == 200 and
          not [p for p in ada.files() if p.startswith("o")], a.body)
    refused("gone is gone", ada, 404, HEADER, file("p"), line(
        "deletedFile", path="p"), line("deletedFile", path="p"),
        code="EntryNotFound")
    refused("a file and a folder", ada, 400, HEADER, file("q"), file("q/r"))
    ada.commit(HEADER, file("old", b"moves"))
    a = ada.commit(HEADER, file("new", b"moves", oldPath="old"))
    check("oldPath moves", a.status == 200 and "new" in ada.files() and
          "old" not in ada.files(), a.body)
    ada.commit(HEADER, file("e1"), file("e2/f"))
    a = ada.commit(HEADER, line("deletedEntry", path="e1"), line(
        "deletedEntry", path="e2"))
    check("deletedEntry takes files and folders", a.status == 200 and
          not {"e1", "e2/f"} & set(ada.files()), a.body)
    a = ada.commit(HEADER, line("copyFile", path="c", srcPath="new"))
    check("copyFile", a.status == 200 and ada.ask(
        "GET", "/ada/demo/resolve/main/c").body == b"moves", a.body)
    refused("a copy of nothing", ada, 404, HEADER, line(
        "copyFile", path="c", srcPath="none"), code="EntryNotFound")
    refused("a copy from no revision", ada, 404, HEADER, line(
        "copyFile", path="c", srcPath="new", srcRevision="none"),
        code="RevisionNotFound")
    head = ada.head()
    a = ada.commit(HEADER, file("new", b"moves"))
    check("no change is no commit", a.status == 200 and
          a.json()["commitOid"] == head and ada.head() == head, a.body)
    a = ada.commit(HEADER, file("answer"))
    check("the answer", a.json() == {
        "success": True, "commitOid": ada.head(), "hookOutput": "",
        "commitUrl": f"{ada.hub.url}/ada/demo/commit/{ada.head()}"}, a.body)


def revisions(ada):
    head = ada.head()
    refused("no such branch", ada, 404, HEADER, file("a"), rev="none",
            code="RevisionNotFound")
    refused("a commit id", ada, 400, HEADER, file("a"), rev=head)
    refused("no such pull request", ada, 404, HEADER, file("a"),
            rev="refs%2Fpr%2F99", code="RevisionNotFound")
    refused("a ref of another kind", ada, 404, HEADER, file("a"),
            rev="refs%2Fconvert%2Fparquet", code="RevisionNotFound")
    for parent in ["0" * 40, "x", "", head[:6], head + "0"]:
        refused(f"parentCommit {parent[:8]!r}", ada, 412, line(
            "header", summary="s", parentCommit=parent), file("late"))
    a = ada.commit(line("header", summary="s", parentCommit=head),
                   file("in-time"))
    equal("parentCommit that is the head", a.status, 200)
    refused("... and not any more", ada, 412, line(
        "header", summary="s", parentCommit=head), file("late"))
    a = ada.ask("GET", "/api/models/ada/demo/commit/main")
    equal("GET: 405", a.status, 405)


def rights(hub, ada, bob):
    nobody = Client(hub)
    a = nobody.commit(HEADER, file("a"))
    check("nobody: 401", a.status == 401 and
          a["X-Error-Code"] == "RepoNotFound", a.status)
    a = nobody.ask("POST", "/api/models/ada/demo/commit/main",
                   Content_Length=str(3 << 30), Expect="100-continue")
    equal("nobody's 3 GiB: 401 before they are sent", a.status, 401)
    refused("another user", bob, 403, HEADER, file("a"))
    a = bob.commit(HEADER, file("a"), repo="ada/secret")
    check("... of a repo that they may not know: 404", a.status == 404 and
          a["X-Error-Code"] == "RepoNotFound", a.body)
    a = bob.commit(HEADER, file("a"), repo="ada/none")
    check("... as of one that is not there", a.status == 404 and
          a["X-Error-Code"] == "RepoNotFound", a.body)
    for client, status in [(nobody, 401), (bob, 404)]:
        a = client.batch({"oid": sha256(b"x"), "size": 1}, repo="ada/secret")
        equal(f"LFS batch: {status}", a.status, status)
        a = client.ask("POST", "/api/models/ada/secret/preupload/main",
                       json.dumps({"files": []}))
        equal(f"preupload: {status}", a.status, status)
    equal("LFS batch of a public repo by nobody: 401",
          nobody.batch({"oid": sha256(b"x"), "size": 1}).status, 401)


def preupload(ada):
    def ask(files, **more):
        return ada.ask("POST", "/api/models/ada/demo/preupload/main",
                       json.dumps({"files": files} | more))

    def modes(files, **more):
        return {f["path"]: f for f in ask(files, **more).json()["files"]}
    got = modes([
        {"path": "w.bin", "sample": text(b"text"), "size": 4},
        {"path": "a.txt", "sample": text(b"text"), "size": 4},
        {"path": "b.txt", "sample": text(b"\0\1\2"), "size": 3},
        {"path": "c.txt", "sample": text(b"text"), "size": 11 << 20},
        {"path": "e.bin", "sample": "", "size": 0}])
    equal("preupload: by rule, text, bytes, size, emptiness",
          [got[p]["uploadMode"] for p in sorted(got)],
          ["regular", "lfs", "lfs", "regular", "lfs"])
    check("preupload: shouldIgnore is always there",
          all(f["shouldIgnore"] is False for f in got.values()))
    ada.commit(HEADER, file("known.txt", b"known"))
    got = modes([{"path": "known.txt", "sample": "", "size": 5},
                 {"path": "unknown.txt", "sample": "", "size": 5}])
    check("preupload: the oid of what is there", got["known.txt"]["oid"] ==
          hashlib.sha1(b"blob 5\0known").hexdigest() and
          got["unknown.txt"].get("oid") is None, got)
    got = modes([{"path": p, "sample": "", "size": 1}
                 for p in ["x.log", "keep.log", "a/tmp/x"]],
                gitIgnore="*.log\n!keep.log\ntmp/\n")
    equal("preupload: gitIgnore", [f["shouldIgnore"] for f in got.values()],
          [True, False, True])
    got = modes([{"path": "x.dat", "sample": "", "size": 1},
                 {"path": "x.bin", "sample": "", "size": 1}],
                gitAttributes="*.dat filter=lfs\n")
    equal("preupload: gitAttributes", [f["uploadMode"] for f in got.values()],
          ["lfs", "regular"])
    for claim, body, status in [
            ("not JSON", "x", 400), ("no files", "{}", 400),
            ("files that are none", '{"files": 7}', 400),
            ("no path", '{"files": [{"size": 1}]}', 400),
            ("no size", '{"files": [{"path": "a"}]}', 400),
            ("a bad path", '{"files": [{"path": "../a", "size": 1}]}', 400),
            ("a bad sample",
             '{"files": [{"path": "a", "size": 1, "sample": "!"}]}', 400),
            ("1001 files", json.dumps(
                {"files": [{"path": "a", "size": 1}] * 1001}), 413)]:
        a = ada.ask("POST", "/api/models/ada/demo/preupload/main", body)
        equal(f"preupload: {claim}: {status}", a.status, status)
    a = ada.ask("POST", "/api/models/ada/demo/preupload/none",
                json.dumps({"files": []}))
    check("preupload: no such revision", a.status == 404 and
          a["X-Error-Code"] == "RevisionNotFound")


def batches(ada):
    object_ = {"oid": sha256(DATA), "size": len(DATA)}
    for claim, status, more in [
            ("no operation", 422, {"operation": None}),
            ("an unknown operation", 422, {"operation": "delete"}),
            ("another hash", 409, {"hash_algo": "sha512"}),
            ("transfers that are not here", 422, {"transfers": ["ssh"]}),
            ("objects that are none", 422, {"objects": "x"}),
            ("no objects", 422, {"objects": []}),
            ("1001 objects", 413, {"objects": [object_] * 1001})]:
        equal(f"batch: {claim}: {status}", ada.batch(**more).status, status)
    equal("batch: not JSON: 400", ada.ask(
        "POST", "/ada/demo.git/info/lfs/objects/batch", "x").status, 400)
    a = ada.batch(object_, {"oid": "xyz", "size": 1}, {"oid": sha256(b"")},
                  {"oid": sha256(b"a"), "size": -1},
                  {"oid": sha256(b"b"), "size": 10 ** 15}, 7,
                  hash_algo="sha_256")
    check("batch: errors are per object", a.status == 200 and
          [o.get("error", {}).get("code") for o in a.json()["objects"]] ==
          [None] + [422] * 5, a.body)
    check("batch: what git-lfs and others parse", a["Content-Type"] ==
          "application/vnd.git-lfs+json" and
          a.json()["transfer"] == "basic" and
          "href" in a.json()["objects"][0]["actions"]["upload"] and
          "href" in a.json()["objects"][0]["actions"]["verify"], a.body)
    large = {"oid": sha256(b"large"), "size": 1 << 38}
    header = ada.batch(large).json()["objects"][0]["actions"]["upload"][
        "header"]
    numbers = [k for k in header if k.isdigit()]
    check("256 GiB go in parts, 500 at most", len(numbers) ==
          -(-large["size"] // int(header["chunk_size"])) <= 500, len(numbers))
    check("but not for who cannot", "header" not in ada.batch(
        large, transfers=["basic"]).json()["objects"][0]["actions"]["upload"])
    a = ada.batch(object_, operation="download")
    equal("download of what is not there", a.json()["objects"][0]["error"][
        "code"], 404)


def uploads(hub, ada):
    url = ada.upload_url(DATA)["href"]
    before = blobs(hub)
    parts = urlsplit(url)
    for claim, changed, status in [
            ("another oid", url.replace(sha256(DATA), sha256(b"x")), 403),
            ("another size", url.replace(f"size={len(DATA)}", "size=5"), 403),
            ("another user", url.replace("user=ada", "user=bob"), 403),
            ("a later end", url.replace("expires=1", "expires=2"), 403),
            ("a part of it", url + "&part=1", 403),
            ("no signature", url.split("&signature")[0], 403),
            ("no query", url.split("?")[0], 403),
            ("no oid", url.replace(sha256(DATA), "x"), 403)]:
        equal(f"PUT with {claim}: {status}",
              put(hub, changed, DATA).status, status)
    equal("POST to the URL of a PUT: 403", put(hub, url, "{}", "POST").status,
          403)
    equal("less than was announced: 400",
          put(hub, url, DATA[:-1]).status, 400)
    equal("more: 400", put(hub, url, DATA + b"x").status, 400)
    equal("the same length, other bytes: 422",
          put(hub, url, DATA[:-1] + b"x"
              if DATA[-1:] != b"x" else DATA[:-1] + b"y").status, 422)
    for claim, end, status in [("chunks of more than that", b"more", 413),
                               ("chunks of other bytes", b"", 422)]:
        a = hub.ask("PUT", f"{parts.path}?{parts.query}",
                    {"Transfer-Encoding": "chunked"}, (
                        b"%x\r\n%s\r\n" % (len(c), c)
                        for c in [DATA[5:] + end, DATA[:5], b""]))
        equal(f"{claim}: {status}", a.status, status)
    check("none of these left anything", blobs(hub) == before and
          leftovers(hub) == [], leftovers(hub))
    a = ada.commit(HEADER, lfs("w.bin", DATA))
    check("a commit of what is not there: 400", a.status == 400 and
          "not been uploaded" in a.json()["error"], a.body)
    broken_off(hub, parts)
    equal("all of it: 200", put(hub, url, DATA).status, 200)
    equal("again: 200", put(hub, url, DATA).status, 200)
    equal("now it need not be sent", ada.upload_url(DATA), None)
    a = ada.batch({"oid": sha256(DATA), "size": len(DATA) + 1})
    equal("with another size it cannot be", a.json()["objects"][0]["error"][
        "code"], 422)
    for body, status in [({"oid": sha256(DATA), "size": len(DATA)}, 200),
                         ({"oid": sha256(DATA), "size": 7}, 422),
                         ({"oid": sha256(b"none"), "size": 4}, 404),
                         ({"oid": "x"}, 422)]:
        a = ada.ask("POST", "/ada/demo.git/info/lfs/verify", json.dumps(body))
        equal(f"verify: {status}", a.status, status)
    refused("a commit with another size", ada, 400, HEADER,
            lfs("w.bin", DATA, size=7))
    a = ada.commit(HEADER, lfs("w.bin", DATA))
    equal("the commit", a.status, 200)
    a = ada.commit(HEADER, line("lfsFile", path="v.bin", oid=sha256(DATA)))
    check("a size may be left out", a.status == 200 and
          ada.files()["v.bin"]["size"] == len(DATA), a.body)
    a = ada.batch({"oid": sha256(DATA), "size": len(DATA)},
                  operation="download")
    href = a.json()["objects"][0]["actions"]["download"]["href"]
    check("download by its URL", put(hub, href, None, "GET").body == DATA)
    equal("... which is good for that alone", put(
        hub, href.replace(sha256(DATA), sha256(b"x")), None, "GET").status, 403)


def broken_off(hub, parts):
    """A client that leaves in the middle."""
    with socket.create_connection((hub.host, hub.port), timeout=20) as s:
        s.sendall(b"PUT %s?%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
                  % (parts.path.encode(), parts.query.encode(), len(DATA)))
        s.sendall(DATA[:280_000])
        check("a body goes aside while it comes",
              until(lambda: leftovers(hub)) != [])
    check("and away with its client", until(lambda: not leftovers(hub)))


def multipart(hub, ada):
    data = os.urandom(1 << 20) * 70
    action = ada.upload_url(data)
    header, size = action["header"], int(action["header"]["chunk_size"])
    pieces = [data[i:i + size] for i in range(0, len(data), size)]
    urls = [header[k] for k in sorted(header) if k.isdigit()]
    equal("as many URLs as parts", len(urls), len(pieces))

    def finish(parts, **more):
        return put(hub, action["href"], json.dumps(
            {"oid": sha256(data), "parts": parts} | more), "POST")
    equal("no part is there: 400", finish([]).status, 400)
    equal("a part of a wrong size: 400",
          put(hub, urls[0], pieces[1]).status, 400)
    equal("a part by the URL of another: 403", put(hub, urls[0].replace(
        "part=1", "part=2"), pieces[1]).status, 403)
    last = put(hub, urls[1], pieces[1])
    check("the last part first: 200, with an ETag", last.status == 200 and
          last["ETag"], last.status)
    equal("one is missing: 400", finish(
        [{"partNumber": 2, "etag": last["ETag"]}]).status, 400)
    wrong = put(hub, urls[0], bytes(len(pieces[0])))
    equal("a wrong one: 422", finish([
        {"partNumber": 1, "etag": wrong["ETag"]},
        {"partNumber": 2, "etag": last["ETag"]}]).status, 422)
    first = put(hub, urls[0], pieces[0])
    check("sent again it has another ETag", first["ETag"] != wrong["ETag"])
    good = [{"partNumber": 2, "etag": last["ETag"].strip('"')},
            {"partNumber": 1, "etag": first["ETag"]}]
    for claim, parts, more in [
            ("an ETag of nothing", [good[0] | {"etag": "0" * 32}, good[1]], {}),
            ("an ETag that is none", [good[0] | {"etag": "../x"}, good[1]], {}),
            ("a part that is none", [*good, {"partNumber": 3,
                                             "etag": "0" * 32}], {}),
            ("a part with two ETags", [*good, {"partNumber": 1,
                                               "etag": wrong["ETag"]}], {}),
            ("another oid", good, {"oid": sha256(b"x")}),
            ("parts that are none", "x", {})]:
        equal(f"{claim}: 400", finish(parts, **more).status, 400)
    equal("not JSON: 400", put(hub, action["href"], "x", "POST").status, 400)
    a = ada.commit(HEADER, lfs("parts.bin", data))
    equal("no commit before they are together", a.status, 400)
    equal("together, in any order", finish(good).status, 200)
    equal("they are gone then", [*(hub.root / "parts").iterdir()], [])
    equal("the commit", ada.commit(HEADER, lfs("parts.bin", data)).status, 200)
    check("the bytes", sha256(ada.ask(
        "GET", "/ada/demo/resolve/main/parts.bin").body) == sha256(data))


def secrets(hub, ada, bob):
    """Knowing the hash of a private content is of no use."""
    secret = os.urandom(1000)
    ada.upload(secret, "ada/secret")
    ada.commit(HEADER, lfs("s.bin", secret), repo="ada/secret")
    check("bob is asked to send it", bob.upload_url(secret, "bob/own"))
    a = bob.commit(HEADER, lfs("s.bin", secret), repo="bob/own")
    missing = bob.commit(HEADER, lfs("s.bin", b"not there"), repo="bob/own")
    check("bob cannot commit it, nor tell whether it is here",
          a.status == missing.status == 400 and
          a.body.replace(sha256(secret).encode(), b"") ==
          missing.body.replace(sha256(b"not there").encode(), b""), a.body)
    for a in [bob.batch({"oid": sha256(secret), "size": 1000}, repo="bob/own",
                        operation="download"),
              bob.batch({"oid": sha256(secret), "size": 1000},
                        operation="download")]:
        equal("bob cannot download it", a.json()["objects"][0]["error"][
            "code"], 404)
    a = bob.ask("POST", "/bob/own.git/info/lfs/verify", json.dumps(
        {"oid": sha256(secret), "size": 1000}))
    equal("bob cannot verify it", a.status, 404)
    for path in ["s.bin", "none"]:
        a = bob.commit(HEADER, line(
            "copyFile", path="s.bin", srcPath=path, srcRepoType="model",
            srcRepoId="ada/secret"), repo="bob/own")
        check("bob cannot copy it", a.status == 404 and
              a["X-Error-Code"] == "RepoNotFound", a.body)
    check("ada need not send it for another repo of hers",
          ada.upload_url(secret) is None)
    equal("bob has it himself: he sends it", bob.upload(
        secret, "bob/own").status, 200)
    a = bob.commit(HEADER, lfs("mine.bin", secret), repo="bob/own")
    equal("... and may commit it", a.status, 200)
    # What somebody uploads to one repo is theirs, there.
    other = os.urandom(1000)
    bob.upload(other, "bob/own")
    a = ada.commit(HEADER, lfs("o.bin", other))
    equal("ada knows nothing of what bob uploaded", a.status, 400)
    a = bob.commit(HEADER, lfs("o.bin", other), query="?create_pr=1")
    equal("nor is it for another repo", a.status, 400)
    bob.upload(other)
    a = bob.commit(HEADER, lfs("o.bin", other), query="?create_pr=1")
    check("in a pull request of his it is", a.status == 200 and
          "pullRequestUrl" in a.json(), a.body)


def duplicates(ada, bob):
    """Content for use in another repo, as cross-repo copies ask for it."""
    data = os.urandom(1000)
    ada.upload(data)
    ada.commit(HEADER, lfs("dup.bin", data))

    def ask(client, repo, to, *hashes, **more):
        return client.ask(
            "POST", f"/api/models/{repo}/lfs-files/duplicate", json.dumps({
                "target": {"type": "model", "name": to},
                "files": [{"sha256": h, "filename": "x"} for h in hashes]
            } | more))
    a = ask(bob, "ada/demo", "bob/own", sha256(data), sha256(b"none"), "x")
    equal("duplicate: what is not there fails", [
        f["sha256"] for f in a.json()["failed"]], [sha256(b"none"), "x"])
    a = bob.commit(HEADER, lfs("dup.bin", data), repo="bob/own")
    equal("... the rest may be committed", a.status, 200)
    for claim, status, client, repo, target in [
            ("from what one may not see", 404, bob, "ada/secret", "bob/own"),
            ("to what one may not see", 404, bob, "ada/demo", "ada/secret"),
            ("to nothing", 404, ada, "ada/demo", "ada/none"),
            ("by nobody", 401, Client(ada.hub), "ada/demo", "bob/own")]:
        a = ask(client, repo, target, sha256(data))
        equal(f"duplicate: {claim}: {status}", a.status, status)
    for claim, body in [("no target", {"target": None}), ("files", {
            "files": 7})]:
        a = ask(ada, "ada/demo", "ada/demo", **body)
        check(f"duplicate: {claim}: refused", a.status in (400, 404), a.body)
    for body, status in [({"deletions": {"sha": ["x"]}}, 400),
                         ({"deletions": {"sha": [sha256(b"none")]}}, 404),
                         ({}, 400)]:
        a = ada.ask("POST", "/api/models/ada/demo/lfs-files/batch",
                    json.dumps(body))
        equal(f"removal of {str(body)[:30]}: {status}", a.status, status)
    a = ada.ask("GET", "/api/models/ada/demo/lfs-files?limit=2")
    seen = [f["oid"] for f in a.json()]
    while a["Link"]:
        a = ada.ask("GET", a["Link"].split(">")[0].split(
            str(ada.hub.port), 1)[1])
        seen += [f["oid"] for f in a.json()]
    check("lfs-files by pages", len(seen) > 2 and
          seen == sorted(set(seen)) and sha256(data) in seen, seen)


def gates(ada, bob):
    """Behind a gate are bytes, and what would be a way to them."""
    data = os.urandom(1000)
    ada.ask("POST", "/api/repos/create", json.dumps({"name": "gated"}))
    ada.upload(data, "ada/gated")
    ada.commit(HEADER, lfs("g.bin", data), file("g.txt"), repo="ada/gated")
    ada.ask("PUT", "/api/models/ada/gated/settings", json.dumps(
        {"gated": "auto"}))
    check("gated: bob is asked to send the content",
          bob.upload_url(data, "bob/own"))
    a = bob.commit(HEADER, line(
        "copyFile", path="g.txt", srcPath="g.txt", srcRepoType="model",
        srcRepoId="ada/gated"), repo="bob/own")
    check("gated: bob cannot copy", a.status == 403 and
          a["X-Error-Code"] == "GatedRepo", a.body)
    a = bob.batch({"oid": sha256(data), "size": 1000}, repo="ada/gated",
                  operation="download")
    equal("gated: bob gets no download", a.status, 403)
    a = bob.ask("POST", "/api/models/ada/gated/lfs-files/duplicate", json.dumps(
        {"target": {"type": "model", "name": "bob/own"},
         "files": [{"sha256": sha256(data)}]}))
    equal("gated: nor a duplicate", a.status, 403)


def together(hub, ada):
    """Many at once: each commit is there, in one line of history."""
    before = ada.ask("GET", "/api/models/ada/demo/commits/main?limit=1")
    made = []

    def work(i):
        for k in range(5):
            a = ada.commit(line("header", summary=f"{i}.{k}"),
                           file(f"t/{i}/{k}", b"%d.%d" % (i, k)))
            made.append(a.json()["commitOid"])
    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    after = ada.ask("GET", "/api/models/ada/demo/commits/main?limit=100").json()
    equal("40 commits by 8 clients", sorted(c["id"] for c in after[:40]),
          sorted(made))
    check("on top of what was there",
          after[40]["id"] == before.json()[0]["id"])
    equal("with all their files", len([
        p for p in ada.files() if p.startswith("t/")]), 40)


def end(hub, ada):
    """Of the server, while bodies are coming."""
    url = urlsplit(ada.upload_url(b"x" * 900_000)["href"])
    clients = []
    for method, path, size in [
            ("PUT", f"{url.path}?{url.query}", 900_000),
            ("POST", "/api/models/ada/demo/commit/main", 50 << 20)]:
        s = socket.create_connection((hub.host, hub.port), timeout=20)
        s.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: "
                  f"Bearer token-ada\r\nContent-Length: {size}\r\n\r\n"
                  .encode() + b"x" * 800_000)
        clients.append(s)
    check("two bodies are coming", until(lambda: len(leftovers(hub)) == 2))
    equal("it ends in good order", hub.stop(), 0)
    for s in clients:
        s.close()
    equal("and leaves nothing", leftovers(hub), [])


def large(hub, ada):
    a = ada.commit(HEADER, *(file(f"l/{i % 50}/{i}", b"%d" % i)
                             for i in range(5000)))
    equal("5,000 files in one commit", a.status, 200)
    a = ada.commit(HEADER, *(line("deletedFile", path=f"l/{i % 50}/{i}")
                             for i in range(5000)))
    check("and out in another", a.status == 200 and
          not [p for p in ada.files() if p.startswith("l/")], a.status)


root = scratch()
with LocalHub(root, "--user=ada=token-ada", "--user=bob=token-bob") as hub:
    ada, bob = Client(hub, "ada"), Client(hub, "bob")
    for name, owner, more in [("demo", ada, {}), ("own", bob, {}),
                              ("secret", ada, {"private": True})]:
        a = owner.ask("POST", "/api/repos/create",
                      json.dumps({"name": name} | more))
        equal(f"{name} is made", a.status, 200)
    malformed(ada)
    order(ada)
    revisions(ada)
    rights(hub, ada, bob)
    preupload(ada)
    batches(ada)
    uploads(hub, ada)
    multipart(hub, ada)
    secrets(hub, ada, bob)
    duplicates(ada, bob)
    gates(ada, bob)
    together(hub, ada)
    large(hub, ada)
    bounds(hub, ada)
    end(hub, ada)
shutil.rmtree(root)
done()
