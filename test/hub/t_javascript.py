#!/usr/bin/env python3
"""Unmodified @huggingface/hub, under node, reads repos from the local Hub;
what it saw is compared here. With and without redirects."""
# test: timeout 300
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import judges
from local_hub import LocalHub, scratch, write_tree
from tap import check, done, equal, skip_all

DATA = os.urandom(700_000)
FILES = {
    "README.md": b"# demo\n",
    "w.bin": DATA,
    "data/train.csv": b"a,b\n",
    "data/sub/x y.txt": b"x",
}
MANY = {f"many/{i:04}.txt": b"x" for i in range(1200)}

SCRIPT = """
import * as hub from "@huggingface/hub";
import { createHash } from "node:crypto";

const hubUrl = process.argv[2];
const accessToken = process.argv[3] || undefined;
const common = { hubUrl, ...(accessToken && { accessToken }) };
const seen = {};

async function all(list) {
    const got = [];
    for await (const item of list)
        got.push(item);
    return got;
}

async function note(name, call) {
    try {
        seen[name] = await call();
    } catch (error) {
        seen[name] = { error: String(error), status: error.statusCode };
    }
}

const repo = "ada/demo";
const set = { type: "dataset", name: "ada/set" };
const hash = async (params) => {
    const blob = await hub.downloadFile({ ...common, ...params });
    if (blob === null)
        return null;
    const bytes = Buffer.from(await blob.arrayBuffer());
    return createHash("sha256").update(bytes).digest("hex");
};

await note("info", () => hub.modelInfo({ ...common, name: repo,
    additionalFields: ["sha", "author", "tags"] }));
await note("dataset", () => hub.datasetInfo({ ...common, name: "ada/set" }));
await note("models", () => all(hub.listModels({ ...common,
    search: { owner: "ada" } })));
await note("files", () => all(hub.listFiles({ ...common, repo,
    recursive: true, expand: true })));
await note("folder", () => all(hub.listFiles({ ...common, repo,
    path: "data" })));
await note("many", async () => (await all(hub.listFiles({ ...common,
    repo: set, recursive: true }))).length);
await note("w", () => hub.fileDownloadInfo({ ...common, repo,
    path: "w.bin" }));
await note("raw", () => hub.fileDownloadInfo({ ...common, repo,
    path: "w.bin", raw: true }));
await note("none", () => hub.fileDownloadInfo({ ...common, repo,
    path: "none" }));
await note("exists", () => hub.fileExists({ ...common, repo,
    path: "data/train.csv" }));
for (const path of ["README.md", "w.bin", "data/sub/x y.txt", "none"])
    await note("hash " + path, () => hash({ repo, path }));
await note("slice", async () => {
    const blob = await hub.downloadFile({ ...common, repo, path: "w.bin" });
    const part = blob.slice(1000, 1100);
    return Buffer.from(await part.arrayBuffer()).toString("hex");
});
await note("commits", () => all(hub.listCommits({ ...common, repo })));
await note("count", () => hub.countCommits({ ...common, repo }));
await note("paths", () => hub.pathsInfo({ ...common, repo,
    paths: ["w.bin", "none", "data"], expand: true }));
await note("access", () => hub.checkRepoAccess({ ...common, repo }));
await note("secret", () => hub.modelInfo({ ...common, name: "ada/secret" }));
await note("missing", () => hub.modelInfo({ ...common, name: "ada/none" }));
await note("revision", () => all(hub.listFiles({ ...common, repo,
    revision: "none" })));
if (accessToken)
    await note("whoami", () => hub.whoAmI(common));
console.log(JSON.stringify(seen));
"""


