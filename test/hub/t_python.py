#!/usr/bin/env python3
"""Unmodified huggingface_hub reads repos from the local Hub as from the real
one: infos, listings, refs, commits, downloads, the file system, errors; with
and without redirects, by two users and by nobody."""
# test: timeout 300
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import judges
from local_hub import LocalHub, scratch, write_tree

judges.into_python()
os.environ.update(HF_HUB_DISABLE_XET="1", HF_HUB_DISABLE_TELEMETRY="1",
                  HF_HUB_DISABLE_PROGRESS_BARS="1",
                  HF_HOME=str(scratch()))

import huggingface_hub as hf                                   # noqa: E402
from huggingface_hub import HfApi, HfFileSystem                # noqa: E402
from huggingface_hub import errors                             # noqa: E402
from tap import check, done, equal, raises                     # noqa: E402

DATA = os.urandom(3_000_000)
FILES = {
    "README.md": "# demo\n",
    "config.json": '{"a": 1}\n',
    "w.bin": DATA,
    "empty.txt": b"",
    "data/train.csv": "a,b\n1,2\n",
    "data/sub/x y.txt": "x",
    "data/sub/naïve #1?&+%.txt": "ü",
    "onnx/model.onnx": DATA[:1000],
}
MANY = {f"many/{i:04}.txt": f"{i}" for i in range(2500)}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def content(path):
    data = FILES[path]
    return data.encode() if isinstance(data, str) else data


def infos(api, sha):
    info = api.model_info("ada/demo")
    equal("model_info: id", info.id, "ada/demo")
    equal("model_info: siblings", sorted(s.rfilename for s in info.siblings),
          sorted(FILES))
    equal("model_info: sha", info.sha, sha)
    check("model_info: times are aware", info.last_modified.tzinfo and
          info.created_at.tzinfo)
    check("model_info: public, not gated", info.private is False and
          info.gated is False and info.disabled is False)
    info = api.model_info("ada/demo", revision=sha, files_metadata=True)
    by = {s.rfilename: s for s in info.siblings}
    equal("files_metadata: size", by["w.bin"].size, len(DATA))
    equal("files_metadata: sha256", by["w.bin"].lfs.sha256, sha256(DATA))
    check("files_metadata: a plain file has no LFS part",
          by["README.md"].lfs is None and len(by["README.md"].blob_id) == 40)
    info = api.model_info("ada/demo", expand=["sha", "lastModified", "tags"])
    check("expand gives these alone", info.sha == sha and
          info.siblings is None and info.tags == [])
    info = api.repo_info("ada/set", repo_type="dataset")
    equal("dataset_info", [s.rfilename for s in info.siblings][:1],
          ["many/0000.txt"])
    equal("space_info", api.repo_info("ada/space", repo_type="space").id,
          "ada/space")
    equal("list_models", [m.id for m in api.list_models(author="ada")],
          ["ada/demo", "ada/other"])
    equal("list_models by search", [m.id for m in api.list_models(
        search="OTH", sort="last_modified", limit=5)], ["ada/other"])
    equal("list_datasets", [m.id for m in api.list_datasets(full=True)],
          ["ada/set"])
    equal("list_spaces", [m.id for m in api.list_spaces()], ["ada/space"])


