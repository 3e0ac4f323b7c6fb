#!/usr/bin/env python3
"""Unmodified @huggingface/hub, under node, makes repos in the local Hub and
commits to them; what is there then is compared here."""
# test: timeout 300
import hashlib
import json
import os
import shutil
import subprocess

import judges
from local_hub import LocalHub, scratch
from tap import check, done, equal, skip_all

BINARY = os.urandom(400_000)
LARGE = os.urandom(1 << 20) * 70

SCRIPT = """
import * as hub from "@huggingface/hub";
import { readFileSync } from "node:fs";

const [, , hubUrl, folder] = process.argv;
const common = { hubUrl, accessToken: "hf_ada" };
const seen = {};
const fileBlob = (path) => new Blob([readFileSync(path)]);

async function note(name, call) {
    try {
        seen[name] = await call() ?? null;
    } catch (error) {
        seen[name] = { error: String(error), status: error.statusCode };
    }
}

const repo = { type: "model", name: "ada/js" };
const set = { type: "dataset", name: "ada/js-set" };
const text = (path, content) => ({ path, content: new Blob([content]) });
const add = (path, content) => ({ operation: "addOrUpdate",
    ...text(path, content) });

await note("create", () => hub.createRepo({ ...common, repo,
    files: [{ path: "first.txt",
        content: new TextEncoder().encode("first").buffer }] }));
await note("again", () => hub.createRepo({ ...common, repo }));
await note("set", () => hub.createRepo({ ...common, repo: set,
    private: true }));
await note("exists", () => hub.repoExists({ ...common, repo }));
await note("uploadFile", () => hub.uploadFile({ ...common, repo,
    file: text("one.txt", "one"), commitTitle: "one file",
    commitDescription: "of text" }));
await note("uploadFiles", async () => hub.uploadFiles({ ...common, repo,
    commitTitle: "several files", files: [
        text("a/b.txt", "b"), text("a b+c&d#e%f?.txt", "odd"),
        text("naïve 日本.txt", "names"), text("empty.txt", ""),
        { path: "w.bin", content: fileBlob(folder + "/w.bin") },
        { path: "large.bin", content: fileBlob(folder + "/large.bin") },
        { path: "noxet.bin",
            content: new Blob([new Uint8Array([0, 1, 2])]) }] }));
await note("noXet", async () => hub.uploadFiles({ ...common, repo,
    useXet: false, files: [{ path: "copy.bin",
        content: fileBlob(folder + "/w.bin") }, { path: "parts.bin",
        content: fileBlob(folder + "/large.bin").slice(1) }] }));
await note("progress", async () => {
    const events = [];
    for await (const e of hub.uploadFilesWithProgress({ ...common, repo,
        files: [{ path: "p.bin", content: new Blob([readFileSync(
            folder + "/w.bin").subarray(0, 5000)]) }] }))
        events.push(e.event);
    return events;
});
await note("gitattributes", () => hub.uploadFiles({ ...common, repo: set,
    files: [text(".gitattributes", "*.dat filter=lfs diff=lfs merge=lfs -text"),
        text("x.dat", "by its own rule"), text("x.txt", "text")] }));
const head = (await hub.modelInfo({ ...common, name: "ada/js",
    additionalFields: ["sha"] })).sha;
await note("commit", () => hub.commit({ ...common, repo, title: "mixed",
    parentCommit: head, operations: [add("new.txt", "new"),
        { operation: "delete", path: "one.txt" },
        { operation: "delete", path: "a/b.txt" }] }));
await note("late", () => hub.commit({ ...common, repo, title: "late",
    parentCommit: head, operations: [add("late.txt", "late")] }));
await note("missing", () => hub.deleteFile({ ...common, repo,
    path: "none.txt" }));
await note("pr", () => hub.commit({ ...common, repo, title: "please",
    isPullRequest: true, operations: [add("pr.txt", "pr")] }));
await note("branch", () => hub.createBranch({ ...common, repo,
    branch: "side" }));
await note("onBranch", () => hub.uploadFile({ ...common, repo,
    branch: "side", file: text("side.txt", "side") }));
await note("deleteFiles", () => hub.deleteFiles({ ...common, repo,
    paths: ["new.txt", "empty.txt"] }));
await note("edit", async () => hub.commit({ ...common, repo, title: "edit",
    operations: [{ operation: "edit", path: "w.bin",
        originalContent: fileBlob(folder + "/w.bin"),
        edits: [{ start: 0, end: 4, content: new Blob(["edit"]) }] }] }));
await note("files", async () => {
    const paths = [];
    for await (const f of hub.listFiles({ ...common, repo, recursive: true }))
        paths.push(f.path);
    return paths.sort();
});
await note("forbidden", () => hub.uploadFile({ hubUrl,
    accessToken: "hf_bob", repo, file: text("x", "x") }));
await note("deleteRepo", () => hub.deleteRepo({ ...common, repo: set }));
await note("gone", () => hub.repoExists({ ...common, repo: set }));
console.log(JSON.stringify(seen));
"""


