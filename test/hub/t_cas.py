#!/usr/bin/env python3
"""Unmodified huggingface_hub with hf_xet brings files into the local Hub by
Xet, and takes them out again; what it sends the second time; damaged objects,
tokens and URLs that are not good."""
# test: timeout 300
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import judges
from local_hub import HFFS, LocalHub, scratch, write_tree

judges.into_python()
os.environ.update(HF_HUB_DISABLE_TELEMETRY="1", HF_XET_TELEMETRY_ENABLED="0",
                  HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HOME=str(scratch()),
                  HF_XET_CLIENT_RETRY_BASE_DELAY="50ms")

import hf_xet                                                  # noqa: E402
from huggingface_hub import HfApi                              # noqa: E402
from tap import check, done, equal, until                        # noqa: E402

DATA = Path(__file__).resolve().parents[1] / "data" / "xet"
REPO = "ada/demo"
API = f"/api/models/{REPO}"
ADA = {"Authorization": "Bearer token-ada"}
BOB = {"Authorization": "Bearer token-bob"}
noise = random.Random(5)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Log:
    """What the Hub was asked since the last look."""

    def __init__(self, hub):
        self.path, self.seen = hub.root / "log", 0

    def new(self):
        with open(self.path, "rb") as log:
            log.seek(self.seen)
            text = log.read()
        whole = text.rfind(b"\n") + 1
        self.seen += whole
        return [json.loads(line) for line in text[:whole].splitlines()]

    def xorbs(self):
        """Bytes of the xorbs that were sent."""
        return sum(r["in"] for r in self.new()
                   if r["method"] == "POST" and "/v1/xorbs/" in r["path"])


def fresh_home():
    """A client that remembers nothing: in a process of its own."""
    return {**os.environ, "HF_HOME": str(scratch())}


def upload(hub, folder, repo=REPO):
    subprocess.run(
        [sys.executable, "-c", "import sys; from huggingface_hub import HfApi;"
         "HfApi(sys.argv[1], 'token-ada').upload_folder("
         "repo_id=sys.argv[2], folder_path=sys.argv[3])",
         hub.url, repo, folder], env=fresh_home(), check=True)


def download(hub, path, repo=REPO):
    out = scratch()
    subprocess.run(
        [sys.executable, "-c", "import sys; from huggingface_hub import HfApi;"
         "HfApi(sys.argv[1], 'token-ada').hf_hub_download("
         "sys.argv[2], sys.argv[3], local_dir=sys.argv[4])",
         hub.url, repo, path, out], env=fresh_home(), check=True)
    data = (out / path).read_bytes()
    shutil.rmtree(out)
    return data


def token(hub, kind="read", headers=ADA, rev="main"):
    return hub.ask("GET", f"{API}/xet-{kind}-token/{rev}", headers)


def cas(hub, method, path, kind="read", headers=None, body=None):
    key = token(hub, kind).json()["accessToken"]
    return hub.ask(method, f"/_hffs/cas/{path}",
                   {"Authorization": f"Bearer {key}", **(headers or {})}, body)


def hash_of(data):
    path = scratch() / "f"
    path.write_bytes(data)
    return hf_xet.hash_files([str(path)])[0].hash


FILES = {
    "one.bin": noise.randbytes(5000),
    "big.bin": noise.randbytes(9_000_000),
    "text.bin": b"".join(b"line %d\n" % i for i in range(300_000)),
    "zeros.safetensors": bytes(2_000_000),
}


def whole_files(hub, log):
    folder = scratch()
    write_tree(folder, FILES)
    upload(hub, folder)
    asked = log.new()
    check("content goes by Xet", sum(
        r["in"] for r in asked if "/v1/xorbs/" in r["path"]) > 9_000_000
        and not any("lfs" in r["path"] for r in asked), asked)
    tree = {e["path"]: e for e in hub.get(f"{API}/tree/main").json()}
    for path, data in FILES.items():
        entry = tree[path]
        check(f"{path}: SHA-256, size and Xet hash in the tree",
              entry["lfs"]["oid"] == sha256(data) and
              entry["size"] == len(data) and
              entry["xetHash"] == hash_of(data), entry)
        plain = hub.get(f"/{REPO}/resolve/main/{path}")
        check(f"{path}: by plain HTTP", plain.body == data)
        equal(f"{path}: X-Xet-Hash", plain["X-Xet-Hash"], entry["xetHash"])
        log.new()
        check(f"{path}: by Xet", download(hub, path) == data)
        check("... it came from the CAS", any(
            "/_hffs/xorb/" in r["path"] for r in log.new()))
    part = hub.get(f"/{REPO}/resolve/main/big.bin",
                   Range="bytes=1234567-2345678")
    check("a range by plain HTTP", part.status == 206 and
          part.body == FILES["big.bin"][1234567:2345679])
    log.new()
    upload(hub, folder)
    equal("the same again sends no xorb", log.xorbs(), 0)
    shutil.rmtree(folder)