def listings(api, sha):
    tree = {e.path: e for e in api.list_repo_tree(
        "ada/demo", recursive=True, expand=True)}
    equal("list_repo_tree: files", sorted(
        p for p, e in tree.items() if hasattr(e, "blob_id")), sorted(FILES))
    equal("list_repo_tree: folders", sorted(
        p for p, e in tree.items() if not hasattr(e, "blob_id")),
        ["data", "data/sub", "onnx"])
    check("list_repo_tree: last commits", all(
        e.last_commit.oid == sha and e.last_commit.title
        for e in tree.values()))
    equal("list_repo_tree: LFS", tree["w.bin"].lfs.sha256, sha256(DATA))
    equal("list_repo_tree of a folder", sorted(
        e.path for e in api.list_repo_tree("ada/demo", "data")),
        ["data/sub", "data/train.csv"])
    equal("list_repo_tree of a quoted name", [
        e.path for e in api.list_repo_tree("ada/demo", "data/sub")],
        ["data/sub/naïve #1?&+%.txt", "data/sub/x y.txt"])
    many = [e.path for e in api.list_repo_tree(
        "ada/set", "many", repo_type="dataset")]
    equal("2,500 entries over pages", many, sorted(MANY))
    expanded = list(api.list_repo_tree(
        "ada/set", repo_type="dataset", recursive=True, expand=True))
    equal("... with expand", len(expanded), 2501)
    equal("list_repo_files", sorted(api.list_repo_files("ada/demo")),
          sorted(FILES))
    infos_ = api.get_paths_info(
        "ada/demo", ["data", "w.bin", "none", "data/sub/x y.txt"], expand=True)
    equal("get_paths_info", [i.path for i in infos_],
          ["data", "w.bin", "data/sub/x y.txt"])
    refs = api.list_repo_refs("ada/demo", include_pull_requests=True)
    equal("list_repo_refs", [(b.name, b.ref, b.target_commit)
                             for b in refs.branches],
          [("main", "refs/heads/main", sha)])
    check("list_repo_refs: the rest is empty",
          refs.tags == [] and refs.converts == [] and
          refs.pull_requests == [])
    commits = api.list_repo_commits("ada/demo", formatted=True)
    equal("list_repo_commits", [c.commit_id for c in commits], [sha])
    check("list_repo_commits: author and texts", commits[0].authors and
          commits[0].title and commits[0].formatted_title)
    check("file_exists", api.file_exists("ada/demo", "w.bin"))
    check("file_exists: no", not api.file_exists("ada/demo", "none"))
    check("repo_exists", api.repo_exists("ada/demo") and
          not api.repo_exists("ada/none"))
    check("revision_exists", api.revision_exists("ada/demo", sha) and
          not api.revision_exists("ada/demo", "none"))
    for revision in ["main", sha, sha[:8], "refs/heads/main"]:
        equal(f"revision {revision[:12]}", api.model_info(
            "ada/demo", revision=revision).sha, sha)


def downloads(api, hub, sha):
    url = hf.hf_hub_url("ada/demo", "w.bin", endpoint=hub.url)
    meta = hf.get_hf_file_metadata(url, token=api.token)
    equal("get_hf_file_metadata", (meta.commit_hash, meta.etag, meta.size),
          (sha, sha256(DATA), len(DATA)))
    home = scratch()
    for path in FILES:
        got = Path(api.hf_hub_download("ada/demo", path, cache_dir=home))
        check(f"hf_hub_download {path}", got.read_bytes() == content(path))
    blob = Path(os.path.realpath(got.parent.parent / "w.bin"))
    equal("the blob is named by its ETag", blob.name, sha256(DATA))

    blob.unlink()
    (blob.parent / (blob.name + ".incomplete")).write_bytes(DATA[:1_000_000])
    got = Path(api.hf_hub_download("ada/demo", "w.bin", cache_dir=home))
    check("a partial download", got.read_bytes() == DATA)
    got = Path(api.hf_hub_download("ada/demo", "w.bin", cache_dir=home,
                                   force_download=True))
    check("force_download", got.read_bytes() == DATA)
    raises("a file that is not there", errors.RemoteEntryNotFoundError,
           lambda: api.hf_hub_download("ada/demo", "none", cache_dir=home))
    check("... is remembered", list(home.glob(
        f"models--ada--demo/.no_exist/{sha}/none")))
    local = scratch()
    got = Path(api.hf_hub_download("ada/demo", "data/train.csv",
                                   local_dir=local))
    check("local_dir", got.read_bytes() == content("data/train.csv") and
          got == local / "data/train.csv")
    return home


