#!/usr/bin/env python3
"""The storage of a local Hub: folders in and out as commits, what verify finds,
what gc takes away; beside a server that runs."""
# test: timeout 300
import hashlib
import json
import os
import subprocess
import time

from local_hub import HFFS, LocalHub, scratch, write_tree
from tap import check, done, equal

DATA = os.urandom(3_000_000)
FILES = {
    "README.md": "# demo\n",
    "w.bin": DATA,
    "empty.txt": b"",
    "d/a b+c&d#e%f?.txt": b"odd",
    "d/naïve 日本.txt": "ü\n",
    "d/.hidden": b"dot",
    "d/deep/er/x.txt": b"x",
    "n" * 250: b"long name",
}


def command(root, *words, status=0):
    got = subprocess.run([HFFS, "hub", *words, "--root", root], text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         timeout=120)
    check(f"hffs hub {words[0]}: status {status}", got.returncode == status,
          got.returncode, got.stdout, got.stderr)
    return got.stdout if status == 0 else got.stdout + got.stderr


def tree(folder):
    return {str(p.relative_to(folder)): (p.read_bytes(),
                                         p.stat().st_mode & 0o100)
            for p in sorted(folder.rglob("*")) if p.is_file()}


def blob(root, data):
    name = hashlib.sha256(data).hexdigest()
    return root / "blobs" / name[:2] / name


def age(path, days=2):
    then = time.time() - days * 86400
    os.utime(path, (then, then))


def in_and_out(root):
    folder, out = scratch(), scratch() / "not yet"
    write_tree(folder, FILES)
    (folder / "d/deep/run.sh").write_text("#!/bin/sh\n")
    (folder / "d/deep/run.sh").chmod(0o755)
    check("export from no Hub", "no Hub" in command(
        root, "export", "model", "ada/demo", str(out), status=1))
    command(root, "import", "model", "ada/demo", str(folder))
    command(root, "export", "model", "ada/demo", str(out))
    equal("what came in comes out, byte for byte", tree(out), tree(folder))
    check("a second import has nothing to do", "nothing new" in command(
        root, "import", "model", "ada/demo", str(folder)))
    for words, status, part in [
            (["import", "model", "a/b/c", str(folder)], 2, "NS/NAME"),
            (["import", "modl", "ada/x", str(folder)], 2, "model, dataset"),
            (["import", "model", "ada/x", str(folder / "none")], 1, "No such"),
            (["export", "model", "ada/x", str(out)], 1, "no repo"),
            (["export", "model", "ada/demo@x", str(out)], 1, "no revision"),
            (["export", "dataset", "ada/demo", str(out)], 1, "no repo"),
            (["import", "model", "ada/demo"], 2, "")]:
        check(f"{words[0]} refused: {part}",
              part in command(root, *words, status=status))
    first = command(root, "import", "model", "ada/demo",
                    str(folder)).split()[-1]
    return folder, out, first


def beside_a_server(root, folder, out, first):
    with LocalHub(root) as hub:
        url = "/api/models/ada/demo"
        equal("the server shows it", hub.get(url).json()["sha"], first)
        a = hub.get("/ada/demo/resolve/main/w.bin")
        check("and its bytes", a.body == DATA, a.status)
        (folder / "new.txt").write_text("new")
        (folder / "empty.txt").unlink()
        command(root, "import", "model", "ada/demo", str(folder),
                "--message", "more of it")
        now = hub.get(url).json()
        names = [s["rfilename"] for s in now["siblings"]]
        check("an import beside the server is seen at once",
              "new.txt" in names and "empty.txt" in names, names)
        equal("the title of its commit",
              hub.get(url + "/commits/main").json()[0]["title"], "more of it")
        command(root, "import", "model", "ada/demo", str(folder), "--delete")
        names = [s["rfilename"] for s in hub.get(url).json()["siblings"]]
        equal("--delete leaves what the folder has", sorted(names),
              sorted(tree(folder)))
        command(root, "export", "model", f"ada/demo@{first}", str(out))
        check("an export of an old commit", (out / "empty.txt").exists() and
              not (out / "new.txt").exists())
        command(root, "import", "space", "ada/mine", str(folder), "--private")
        equal("a private one", hub.get("/api/spaces/ada/mine").json()["private"],
              True)
    offered = scratch()
    write_tree(offered, {"a": "a"})
    with LocalHub(root, f"--repo=model:ada/shown={offered}"):
        check("no import into what shows a folder", "with it alone" in command(
            root, "import", "model", "ada/shown", str(folder), status=1))


def no_way_out(root):
    """The folder to export to is not followed out of."""
    folder, out, other = scratch(), scratch(), scratch()
    write_tree(folder, {"d/x": "x", "y": "y"})
    command(root, "import", "model", "ada/links", str(folder))
    (out / "d").symlink_to(other)
    (out / "y").symlink_to(other / "y")
    command(root, "export", "model", "ada/links", str(out), status=1)
    check("no link is written through", list(other.iterdir()) == [] and
          (out / "y").read_text() == "y" and not (out / "y").is_symlink())


def verify(root):
    equal("all is well", json.loads(
        command(root, "verify", "--json"))["problems"], [])
    check("in words, too", "all well" in command(root, "verify"))
    path = blob(root, DATA)
    with open(path, "r+b") as f:
        f.seek(1_000_000)
        byte = f.read(1)
        f.seek(1_000_000)
        f.write(bytes([byte[0] ^ 1]))
    with LocalHub(root):
        found = json.loads(command(root, "verify", "--json", status=1)
                           .splitlines()[0])["problems"]
    check("a flipped byte is found", len(found) == 1 and path.name in found[0],
          found)
    out = scratch()
    said = command(root, "export", "model", "ada/demo", str(out), status=1)
    check("it does not come out", "w.bin" in said and
          not (out / "w.bin").exists() and (out / "new.txt").exists() and
          not list(out.glob(".hffs*")), said)
    path.unlink()
    said = command(root, "verify", status=1)
    check("a content that is missing is, too", "is missing" in said and
          path.name in said, said)
    path.write_bytes(DATA)
    command(root, "verify")


def gc(root):
    garbage = os.urandom(100_000)
    path = blob(root, garbage)
    path.write_bytes(garbage)
    partial = root / "blobs/new/half"
    kept = tree(root / "blobs")
    with LocalHub(root):
        partial.write_bytes(b"half")
        removed = json.loads(command(root, "gc", "--json"))
        check("what is young stays", removed["blobs"] == 0 and path.exists() and
              partial.exists(), removed)
        for p in (root / "blobs").rglob("*"):
            if p.is_file():
                age(p)
        removed = json.loads(command(root, "gc", "--json"))
        equal("what nothing refers to goes", [
            removed["blobs"], removed["blob_bytes"], removed["partial_bytes"],
            path.exists(), partial.exists()], [1, 100_000, 4, False, False])
    del kept[str(path.relative_to(root / "blobs"))]
    equal("all else is there", tree(root / "blobs"), kept)
    equal("nor anything again", json.loads(
        command(root, "gc", "--json"))["blobs"], 0)
    command(root, "verify")


def main():
    root = scratch() / "root"
    beside_a_server(root, *in_and_out(root))
    no_way_out(root)
    verify(root)
    gc(root)
    done()


main()
