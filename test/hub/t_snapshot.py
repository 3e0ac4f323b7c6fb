#!/usr/bin/env python3
"""A folder becomes commits as git would make them, one per change; a commit
never changes with the folder, and a server killed at any moment leaves a root
that serves."""
# test: timeout 300
import hashlib
import os
import random
import shutil
import signal
import subprocess

from local_hub import HFFS, LocalHub, scratch, write_tree
from tap import check, done, equal, until

SERVE = [str(HFFS), "hub", "serve"]
API = "/api/models/ada/demo"


def offer(folder, name="ada/demo"):
    return f"--repo=model:{name}={folder}"


def sha(hub, name="ada/demo"):
    return hub.get(f"/api/models/{name}").json()["sha"]


def files(hub, revision="main"):
    return {e["path"]: e for e in hub.get(
        f"{API}/tree/{revision}?recursive=true&expand=true").json()}


def content(hub, path, revision="main"):
    return hub.get(f"/ada/demo/resolve/{revision}/{path}").body


def git_tree(folder):
    """What git itself calls the folder's tree, or None without git."""
    if shutil.which("git") is None:
        return None
    env = os.environ | {"GIT_DIR": str(scratch()), "GIT_WORK_TREE": str(folder),
                        "GIT_CONFIG_GLOBAL": "/dev/null",
                        "GIT_CONFIG_SYSTEM": "/dev/null"}
    git = lambda *words: subprocess.run(
        ["git", *words], env=env, cwd=folder, check=True,
        capture_output=True, text=True).stdout.strip()
    git("init", "-q")
    git("add", "-A", "-f")
    return git("write-tree")


def commits():
    folder, root = scratch(), scratch()
    write_tree(folder, {
        "README.md": "one", "same.txt": "same", "d/a.txt": "a", "d-x": "x",
        "d/sub/b.txt": "b", "gone/c.txt": "c", "run.sh": "#!/bin/sh\n"})
    (folder / "run.sh").chmod(0o755)
    with LocalHub(root, offer(folder)) as hub:
        first = sha(hub)
        listed = {p: e["oid"] for p, e in files(hub).items()}
        equal("a folder's id is that of its entries", listed["d"],
              tree_id(listed, "d"))
        (folder / "README.md").write_text("two")
        equal("a running server does not look again", content(
            hub, "README.md"), b"one")
    with LocalHub(root, offer(folder)) as hub:
        second = sha(hub)
        check("a change makes a commit", second != first)
        equal("the old commit is as it was",
              content(hub, "README.md", first), b"one")
        equal("the new one is new", content(hub, "README.md"), b"two")
        now = files(hub)
        equal("its last commit", now["README.md"]["lastCommit"]["id"], second)
        equal("of the rest", {e["lastCommit"]["id"] for p, e in now.items()
                              if p != "README.md"}, {first})
        equal("the history", [c["id"] for c in hub.get(
            f"{API}/commits/main").json()], [second, first])
    with LocalHub(root, offer(folder)) as hub:
        equal("no change, no commit", sha(hub), second)
    shutil.rmtree(folder / "gone")
    (folder / "d/a.txt").unlink()
    (folder / "d/a.txt").mkdir()
    write_tree(folder, {"d/a.txt/inner": "i", "new/deep/er.txt": "n"})
    with LocalHub(root, offer(folder)) as hub:
        third = sha(hub)
        equal("files and folders that came and went", sorted(files(hub)),
              ["README.md", "d", "d-x", "d/a.txt", "d/a.txt/inner", "d/sub",
               "d/sub/b.txt", "new", "new/deep", "new/deep/er.txt", "run.sh",
               "same.txt"])
        if git := git_tree(folder):
            listed = {p: e["oid"] for p, e in files(hub).items()}
            equal("all ids are git's", tree_id(listed, ""), git)
        equal("the first commit is whole still",
              sorted(p for p, e in files(hub, first).items()
                     if e["type"] == "file"),
              ["README.md", "d-x", "d/a.txt", "d/sub/b.txt", "gone/c.txt",
               "run.sh", "same.txt"])
    before = os.stat(folder / "same.txt")
    (folder / "same.txt").write_text("SAME")
    os.utime(folder / "same.txt", ns=(before.st_atime_ns, before.st_mtime_ns))
    with LocalHub(root, offer(folder)) as hub:
        equal("a change that hides behind its times is found",
              content(hub, "same.txt"), b"SAME")
        check("... and is a commit", sha(hub) not in (first, second, third))
    other = scratch()
    shutil.copytree(folder, other / "copy")
    with LocalHub(root, offer(other / "copy")) as hub:
        last = sha(hub)
    with LocalHub(root, offer(folder)) as hub:
        equal("the same content elsewhere is no change", sha(hub), last)
    with LocalHub(root) as hub:
        equal("the root serves without the folder", sha(hub), last)
        equal("... all of it", content(hub, "README.md", first), b"one")