def snapshots(api, home, sha):
    got = Path(api.snapshot_download("ada/demo", cache_dir=home))
    check("snapshot_download", got.name == sha and all(
        (got / p).read_bytes() == content(p) for p in FILES))
    got = Path(api.snapshot_download(
        "ada/demo", cache_dir=scratch(), allow_patterns=["data/*", "*.json"],
        ignore_patterns="*.csv"))
    equal("snapshot_download with patterns", sorted(
        str(p.relative_to(got)) for p in got.rglob("*") if p.is_file()),
        ["config.json", "data/sub/naïve #1?&+%.txt", "data/sub/x y.txt"])
    got = Path(api.snapshot_download("ada/set", repo_type="dataset",
                                     local_dir=scratch(), max_workers=16))
    check("snapshot_download of 2,500 files", all(
        (got / p).read_text() == t for p, t in MANY.items()))


def file_system(hub, token):
    fs = HfFileSystem(endpoint=hub.url, token=token, skip_instance_cache=True)
    equal("fs.ls", sorted(fs.ls("ada/demo/data", detail=False)),
          ["ada/demo/data/sub", "ada/demo/data/train.csv"])
    equal("fs.info", fs.info("ada/demo/w.bin")["size"], len(DATA))
    equal("fs.find", len(fs.find("ada/demo")), len(FILES))
    equal("fs.glob", fs.glob("ada/demo/**/*.csv"), ["ada/demo/data/train.csv"])
    check("fs.exists", fs.exists("ada/demo/onnx") and
          fs.isdir("ada/demo/onnx") and not fs.exists("ada/demo/none"))
    with fs.open("ada/demo/w.bin", block_size=65536) as f:
        f.seek(1_234_567)
        check("fs.open: a range", f.read(1000) == DATA[1_234_567:1_235_567])
        f.seek(-10, 2)
        check("fs.open: the end", f.read() == DATA[-10:])
    check("fs.cat_file", fs.cat_file("ada/demo/README.md") ==
          content("README.md"))
    check("fs.cat_ranges", fs.cat_ranges(
        ["ada/demo/w.bin"] * 2, [0, 100], [10, 120]) ==
        [DATA[:10], DATA[100:120]])
    equal("fs of a dataset", len(fs.ls("datasets/ada/set/many")), 2500)
    raises("fs.ls of nothing", FileNotFoundError,
           lambda: fs.ls("ada/demo/none"))


def failures(api, hub):
    raises("no such repo", errors.RepositoryNotFoundError,
           lambda: api.model_info("ada/none"))
    raises("another kind", errors.RepositoryNotFoundError,
           lambda: api.dataset_info("ada/demo"))
    raises("no such revision", errors.RevisionNotFoundError,
           lambda: api.model_info("ada/demo", revision="none"))
    raises("no such revision in a tree", errors.RevisionNotFoundError,
           lambda: list(api.list_repo_tree("ada/demo", revision="none")))
    raises("no such folder", errors.RemoteEntryNotFoundError,
           lambda: list(api.list_repo_tree("ada/demo", "none")))
    raises("no such revision of a file", errors.RevisionNotFoundError,
           lambda: api.hf_hub_download("ada/demo", "w.bin", revision="none",
                                       cache_dir=scratch()))
    error = None
    try:
        api.model_info("ada/none")
    except errors.RepositoryNotFoundError as e:
        error = e
    check("the error names the request", error.request_id or
          "Request ID" in str(error), str(error))
    raises("a bad token", errors.HfHubHTTPError,
           lambda: HfApi(hub.url, token="wrong").model_info("ada/demo"))