def insertion(hub, log):
    """A file that has grown in the middle, from a client that knows only what
    the Hub tells it."""
    data = FILES["big.bin"]
    data = data[:4_000_000] + noise.randbytes(50_000) + data[4_000_000:]
    folder = scratch()
    write_tree(folder, {"big.bin": data})
    log.new()
    upload(hub, folder)
    sent = log.xorbs()
    check("an insertion sends the changed part only", 50_000 <= sent < 400_000,
          sent)
    check("... and the file is the new one", download(hub, "big.bin") == data)
    plan = cas(hub, "GET", f"v2/reconstructions/{hash_of(data)}").json()
    check("... out of two xorbs", len(plan["xorbs"]) == 2 and
          len(plan["terms"]) == 3, plan["terms"])
    shutil.rmtree(folder)


def many_files(hub):
    folder = scratch()
    files = {f"many/{i:03}.bin": noise.randbytes(200 + 37 * i)
             for i in range(150)}
    files["many/empty.bin"] = b""
    write_tree(folder, files)
    upload(hub, folder)
    out = scratch()
    subprocess.run(
        [sys.executable, "-c", "import sys; from huggingface_hub import HfApi;"
         "HfApi(sys.argv[1], 'token-ada').snapshot_download("
         "sys.argv[2], allow_patterns='many/*', local_dir=sys.argv[3])",
         hub.url, REPO, out], env=fresh_home(), check=True)
    wrong = [p for p, data in files.items() if (out / p).read_bytes() != data]
    equal("150 small files and an empty one come back", wrong, [])
    shutil.rmtree(folder)
    shutil.rmtree(out)


def straight(hub):
    """hf_xet without huggingface_hub: an empty file, ranges, both versions of
    plans, several ranges in a request."""
    data = FILES["text.bin"]
    key = token(hub).json()
    script = """
import hf_xet, sys
url, key, name, size, out = sys.argv[1:6]
s = hf_xet.XetSession()
info = hf_xet.XetFileInfo(name, int(size))
with s.new_file_download_group(endpoint=url, token=key,
        token_expiry_unix_secs=4102444800) as g:
    g.start_download_file(info, out)
"""
    for version, multi in (("1", "0"), ("2", "0"), ("2", "1")):
        out = scratch() / "f"
        subprocess.run(
            [sys.executable, "-c", script, key["casUrl"], key["accessToken"],
             hash_of(data), str(len(data)), out], check=True,
            env={**fresh_home(),
                 "HF_XET_CLIENT_RECONSTRUCTION_API_VERSION": version,
                 "HF_XET_CLIENT_ENABLE_MULTIRANGE_FETCHING": multi})
        check(f"hf_xet with plans of version {version}, multirange {multi}",
              out.read_bytes() == data)


def plans(hub):
    data = FILES["text.bin"]
    name = hash_of(data)
    where = f"v2/reconstructions/{name}"
    whole = cas(hub, "GET", where).json()
    equal("a plan has the whole file",
          sum(t["unpacked_length"] for t in whole["terms"]), len(data))
    for a, b in ((0, 0), (100_000, 300_000), (len(data) - 1, 1 << 63)):
        plan = cas(hub, "GET", where, headers={"Range": f"bytes={a}-{b}"})
        plan = plan.json()
        have = sum(t["unpacked_length"] for t in plan["terms"])
        need = min(b + 1, len(data)) - a
        check(f"a plan of bytes {a} to {b} has those, and no chunk too many",
              need <= have - plan["offset_into_first_range"] and
              have < need + 2 * 131072 and
              plan["offset_into_first_range"] < 131072, plan)
    past = cas(hub, "GET", where, headers={"Range": f"bytes={len(data)}-"})
    equal("a plan of nothing: 416", past.status, 416)
    old = cas(hub, "GET", f"v1/reconstructions/{name}").json()
    check("version 1 says the same", old["terms"] == whole["terms"] and
          [f["url_range"] for f in old["fetch_info"][old["terms"][0]["hash"]]]
          == [r["bytes"] for p in whole["xorbs"].values() for e in p
              for r in e["ranges"]])
    empty = cas(hub, "GET", f"v2/reconstructions/{'0' * 64}",
                headers={"Range": "bytes=0-0"})
    check("the empty file is there", empty.status == 200 and
          empty.json()["terms"] == [], empty.body)
    for path, status in ((f"v2/reconstructions/{'ab' * 32}", 404),
                         ("v2/reconstructions/abc", 400),
                         (f"v2/reconstructions/{name.upper()}", 400),
                         (f"v1/chunks/default/{'ab' * 32}", 404),
                         (f"v1/chunks/other/{'ab' * 32}", 400)):
        equal(f"GET {path[:30]}...", cas(hub, "GET", path).status, status)
    equal("upload grants are not offered", cas(
        hub, "POST", f"v1/xorb-grants/default/{name}", "write").status, 404)
    length = cas(hub, "HEAD", f"v1/files/{name}")
    equal("HEAD of a file", (length.status, length["Content-Length"]),
          (200, str(len(data))))
    xorb = whole["terms"][0]["hash"]
    equal("HEAD of a xorb", cas(hub, "HEAD", f"v1/xorbs/default/{xorb}").status,
          200)
    equal("HEAD of a xorb that is not there", cas(
        hub, "HEAD", f"v1/xorbs/default/{'ab' * 32}").status, 404)
    return whole