def run(node, hub, token):
    done_ = subprocess.run(
        ["node", node / "judge.mjs", hub.url, token], timeout=120,
        capture_output=True, text=True)
    if done_.returncode != 0:
        check("node runs to its end", False, done_.stderr)
        return {}
    return json.loads(done_.stdout)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def common(seen, who):
    info = seen["info"]
    check(f"{who}: modelInfo", info.get("name") == "ada/demo" and
          info.get("author") == "ada" and info.get("private") is False and
          len(info.get("sha", "")) == 40 and info.get("updatedAt"), info)
    equal(f"{who}: datasetInfo", seen["dataset"].get("name"), "ada/set")
    listed = {f["path"]: f for f in seen["files"]}
    equal(f"{who}: listFiles", sorted(listed),
          sorted([*FILES, "data", "data/sub"]))
    check(f"{who}: listFiles: expanded", all(
        f["lastCommit"]["id"] == info["sha"] for f in listed.values()))
    check(f"{who}: listFiles: LFS", listed["w.bin"]["lfs"]["oid"] ==
          sha256(DATA) and listed["w.bin"]["size"] == len(DATA))
    equal(f"{who}: listFiles of a folder",
          sorted(f["path"] for f in seen["folder"]),
          ["data/sub", "data/train.csv"])
    equal(f"{who}: 1,201 entries over pages", seen["many"], 1201)
    check(f"{who}: fileDownloadInfo", seen["w"].get("size") == len(DATA) and
          seen["w"]["etag"].strip('"') == sha256(DATA), seen["w"])
    equal(f"{who}: fileDownloadInfo of a pointer", seen["raw"].get("size"), 131)
    equal(f"{who}: fileDownloadInfo of nothing", seen["none"], None)
    equal(f"{who}: fileExists", seen["exists"], True)
    for path, content in FILES.items():
        if f"hash {path}" in seen:
            equal(f"{who}: downloadFile {path}", seen[f"hash {path}"],
                  sha256(content))
    equal(f"{who}: downloadFile of nothing", seen["hash none"], None)
    equal(f"{who}: a slice of a file", seen["slice"], DATA[1000:1100].hex())
    equal(f"{who}: listCommits", [c["oid"] for c in seen["commits"]],
          [info["sha"]])
    equal(f"{who}: countCommits", seen["count"], 1)
    equal(f"{who}: pathsInfo", [p["path"] for p in seen["paths"]],
          ["w.bin", "data"])
    equal(f"{who}: no such revision", seen["revision"].get("status"), 404)


def judge(node, mode, *options):
    print(f"# {mode}")
    folder, many, root = scratch(), scratch(), scratch()
    write_tree(folder, FILES)
    write_tree(many, MANY)
    with LocalHub(root, f"--repo=model:ada/demo={folder}",
                  f"--repo=dataset:ada/set={many}",
                  f"--repo=model:ada/secret={folder}", "--private=ada/secret",
                  "--user=ada=hf_ada", "--user=bob=hf_bob", *options) as hub:
        nobody, ada, bob = (
            run(node, hub, token) for token in ("", "hf_ada", "hf_bob"))
    for who, seen in [("nobody", nobody), ("ada", ada), ("bob", bob)]:
        if seen:
            common(seen, who)
    equal("ada: a private repo", ada["secret"].get("private"), True)
    equal("bob: a private repo", bob["secret"].get("status"), 404)
    equal("nobody: a private repo", nobody["secret"].get("status"), 401)
    equal("bob: a missing repo", bob["missing"].get("status"), 404)
    equal("whoAmI", ada["whoami"].get("name"), "ada")
    equal("listModels of one who may see less",
          [sorted(m["name"] for m in seen["models"])
           for seen in (ada, bob, nobody)],
          [["ada/demo", "ada/secret"], ["ada/demo"], ["ada/demo"]])
    for path in (folder, many, root):
        shutil.rmtree(path)


node = judges.npm()
if shutil.which("node") is None:
    skip_all("node is not installed")
(node / "judge.mjs").write_text(SCRIPT)
judge(node, "bytes at once")
judge(node, "redirected", "--redirect")
done()