def tree_id(oids, folder):
    """The id of a folder, from the ids of what is in it."""
    prefix = folder + "/" if folder else ""
    here = [p[len(prefix):] for p in oids
            if p.startswith(prefix) and "/" not in p[len(prefix):]]
    is_folder = {n: any(p.startswith(prefix + n + "/") for p in oids)
                 for n in here}
    entries = b""
    for name in sorted(here, key=lambda n: n + "/" * is_folder[n]):
        mode = ("40000" if is_folder[name] else
                "100755" if name == "run.sh" else "100644")
        entries += (f"{mode} {name}\0".encode() +
                    bytes.fromhex(oids[prefix + name]))
    return hashlib.sha1(b"tree %d\0" % len(entries) + entries).hexdigest()


def odd_folders():
    folder, root, outside = scratch(), scratch(), scratch()
    write_tree(outside, {"secret.txt": "secret"})
    write_tree(folder, {
        "real/a.txt": "a", ".git/config": "no", "sub/.git/x": "no",
        ".cache/huggingface/x": "no", ".cache/other": "yes",
        ".gitattributes": "*.dat filter=lfs -text\n", "x.dat": "text",
        "y.bin": "text", "z": b"\0\1"})
    os.symlink("real/a.txt", folder / "inside")
    os.symlink("real", folder / "folder")
    os.symlink(outside / "secret.txt", folder / "out")
    os.symlink(outside, folder / "outdir")
    os.symlink("nowhere", folder / "dangling")
    os.symlink("..", folder / "real/up")
    os.symlink("../../x", folder / "real/above")
    os.mkfifo(folder / "pipe")
    (folder / "empty/er").mkdir(parents=True)
    with open(os.fsencode(folder) + b"/bad\xff", "w") as f:
        f.write("no")
    with LocalHub(root, offer(folder)) as hub:
        seen = files(hub)
        equal("what a repo can hold", sorted(
            p for p, e in seen.items() if e["type"] == "file"),
            [".cache/other", ".gitattributes", "folder/a.txt", "inside",
             "real/a.txt", "x.dat", "y.bin", "z"])
        equal("a link inside", content(hub, "inside"), b"a")
        equal("LFS by the folder's rules, and by content",
              sorted(p for p, e in seen.items() if "lfs" in e), ["x.dat", "z"])
        said = hub.said()
        check("what was left out is said", all(
            f"skip {folder}/{p}" in said for p in
            ["out", "outdir", "dangling", "pipe", "real/above", "real/up"]),
            said)
    (folder / ".gitattributes").unlink()
    with LocalHub(root, offer(folder)) as hub:
        equal("LFS by the usual rules",
              sorted(p for p, e in files(hub).items() if "lfs" in e),
              ["y.bin", "z"])
    empty = scratch()
    with LocalHub(root, offer(empty, "ada/empty")) as hub:
        a = hub.get("/api/models/ada/empty/tree/main")
        check("an empty folder", a.status == 200 and a.json() == [])
    write_tree(empty, {"a": "a", "hub/old": "o"})
    for i in range(2):
        with LocalHub(empty / "hub", offer(empty, "ada/self")) as hub:
            equal("a root inside the folder is no part of it", [
                e["path"] for e in hub.get("/api/models/ada/self/tree/main"
                                           "?recursive=true").json()], ["a"])
            check("... nor open to others",
                  (empty / "hub/hub.db").stat().st_mode & 0o77 == 0)
    big = scratch()
    write_tree(big, {"big.txt": "x" * 10_485_761, "less.txt": "x" * 10_485_760})
    with LocalHub(root, offer(big, "ada/big")) as hub:
        equal("LFS by size", [
            e["path"] for e in hub.get(
                "/api/models/ada/big/tree/main").json() if "lfs" in e],
            ["big.txt"])