def urls(hub, plan):
    """What a URL of a plan is good for."""
    xorb, places = next(iter(plan["xorbs"].items()))
    url = places[0]["url"].removeprefix(hub.url)
    r = places[0]["ranges"][0]["bytes"]
    last = r["end"]

    def ask(where, field):
        return hub.ask("GET", where, {"Range": field} if field else {})
    good = ask(url, f"bytes={r['start']}-{last}")
    check("a signed range", good.status == 206 and
          len(good.body) == last + 1 - r["start"] and good["Content-Range"]
          .startswith(f"bytes {r['start']}-{last}/"), good.status)
    two = ask(url, f"bytes={r['start']}-{r['start'] + 9},{last - 9}-{last}")
    check("two in one answer", two.status == 206 and two["Content-Type"]
          .startswith("multipart/byteranges") and good.body[:10] in two.body
          and good.body[-10:] in two.body, two.body[:200])
    for claim, where, field in (
            ("no range", url, None),
            ("a longer range", url, f"bytes={r['start']}-{last + 1}"),
            ("not a range", url, "bytes=-5"),
            ("a stretched URL", url.replace(f"-{last}", f"-{last + 1}"),
             f"bytes={r['start']}-{last + 1}"),
            ("another time", url.replace("expires=", "expires=9"),
             f"bytes={r['start']}-{last}"),
            ("another xorb", url.replace(xorb, "ab" * 32),
             f"bytes={r['start']}-{last}")):
        equal(f"{claim} is refused", ask(where, field).status, 403)


def tokens(hub):
    answer = token(hub)
    info = answer.json()
    equal("a token is in the headers, too",
          (answer["X-Xet-Cas-Url"], answer["X-Xet-Access-Token"],
           answer["X-Xet-Token-Expiration"]),
          (info["casUrl"], info["accessToken"], str(info["exp"])))
    check("... for a while", 600 <= info["exp"] - time.time() <= 3700)
    equal("nobody gets one to write", token(hub, "write", {}).status, 401)
    equal("nor does somebody else", token(hub, "write", BOB).status, 403)
    equal("a revision has to be there",
          token(hub, "write", rev="nope").status, 404)
    equal("... but for a new pull request", hub.ask(
        "GET", f"{API}/xet-write-token/None?create_pr=1", BOB).status, 200)
    where = "/_hffs/cas/v1/shards"
    good = token(hub, "write").json()["accessToken"]
    for claim, key, status in (
            ("no token", None, 401), ("the Hub's own", "token-ada", 401),
            ("one to read", info["accessToken"], 403),
            ("one made to write", info["accessToken"].replace(
                "xet.r", "xet.w"), 401),
            ("a later one", good.replace("xet.w.", "xet.w.9"), 401),
            ("another's", good[:-3] + "bob", 401)):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        equal(f"{claim} is refused",
              hub.ask("POST", where, headers, b"x").status, status)