def people(hub):
    ada, bob = (HfApi(hub.url, token=t) for t in ("token-ada", "token-bob"))
    nobody = HfApi(hub.url, token=False)
    equal("whoami", ada.whoami()["name"], "ada")
    equal("whoami of the other", bob.whoami()["name"], "bob")
    raises("whoami of nobody known", errors.HfHubHTTPError,
           lambda: HfApi(hub.url, token="x").whoami())
    equal("a private repo, by its owner",
          ada.model_info("ada/secret").private, True)
    check("its files", Path(ada.hf_hub_download(
        "ada/secret", "w.bin", cache_dir=scratch())).read_bytes() == DATA)
    for who, api in [("the other", bob), ("nobody", nobody)]:
        raises(f"a private repo, by {who}", errors.RepositoryNotFoundError,
               lambda: api.model_info("ada/secret"))
        raises(f"its files, by {who}", errors.RepositoryNotFoundError,
               lambda: api.hf_hub_download("ada/secret", "w.bin",
                                           cache_dir=scratch()))
        raises(f"its tree, by {who}", errors.RepositoryNotFoundError,
               lambda: list(api.list_repo_tree("ada/secret")))
        check(f"lists, by {who}", "ada/secret" not in
              [m.id for m in api.list_models()])
        equal(f"a public repo, by {who}", api.model_info("ada/demo").id,
              "ada/demo")
    check("lists, by its owner", "ada/secret" in
          [m.id for m in ada.list_models()])
    ada.auth_check("ada/secret")
    raises("auth_check", errors.RepositoryNotFoundError,
           lambda: bob.auth_check("ada/secret"))
    tree, file = ("/api/models/ada/secret/tree/main",
                  "/ada/secret/resolve/main/w.bin")
    for path in [tree, file, "/api/models/ada/none", "/ada/none/resolve/a/b"]:
        a = hub.get(path)
        check(f"nobody gets 401 of {path}", a.status == 401 and
              a["X-Error-Code"] == "RepoNotFound", a.status)
        a = hub.get(path, Authorization="Bearer token-bob")
        check(f"the other gets 404 of {path}", a.status == 404 and
              a["X-Error-Code"] == "RepoNotFound", a.status)
        for bad in ["Bearer wrong", "Basic eDp5", "Bearer", "nonsense"]:
            a = hub.get(path, Authorization=bad)
            check(f"{bad!r} gets 401 of {path}", a.status == 401 and
                  a["X-Error-Code"] is None and a["X-Error-Message"] ==
                  "Invalid credentials in Authorization header", a.status)


def command_line(hub):
    """The hf command."""
    env = os.environ | {"HF_ENDPOINT": hub.url, "HF_TOKEN": "token-ada"}
    hf_ = Path(sys.executable).parent / "hf"

    def run(*words):
        done_ = subprocess.run([hf_, *words], env=env, timeout=60,
                               capture_output=True, text=True)
        return done_.returncode, done_.stdout + done_.stderr
    local = scratch()
    status, said = run("download", "ada/secret", "--local-dir", str(local))
    check("hf download", status == 0 and
          (local / "w.bin").read_bytes() == DATA, said)
    status, said = run("auth", "whoami")
    check("hf auth whoami", status == 0 and "ada" in said, said)
    status, said = run("download", "ada/none")
    check("hf download of nothing", status != 0 and "not found" in said, said)


def offline(hub_url, home, sha):
    """The Hub is gone: what was downloaded is still there."""
    api = HfApi(hub_url)
    got = Path(api.hf_hub_download("ada/demo", "w.bin", cache_dir=home))
    check("offline: a file", got.read_bytes() == DATA)
    got = Path(api.snapshot_download("ada/demo", cache_dir=home))
    equal("offline: a snapshot", got.name, sha)


def judge(mode, *options):
    print(f"# {mode}")
    folder, many, root = scratch(), scratch(), scratch()
    write_tree(folder, FILES)
    write_tree(many, MANY)
    offers = [f"model:ada/demo={folder}", f"model:ada/other={folder}",
              f"dataset:ada/set={many}", f"space:ada/space={folder}",
              f"model:ada/secret={folder}"]
    hub = LocalHub(root, *(f"--repo={o}" for o in offers), *options,
                   "--user=ada=token-ada", "--user=bob=token-bob",
                   "--private=ada/secret")
    try:
        api = HfApi(hub.url, token="token-bob")
        sha = api.model_info("ada/demo").sha
        infos(api, sha)
        listings(api, sha)
        home = downloads(api, hub, sha)
        snapshots(api, home, sha)
        file_system(hub, "token-bob")
        failures(api, hub)
        people(hub)
        command_line(hub)
        equal("it ends in good order", hub.stop(), 0)
        offline(hub.url, home, sha)
    finally:
        hub.stop()
    for path in (folder, many, root, home):
        shutil.rmtree(path)


judge("bytes at once")
judge("redirected", "--redirect")
done()