def refusals():
    folder, root = scratch(), scratch()
    write_tree(folder, {"a": "a"})

    def refused(what, part, *options, status=2):
        process = subprocess.run(
            [*SERVE, "--root", str(root), *options], timeout=60,
            capture_output=True, text=True)
        check(what, process.returncode == status and part in process.stderr and
              process.stderr.count("\n") == 1 and not process.stdout,
              process.returncode, process.stderr)

    with LocalHub(root, offer(folder)) as hub:
        pid = str(hub.process.pid)
        refused("a second server of one root", f"in use by another server "
                f"(process {pid})", status=7)
        with LocalHub(scratch()) as other:
            refused("a port that is taken", "ddress already in use",
                    "--root", str(scratch()), f"--port={other.port}",
                    status=1)
        equal("the first one is not disturbed", hub.get(API).status, 200)
    refused("no user, and other machines", "hffs hub user add",
            "--listen=0.0.0.0")
    refused("an address that is none", "", "--listen=nowhere.invalid",
            "--user=a=b")
    refused("a private repo of nobody", "add a user", offer(folder),
            "--private=ada/demo", status=1)
    refused("one name for two folders", "offered twice", offer(folder),
            offer(folder))
    refused("two users with one token", "this token", "--user=a=x",
            "--user=b=x")
    refused("a user without a token", "NAME=TOKEN", "--user=a")
    refused("a user's name", "user a/b", "--user=a/b=x")
    refused("a fault that is none", "explode", "--fault=GET /: explode")
    refused("a kind that is none", "model:NS/NAME=FOLDER",
            f"--repo=thing:a/b={folder}")
    refused("a name that is none", "model:NS/NAME=FOLDER",
            f"--repo=model:a b/c={folder}")
    refused("--private of no repo", "no --repo", "--private=x/y")
    a = subprocess.run([*SERVE, "--root", str(scratch()),
                        "--repo=model:a/b=/does/not/exist"], timeout=60,
                       capture_output=True, text=True)
    check("a folder that is not there", a.returncode == 1 and
          "/does/not/exist" in a.stderr and "No such file" in a.stderr,
          a.stderr)
    with LocalHub(scratch(), "--listen=0.0.0.0", "--user=ada=t") as hub:
        equal("with a user, other machines may", hub.get(
            "/api/whoami-v2", Authorization="Bearer t").json()["name"], "ada")


def kills():
    """kill -9 during the first snapshot, again and again."""
    folder, root = scratch(), scratch()
    random.seed(7)
    write_tree(folder, {f"d{i % 20}/f{i}.bin": random.randbytes(3000)
                        for i in range(3000)})
    write_tree(folder, {"large.bin": random.randbytes(40_000_000)})
    wanted = {str(p.relative_to(folder)): hashlib.sha256(
        p.read_bytes()).hexdigest() for p in folder.rglob("*") if p.is_file()}
    early = 0
    for i in range(12):
        before = blobs(root)
        hub = LocalHub(root, offer(folder), wait=False)
        until(lambda: hub.process.poll() is not None or
              blobs(root) >= min(before + 200, len(wanted)), 10)
        hub.stop(signal.SIGKILL)
        early += b"listening" not in hub.output
    check("most of the kills came in the middle", early >= 6, early)
    with LocalHub(root, offer(folder)) as hub:
        equal("all is there in the end", sorted(
            p for p, e in files_paged(hub) if e["type"] == "file"),
            sorted(wanted))
        bad = [p for p in random.sample(sorted(wanted), 300) if hashlib.sha256(
            content(hub, p)).hexdigest() != wanted[p]]
        equal("and is right", bad, [])
        check("large.bin", hashlib.sha256(content(
            hub, "large.bin")).hexdigest() == wanted["large.bin"])
        last = sha(hub)
        hub.stop(signal.SIGKILL)
    wrong = [b.name for b in (root / "blobs").glob("*/*") if
             b.parent.name != "new" and
             hashlib.sha256(b.read_bytes()).hexdigest() != b.name]
    equal("every blob is what its name says", wrong, [])
    with LocalHub(root, offer(folder)) as hub:
        equal("killed while it served: the same commit", sha(hub), last)
        equal("nothing half-done is left",
              list((root / "blobs/new").iterdir()), [])


def blobs(root):
    return len(list((root / "blobs").glob("??/*")))


def files_paged(hub):
    path = f"{API}/tree/main?recursive=true"
    while path:
        a = hub.get(path)
        yield from ((e["path"], e) for e in a.json())
        link = a["Link"]
        path = link and link.split(">")[0].split(str(hub.port), 1)[1]


commits()
odd_folders()
refusals()
kills()
done()