def others(hub):
    """What somebody else may not have."""
    data = noise.randbytes(300_000)
    folder = scratch()
    write_tree(folder, {"secret.bin": data})
    api = HfApi(hub.url, "token-ada")
    api.create_repo("ada/secret", private=True)
    upload(hub, folder, "ada/secret")
    name = hash_of(data)
    key = hub.ask("GET", f"{API}/xet-read-token/main", BOB).json()
    bob = {"Authorization": "Bearer " + key["accessToken"]}
    equal("another repo's file is not there", cas(
        hub, "GET", f"v2/reconstructions/{name}").status, 404)
    key = hub.ask("GET", "/api/models/ada/secret/xet-read-token/main",
                  ADA).json()
    ada = {"Authorization": "Bearer " + key["accessToken"]}
    where = f"/_hffs/cas/v2/reconstructions/{name}"
    plan = hub.ask("GET", where, ada)
    equal("its own is", plan.status, 200)
    xorb = plan.json()["terms"][0]["hash"]
    equal("a xorb of nobody else's", hub.ask(
        "HEAD", f"/_hffs/cas/v1/xorbs/default/{xorb}", bob).status, 404)
    equal("... is its owner's", hub.ask(
        "HEAD", f"/_hffs/cas/v1/xorbs/default/{xorb}", ada).status, 200)


def proofs(hub):
    """Who knows a file's chunks, but has not brought them."""
    expected = json.loads((DATA / "expected.json").read_text())
    case = next(c for c in expected["cases"] if c["name"] == "i32small-200k")
    want = expected["inputs"][case["sessions"][0]["inputs"][0]]
    xorb = case["sessions"][0]["xorbs"][0]
    shard = (DATA / "shards" / "i32small-200k.upload").read_bytes()
    HfApi(hub.url, "token-bob").create_repo("bob/own")

    def key(repo, headers):
        answer = hub.ask(
            "GET", f"/api/models/{repo}/xet-write-token/main", headers)
        return {"Authorization": "Bearer " + answer.json()["accessToken"]}
    ada, bob = key("ada/secret", ADA), key("bob/own", BOB)
    where = "/_hffs/cas/v1/"
    chunk = f"{where}chunks/default/{want['chunk_hashes'][0]}"
    name = f"{where}xorbs/default/{xorb['hash']}"
    body = (DATA / xorb["file"]).read_bytes()

    def send(who):
        return hub.ask("POST", where + "shards", who, shard).status
    equal("a shard before its xorb", send(ada), 400)
    hub.ask("POST", name, ada, body)
    equal("somebody else's shard of a xorb", send(bob), 400)
    equal("... its sender's own", send(ada), 200)
    equal("a chunk is not found by somebody else",
          hub.ask("GET", chunk, bob).status, 404)
    found = hub.ask("GET", chunk, ada)
    check("... but by its sender, and under a key", found.status == 200 and
          found.body.startswith(b"HFRepoMetaData") and
          bytes.fromhex(want["chunk_hashes"][0])[7::-1] not in found.body,
          found.body)
    hub.ask("POST", name, bob, body)
    equal("who brings the xorb, too, may use it", send(bob), 200)
    equal("... and find it", hub.ask("GET", chunk, bob).status, 200)


