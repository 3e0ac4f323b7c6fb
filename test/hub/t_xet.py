#!/usr/bin/env python3
"""hffs xet beside hf_xet: the same hashes of the same files, and its xorbs and
shards are good. Damaged ones are refused in words."""
# test: timeout 300
import json
import os
import random
import subprocess
from pathlib import Path

import judges

judges.into_python()

import hf_xet                                                  # noqa: E402
from tap import check, done, equal                             # noqa: E402

HFFS = os.environ["B"] + "/hffs"
SCRATCH = Path(os.environ["TMPDIR"])
DATA = Path(__file__).resolve().parents[1] / "data/xet"
MIB = 1 << 20
SIZES = [0, 1, 7, 63, 64, 65, 8127, 8128, 8191, 8192, 8193, 65535, 65536, 65537,
         131071, 131072, 131073, MIB - 1, MIB, MIB + 1, MIB + 131072,
         2 * MIB, 5 * MIB + 3, 64 * MIB, 64 * MIB + 1, 150 * MIB + 77]


def hffs(*words):
    return subprocess.run([HFFS, "xet", *words], capture_output=True,
                          text=True, cwd=SCRATCH)


def inspect(path, *options):
    got = hffs("inspect", "--json", *options, str(path))
    return got.returncode, json.loads(got.stdout or "null"), got.stderr


def content(kind, size, seed):
    """Bytes that are cut in different ways."""
    rng = random.Random(seed)
    if kind == "random":
        return rng.randbytes(size)
    if kind == "zeros":
        return bytes(size)
    if kind == "text":
        words = [str(rng.randrange(10 ** rng.randrange(1, 9))) for _ in range(99)]
        text = " ".join(rng.choices(words, k=size // 3 + 1))
        return (text.encode() * 3)[:size]
    # Runs of every length: forced cuts, early ones, and cuts far apart.
    out = bytearray()
    while len(out) < size:
        n = rng.randrange(1, 200000)
        out += rng.randbytes(n) if rng.random() < 0.5 else bytes([rng.randrange(256)]) * n
    return bytes(out[:size])


def make_files():
    rng = random.Random(20)
    cases = [("random", size) for size in SIZES]
    for kind in ("random", "zeros", "text", "runs"):
        cases += [(kind, int(2 ** rng.uniform(0, 23))) for _ in range(40)]
    names = []
    for i, (kind, size) in enumerate(cases):
        names.append(f"{i:03}-{kind}-{size}")
        (SCRATCH / names[-1]).write_bytes(content(kind, size, i))
    return names


def hashes(names):
    got = hffs("hash", *names)
    lines = [line.split("  ") for line in got.stdout.splitlines()]
    equal("hffs hashes all files", got.returncode, 0)
    equal("they come in the order they were named in",
          [name for _, name in lines], names)
    theirs = hf_xet.hash_files([str(SCRATCH / name) for name in names])
    wrong = [name for (ours, name), its in zip(lines, theirs)
             if ours != its.hash]
    equal(f"{len(names)} files have the hashes that hf_xet gives them", wrong,
          [])
    as_json = json.loads(hffs("hash", "--json", *names).stdout)["files"]
    equal("as JSON, too", [f["hash"] for f in as_json],
          [its.hash for its in theirs])
    equal("with their sizes", [f["size"] for f in as_json],
          [its.file_size for its in theirs])


def bad_files(names):
    got = hffs("hash", names[3], "absent", ".", names[4])
    equal("a file that cannot be read makes the exit status 1",
          got.returncode, 1)
    equal("the others are hashed", len(got.stdout.splitlines()), 2)
    check("each bad one is named, with the reason",
          "absent: No such file" in got.stderr and ".: Is a dir" in got.stderr,
          got.stderr)


def genuine_objects(names):
    """An upload by hf_xet into a folder, which keeps xorbs and shards."""
    store = SCRATCH / "store"
    os.environ["HF_XET_CACHE"] = str(SCRATCH / "hf-xet-cache")
    session = hf_xet.XetSession()
    with session.new_upload_commit(endpoint=f"local://{store}") as commit:
        handles = [commit.start_upload_file(str(SCRATCH / name))
                   for name in names]
    want = {h.result().xet_info.hash for h in handles}
    seen, bad, n = set(), [], {"xorb": 0, "shard": 0}
    for path in sorted(p for p in store.rglob("*") if p.is_file()):
        head = path.read_bytes()[:14]
        if path.suffix == ".tagset" or not head or (
                head[0] != 0 and head != b"HFRepoMetaData"):
            continue
        status, what, why = inspect(path)
        n[what["kind"]] += 1
        if status != 0:
            bad.append((path.name, why))
        if what["kind"] == "shard":
            seen |= {file["hash"] for file in what["files"]}
    check("there are xorbs and shards of hf_xet", min(n.values()) > 0, n)
    equal(f"all of {n} are good", bad, [])
    equal("the shards have all files", want - seen, set())


def damaged_objects():
    for case in json.loads((DATA / "expected.json").read_text())["damaged"]:
        wanted = ["--hash", case["expected_hash"]] \
            if case["kind"] == "xorb" else []
        alone = case["note"] in (
            "term names a xorb that does not exist",)  # may be elsewhere
        status, what, why = inspect(DATA / case["file"], *wanted)
        good = case["class"] is None or alone
        check(f"{case['file']}: {case['note']}",
              status == (0 if good else 1) and what["damaged"] is not good and
              ("damaged at byte" in why) is not good, status, what, why)


def names_of_shards():
    cached = DATA / "damaged/good-cached.shard"
    name = inspect(cached)[1]["name"]
    equal("a shard with the hash in its name is good",
          inspect(cached, "--hash", name)[0], 0)
    equal("with another it is not",
          inspect(cached, "--hash", name[::-1])[0], 1)
    equal("what is no hash is refused",
          hffs("inspect", "--hash", "abc", str(cached)).returncode, 2)


def progress():
    """A pipe that does not end, and a terminal for stderr."""
    pipe = SCRATCH / "pipe"
    os.mkfifo(pipe)
    ours, theirs = os.openpty()
    with subprocess.Popen([HFFS, "xet", "hash", pipe], stdout=subprocess.PIPE,
                          stderr=theirs, text=True) as process:
        os.close(theirs)
        with open(pipe, "wb") as writer:
            said = os.read(ours, 100).decode()
            writer.write(b"Hello World!")
        equal("what comes through a pipe is hashed", process.communicate()[0],
              f"a9dae0ad88b060bdd7e7c87abdcf95b132c95a0414b06d4f6beb68d287b87165"
              f"  {pipe}\n")
    os.close(ours)
    check("a terminal is told how far it is", "in 1 of 1 files" in said, said)


names = make_files()
hashes(names)
bad_files(names)
genuine_objects([n for n in names if 0 < os.path.getsize(SCRATCH / n) < 8 * MIB])
damaged_objects()
names_of_shards()
progress()
done()