def judge(hub, node):
    folder = scratch()
    (folder / "w.bin").write_bytes(BINARY)
    (folder / "large.bin").write_bytes(LARGE)
    done_ = subprocess.run(["node", node / "judge-write.mjs", hub.url, folder],
                           timeout=200, capture_output=True, text=True)
    shutil.rmtree(folder)
    if done_.returncode != 0:
        check("node runs to its end", False, done_.stderr)
        return
    seen = json.loads(done_.stdout)
    ada = {"Authorization": "Bearer hf_ada"}

    def get(path, rev="main"):
        return hub.ask("GET", f"/ada/js/resolve/{rev}/{path}", ada)

    def status(name):
        return (seen[name] or {}).get("status")
    check("createRepo", seen["create"].get("id") and
          seen["create"]["repoUrl"] == f"{hub.url}/ada/js", seen["create"])
    equal("createRepo: with a file", get("first.txt").body, b"first")
    equal("createRepo again: 409", status("again"), 409)
    equal("createRepo: a private dataset",
          seen["set"].get("repoUrl"), f"{hub.url}/datasets/ada/js-set")
    equal("repoExists", seen["exists"], True)
    for name in ["uploadFile", "uploadFiles", "noXet", "commit", "pr",
                 "onBranch", "deleteFiles", "edit", "gitattributes"]:
        check(f"{name}: a commit", len((seen[name] or {}).get(
            "commit", {}).get("oid", "")) == 40, seen[name])
    equal("listFiles then", seen["files"], sorted([
        ".gitattributes", "a b+c&d#e%f?.txt", "copy.bin", "first.txt",
        "large.bin", "noxet.bin", "naïve 日本.txt", "p.bin",
        "parts.bin", "w.bin"]))
    equal("edit: its bytes", get("w.bin").body, b"edit" + BINARY[4:])
    equal("content that was there already", get("copy.bin").body, BINARY)
    large, parts = get("large.bin"), get("parts.bin")
    check("a large file, by Xet", large["X-Xet-Hash"] is not None and
          hashlib.sha256(large.body).digest() ==
          hashlib.sha256(LARGE).digest())
    check("... and in parts without it", parts["X-Xet-Hash"] is None and
          hashlib.sha256(parts.body).digest() ==
          hashlib.sha256(LARGE[1:]).digest())
    check("uploadFilesWithProgress", "fileProgress" in seen["progress"],
          seen["progress"])
    equal("parentCommit that is not the head: 412", status("late"), 412)
    equal("deleteFile of nothing: 404", status("missing"), 404)
    check("isPullRequest", seen["pr"]["pullRequestUrl"].startswith(
        f"{hub.url}/ada/js/discussions/"), seen["pr"])
    equal("a commit to a branch", get("side.txt", "side").body, b"side")
    equal("... and not to main", get("side.txt").status, 404)
    equal("somebody else: 403", status("forbidden"), 403)
    equal("deleteRepo", seen["gone"], False)


node = judges.npm()
if shutil.which("node") is None:
    skip_all("node is not installed")
(node / "judge-write.mjs").write_text(SCRIPT)
root = scratch()
with LocalHub(root, "--user=ada=hf_ada", "--user=bob=hf_bob") as hub:
    judge(hub, node)
    equal("it ends in good order", hub.stop(), 0)
shutil.rmtree(root)
done()