def objects(hub):
    """Fixtures by hand: the good are taken, the damaged refused."""
    for path in sorted((DATA / "xorbs").glob("*.xorb"))[:4]:
        answer = cas(hub, "POST", f"v1/xorbs/default/{path.stem}", "write",
                     body=path.read_bytes())
        equal(f"xorb {path.stem[:8]}",
              (answer.status, answer.json()), (200, {"was_inserted": True}))
        answer = cas(hub, "POST", f"v1/xorbs/default/{path.stem}", "write",
                     body=path.read_bytes())
        equal("... again", answer.json(), {"was_inserted": False})
        body = bytearray(path.read_bytes())
        body[len(body) // 3] ^= 1
        answer = cas(hub, "POST", f"v1/xorbs/default/{path.stem}", "write",
                     body=bytes(body))
        equal("... damaged", answer.status, 400)
    expected = json.loads((DATA / "expected.json").read_text())["damaged"]
    for case in (c for c in expected if c["kind"] == "xorb"):
        answer = cas(hub, "POST",
                     f"v1/xorbs/default/{case['expected_hash']}", "write",
                     body=(DATA / case["file"]).read_bytes())
        equal(f"{case['file']}: {case['note']}", answer.status,
              200 if case["class"] is None else 400)
    for case in (c for c in expected if c["kind"] == "shard"):
        for version in "v1", "v2":
            answer = cas(hub, "POST", f"{version}/shards", "write",
                         body=(DATA / case["file"]).read_bytes())
            equal(f"{case['file']}: {case['note']}", answer.status,
                  200 if case["class"] is None else 400)


def chunks(hub):
    """A genuine upload by hand: xorb, shard, and then its chunks."""
    expected = json.loads((DATA / "expected.json").read_text())
    case = next(c for c in expected["cases"] if c["name"] == "text-300k")
    name = case["sessions"][0]["inputs"][0]
    want = expected["inputs"][name]
    for xorb in case["sessions"][0]["xorbs"]:
        cas(hub, "POST", f"v1/xorbs/default/{xorb['hash']}", "write",
            body=(DATA / xorb["file"]).read_bytes())
    shard = (DATA / "shards" / f"{name}.upload").read_bytes()
    wrong = bytearray(shard)
    digest = bytes.fromhex(want["sha256"])
    at = shard.index(b"".join(
        digest[i:i + 8][::-1] for i in range(0, 32, 8)))
    wrong[at] ^= 1
    equal("a shard with another SHA-256 is refused",
          cas(hub, "POST", "v1/shards", "write", body=bytes(wrong)).status, 400)
    answer = cas(hub, "POST", "v2/shards", "write", body=shard)
    equal("a shard", (answer.status, json.loads(answer.body)),
          (200, {"type": "result", "result": 1}))
    answer = cas(hub, "POST", "v1/shards", "write", body=shard)
    equal("... again", answer.json(), {"result": 0})
    where = f"v2/file-chunk-hashes/{want['file_hash']}"
    whole = cas(hub, "GET", where).json()
    sizes = [b - a for a, b in zip([0] + want["ends"], want["ends"])]
    nodes = whole["hashRanges"][0]["nodes"]
    check("all chunks of a file", whole["windows"] == [] and
          whole["fileSize"] == want["size"] and
          whole["totalChunks"] == want["chunks"] == len(nodes) and
          [(n["hash"], n["size"]) for n in nodes] ==
          list(zip(want["chunk_hashes"], sizes)), whole)
    part = cas(hub, "GET", where, headers={"X-Range-Dirty": "bytes=5-9"})
    check("... around a change, which is widened",
          part.json() == {
              "fileSize": want["size"], "totalChunks": want["chunks"],
              "windows": [{"dirtyByteRange": [0, want["size"]]}],
              "hashRanges": [None, None], "gapVerification": []}, part.body)
    for field, status in (("bytes=9-5", 400), ("lines=1-2", 400),
                          (f"bytes={want['size']}-{want['size']}", 416)):
        equal(f"X-Range-Dirty: {field}", cas(
            hub, "GET", where, headers={"X-Range-Dirty": field}).status, status)


def expiry(hub):
    """URLs end; a client that meets that asks again."""
    data = FILES["one.bin"]
    plan = cas(hub, "GET", f"v2/reconstructions/{hash_of(data)}").json()
    place = next(iter(plan["xorbs"].values()))[0]
    r = place["ranges"][0]["bytes"]

    def ask():
        return hub.ask("GET", place["url"].removeprefix(hub.url), {
            "Range": f"bytes={r['start']}-{r['end']}"}).status
    equal("a URL is good", ask(), 206)
    check("... and then is not", until(lambda: ask() == 403))
    check("hf_xet has its file nevertheless", download(hub, "one.bin") == data)


def storage(hub):
    """gc and verify know of it all."""
    def run(*args):
        return subprocess.run(
            [HFFS, "hub", *args, "--root", hub.root, "--json"],
            capture_output=True, text=True)
    report = json.loads(run("verify").stdout)
    equal("verify has nothing to say", report["problems"], [])
    before = json.loads(run("gc", "--grace", "0").stdout)
    check("gc removes the xorbs of no file", before["blobs"] > 0, before)
    for path in ("one.bin", "text.bin", "many/007.bin"):
        check(f"... but not of {path}", len(download(hub, path)) > 0)
    again = json.loads(run("gc", "--grace", "0").stdout)
    equal("... and then nothing", again["blobs"], 0)
    equal("verify has still nothing to say",
          json.loads(run("verify").stdout)["problems"], [])
    api = HfApi(hub.url, "token-ada")
    api.delete_repo("ada/secret")
    run("gc", "--grace", "0")
    after = json.loads(run("gc", "--grace", "0").stdout)
    equal("a deleted repo's go, too", after["blobs"], 0)


root = scratch()
with LocalHub(root, "--user=ada=token-ada", "--user=bob=token-bob",
              f"--log={root / 'log'}") as hub:
    HfApi(hub.url, "token-ada").create_repo(REPO)
    log = Log(hub)
    whole_files(hub, log)
    insertion(hub, log)
    many_files(hub)
    straight(hub)
    urls(hub, plans(hub))
    tokens(hub)
    others(hub)
    proofs(hub)
    objects(hub)
    chunks(hub)
    hub.stop(signal.SIGKILL)
    hub.options.append("--url-ttl=3s")
    hub.start()
    expiry(hub)
    check("after kill -9 and a restart",
          download(hub, "text.bin") == FILES["text.bin"])
    storage(hub)
shutil.rmtree(root)
done()
