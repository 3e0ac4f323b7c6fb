#!/usr/bin/env python3
"""Unmodified huggingface_hub brings content into the local Hub: files, folders,
commits of all operations, pull requests, LFS files in one piece and in parts,
the file system, the hf command; names of all kinds; what must be refused."""
# test: timeout 300
import hashlib
import json
import os
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path
from urllib.parse import quote

import judges
from local_hub import HFFS, LocalHub, scratch, write_tree

judges.into_python()
os.environ.update(HF_HUB_DISABLE_XET="1", HF_HUB_DISABLE_TELEMETRY="1",
                  HF_HUB_DISABLE_PROGRESS_BARS="1",
                  HF_HOME=str(scratch()))

from huggingface_hub import (                                  # noqa: E402
    CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, HfApi,
    HfFileSystem, errors)
from huggingface_hub.utils import HfHubHTTPError               # noqa: E402
from tap import check, done, equal, raises                     # noqa: E402

DATA = os.urandom(3_000_000)
BIG = os.urandom(1 << 20) * 100
REPO = "ada/demo"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def git_id(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def tree(api, repo=REPO, **options):
    return {e.path: e for e in api.list_repo_tree(
        repo, recursive=True, expand=True, **options)
        if hasattr(e, "blob_id")}


def files(api, repo=REPO, **options):
    """All paths but the one that every repo has from the start."""
    return sorted(set(api.list_repo_files(repo, **options)) -
                  {".gitattributes"})


def content(api, path, repo=REPO, **options):
    fresh = scratch()
    try:
        return Path(api.hf_hub_download(
            repo, path, local_dir=fresh, **options)).read_bytes()
    finally:
        shutil.rmtree(fresh)


def single_files(api):
    made = api.upload_file(path_or_fileobj=b"hello", path_in_repo="n.txt",
                           repo_id=REPO, commit_message="One file",
                           commit_description="of bytes")
    head = api.model_info(REPO).sha
    equal("upload_file: the commit is the head", made.oid, head)
    equal("upload_file: commitUrl", made.commit_url,
          f"{api.endpoint}/{REPO}/commit/{head}")
    equal("upload_file: bytes", content(api, "n.txt"), b"hello")
    first = api.list_repo_commits(REPO)[0]
    check("list_repo_commits: title, message, author",
          (first.title, first.message, first.authors) ==
          ("One file", "of bytes", ["ada"]), first)
    entry = tree(api)["n.txt"]
    check("a small text is no LFS file, under git's id", entry.lfs is None and
          entry.blob_id == git_id(b"hello"), entry)
    folder = scratch()
    (folder / "w.bin").write_bytes(DATA)
    api.upload_file(path_or_fileobj=folder / "w.bin", path_in_repo="d/w.bin",
                    repo_id=REPO)
    entry = tree(api)["d/w.bin"]
    check("a binary is an LFS file", entry.lfs is not None and
          entry.lfs.sha256 == sha256(DATA) and entry.size == len(DATA), entry)
    equal("upload_file: an LFS file", content(api, "d/w.bin"), DATA)
    head = api.model_info(REPO).sha
    again = api.upload_file(path_or_fileobj=folder / "w.bin",
                            path_in_repo="d/w.bin", repo_id=REPO)
    equal("the same content again makes no commit", again.oid, head)
    with open(folder / "w.bin", "rb") as stream:
        api.upload_file(path_or_fileobj=stream, path_in_repo="s.bin",
                        repo_id=REPO)
    equal("upload_file: a file object", content(api, "s.bin"), DATA)
    api.upload_file(path_or_fileobj=b"", path_in_repo="empty.bin",
                    repo_id=REPO)
    equal("an empty file", content(api, "empty.bin"), b"")
    last = tree(api)
    check("the last commit of each file is its own",
          len({e.last_commit.oid for e in last.values()}) == len(last) and
          last["n.txt"].last_commit.title == "One file")
    shutil.rmtree(folder)


def parts(api, hub):
    """100 MB go in parts, and come back whole."""
    made = api.upload_file(path_or_fileobj=BIG, path_in_repo="big.bin",
                           repo_id=REPO)
    entry = tree(api)["big.bin"]
    check("a file in parts", entry.size == len(BIG) and
          entry.lfs.sha256 == sha256(BIG))
    check("... comes back", content(api, "big.bin") == BIG)
    puts = [r["in"] for r in map(json.loads, open(hub.root / "log"))
            if r["method"] == "PUT"]
    equal("... it went in two parts", puts[-2:], [64 << 20, 36 << 20])
    check("... of which nothing is left",
          list((hub.root / "parts").iterdir()) == [] and
          list((hub.root / "blobs/new").iterdir()) == [])
    api.upload_file(path_or_fileobj=BIG, path_in_repo="copy.bin",
                    repo_id=REPO)
    equal("content that is there is not sent again",
          (hub.root / "log").read_text().count(f'"in":{64 << 20},'), 1)
    api.delete_files(REPO, ["big.bin", "copy.bin"], revision="main")
    check("delete_files", "big.bin" not in files(api), files(api))
    equal("an old commit still has it",
          content(api, "big.bin", revision=made.oid) == BIG, True)


def operations(api):
    api.create_commit(REPO, [
        CommitOperationAdd("f/a.txt", b"a"), CommitOperationAdd("f/b.txt", b"b"),
        CommitOperationAdd("f/s/c.bin", DATA[:5000]),
        CommitOperationAdd("g.txt", b"g")], commit_message="several")
    before = api.model_info(REPO).sha
    made = api.create_commit(REPO, [
        CommitOperationAdd("new.txt", b"new"),
        CommitOperationDelete("f/a.txt"),
        CommitOperationDelete("f/s/"),
        CommitOperationCopy("d/w.bin", "d/copy.bin"),
        CommitOperationCopy("g.txt", "h.txt"),
        CommitOperationCopy("f/s/c.bin", "c2.bin", src_revision=before)],
        commit_message="mixed", parent_commit=before)
    got = files(api)
    check("create_commit: adds, deletes and copies in one", set(got) >= {
        "new.txt", "f/b.txt", "d/copy.bin", "h.txt", "c2.bin"} and
        not {"f/a.txt", "f/s/c.bin"} & set(got), got)
    equal("a copy of an LFS file", content(api, "d/copy.bin"), DATA)
    equal("a copy of a text", content(api, "h.txt"), b"g")
    equal("a copy from another revision", content(api, "c2.bin"), DATA[:5000])
    check("a copy shares the id", tree(api)["d/copy.bin"].blob_id ==
          tree(api)["d/w.bin"].blob_id)
    try:
        api.create_commit(REPO, [CommitOperationAdd("late.txt", b"x")],
                          commit_message="late", parent_commit=before)
        check("parent_commit that is not the head: 412", False)
    except HfHubHTTPError as error:
        check("parent_commit that is not the head: 412",
              error.response.status_code == 412 and
              "The branch was updated" in str(error), error)
    check("... and nothing was done", "late.txt" not in files(api))
    api.create_commit(REPO, [CommitOperationAdd("late.txt", b"x")],
                      commit_message="short", parent_commit=made.oid[:7])
    check("parent_commit may be short", "late.txt" in files(api))
    raises("deleting what is not there", errors.EntryNotFoundError,
           lambda: api.delete_file("nothing", REPO))
    raises("deleting a folder that is not there", errors.EntryNotFoundError,
           lambda: api.delete_folder("nothing", REPO))
    raises("a revision that is not there", errors.RevisionNotFoundError,
           lambda: api.upload_file(path_or_fileobj=b"x", path_in_repo="x",
                                   repo_id=REPO, revision="none"))
    raises("a commit to a commit", errors.BadRequestError,
           lambda: api.create_commit(
               REPO, [CommitOperationDelete("g.txt")], commit_message="x",
               revision=made.oid))
    raises("a file where a folder is", errors.BadRequestError,
           lambda: api.upload_file(path_or_fileobj=b"x", path_in_repo="f",
                                   repo_id=REPO))
    raises("a folder where a file is", errors.BadRequestError,
           lambda: api.upload_file(path_or_fileobj=b"x",
                                   path_in_repo="g.txt/x", repo_id=REPO))
    api.create_commit(REPO, [
        CommitOperationDelete("f/"), CommitOperationAdd("f", b"now a file")],
        commit_message="a folder becomes a file")
    equal("a folder becomes a file", content(api, "f"), b"now a file")
    api.create_commit(REPO, [CommitOperationDelete("f"),
                             CommitOperationAdd("f/x", b"again a folder")],
                      commit_message="and back")
    equal("and back", content(api, "f/x"), b"again a folder")
    api.delete_folder("f", REPO)
    check("delete_folder", not [f for f in files(api) if f.startswith("f/")])
    api.delete_file("late.txt", REPO)
    check("delete_file", "late.txt" not in files(api))
    head = api.model_info(REPO).sha
    equal("a commit of nothing is the head", api.create_commit(
        REPO, [], commit_message="nothing").oid, head)


def ahead(api):
    """Content that is uploaded before its commit."""
    add = CommitOperationAdd("ahead.bin", os.urandom(200_000))
    wanted = add.path_or_fileobj
    api.preupload_lfs_files(REPO, [add])
    equal("preupload_lfs_files: it was sent", add._is_uploaded, True)
    api.create_commit(REPO, [add], commit_message="later")
    equal("preupload_lfs_files, then the commit", content(api, "ahead.bin"),
          wanted)


def folders(api):
    folder = scratch()
    write_tree(folder, {
        "README.md": "---\nlicense: mit\n---\n# a\n", "m/w.bin": DATA[:9000], "m/x.txt": "x",
        "m/y.log": "y", "z.safetensors": DATA[:700], ".gitignore": "*.log\n",
        ".git/config": "never", ".cache/huggingface/x": "never"})
    made = api.upload_folder(repo_id="ada/folder", folder_path=folder)
    equal("upload_folder: what is there", files(api, "ada/folder"),
          sorted([".gitignore", "README.md", "m/w.bin", "m/x.txt",
                  "z.safetensors"]))
    again = api.upload_folder(repo_id="ada/folder", folder_path=folder)
    equal("upload_folder again: no commit", again.oid, made.oid)
    (folder / "m/x.txt").unlink()
    (folder / "m/n.txt").write_text("n")
    api.upload_folder(repo_id="ada/folder", folder_path=folder,
                      path_in_repo="sub", allow_patterns="m/*",
                      ignore_patterns=["*.bin"])
    check("upload_folder: allow_patterns, ignore_patterns, path_in_repo",
          [f for f in files(api, "ada/folder") if f.startswith("sub/")] ==
          ["sub/m/n.txt"], files(api, "ada/folder"))
    api.upload_folder(repo_id="ada/folder", folder_path=folder,
                      delete_patterns="m/*")
    equal("upload_folder: delete_patterns",
          [f for f in files(api, "ada/folder") if f.startswith("m/")],
          ["m/n.txt", "m/w.bin"])
    shutil.rmtree(folder)
    many = scratch()
    write_tree(many, {f"many/{i % 7}/{i:04}.txt": f"{i}" for i in range(1500)})
    write_tree(many, {f"bin/{i}.bin": os.urandom(100) for i in range(5)})
    api.upload_folder(repo_id="ada/set", repo_type="dataset", folder_path=many)
    equal("upload_folder: 1,505 files in a dataset",
          len(files(api, "ada/set", repo_type="dataset")), 1505)
    shutil.rmtree(many)


def branches(api):
    api.create_branch(REPO, branch="side/one")
    made = api.upload_file(path_or_fileobj=b"side", path_in_repo="side.txt",
                           repo_id=REPO, revision="side/one")
    check("a commit to a branch with a slash", "side.txt" not in files(api) and
          "side.txt" in files(api, revision="side/one"))
    equal("... is its head", api.model_info(
        REPO, revision="side/one").sha, made.oid)
    api.create_tag(REPO, tag="v1")
    raises("a commit to a tag", errors.BadRequestError,
           lambda: api.upload_file(path_or_fileobj=b"x", path_in_repo="x",
                                   repo_id=REPO, revision="v1"))
    api.create_commit(REPO, [CommitOperationCopy(
        "side.txt", "from-side.txt", src_revision="side/one")],
        commit_message="across")
    equal("a copy from a branch", content(api, "from-side.txt"), b"side")


def pull_requests(api, bob):
    made = bob.upload_file(path_or_fileobj=b"pr", path_in_repo="pr.txt",
                           repo_id=REPO, create_pr=True,
                           commit_message="Please take this")
    check("create_pr: the answer names it", made.pr_num >= 1 and
          made.pr_revision == f"refs/pr/{made.pr_num}" and
          made.pr_url == f"{api.endpoint}/{REPO}/discussions/{made.pr_num}",
          made)
    check("create_pr: main has nothing of it", "pr.txt" not in files(api))
    check("create_pr: its ref has",
          "pr.txt" in files(api, revision=made.pr_revision))
    bob.upload_file(path_or_fileobj=DATA[:4000], path_in_repo="pr.bin",
                    repo_id=REPO, revision=made.pr_revision)
    check("commits onto it, LFS files too",
          "pr.bin" in files(api, revision=made.pr_revision))
    api.upload_file(path_or_fileobj=b"x", path_in_repo="by-owner.txt",
                    repo_id=REPO, revision=made.pr_revision)
    check("... by who may write", "by-owner.txt" in files(
        api, revision=made.pr_revision))
    base = api.list_repo_commits(REPO)[3].commit_id
    old = bob.create_commit(REPO, [CommitOperationAdd("old.txt", b"x")],
                            commit_message="from long ago", create_pr=True,
                            parent_commit=base)
    equal("create_pr: parent_commit is where it starts", [
        c.commit_id for c in api.list_repo_commits(
            REPO, revision=old.pr_revision)][1], base)
    for what, call in [
            ("a commit to main", lambda: bob.upload_file(
                path_or_fileobj=b"x", path_in_repo="x", repo_id=REPO)),
            ("a deletion", lambda: bob.delete_file("n.txt", REPO))]:
        try:
            call()
            check(f"{what} by another: 403", False)
        except HfHubHTTPError as error:
            equal(f"{what} by another: 403", error.response.status_code, 403)


def other_repos(api, bob):
    """Copies from repos, and who may make them."""
    api.upload_file(path_or_fileobj=b"secret", path_in_repo="s.txt",
                    repo_id="ada/secret")
    api.create_commit(REPO, [CommitOperationCopy(
        "s.txt", "not-so-secret.txt", src_repo_id="ada/secret",
        src_repo_type="model")], commit_message="mine")
    equal("a copy from another repo", content(api, "not-so-secret.txt"),
          b"secret")
    raises("a copy of what one may not read", errors.RepositoryNotFoundError,
           lambda: bob.create_commit("bob/own", [CommitOperationCopy(
               "s.txt", "stolen.txt", src_repo_id="ada/secret",
               src_repo_type="model")], commit_message="theirs"))


def lfs_files(api, hub):
    """What has been uploaded, listed and taken out of all history."""
    repo = "ada/removal"
    api.create_repo(repo)
    secret, other = os.urandom(20_000), os.urandom(30_000)
    api.upload_file(path_or_fileobj=b"t", path_in_repo="d/t.txt", repo_id=repo)
    api.create_branch(repo, branch="before")
    api.create_commit(repo, [
        CommitOperationAdd("d/secret.bin", secret),
        CommitOperationAdd("d/other.bin", other)], commit_message="two")
    api.create_tag(repo, tag="v1")
    api.upload_file(path_or_fileobj=b"u", path_in_repo="u.txt", repo_id=repo,
                    commit_message="three")
    api.delete_file("d/secret.bin", repo, commit_message="four")
    listed = {f.filename: f for f in api.list_lfs_files(repo)}
    check("list_lfs_files", set(listed) == {"d/secret.bin", "d/other.bin"} and
          listed["d/secret.bin"].file_oid == sha256(secret) and
          listed["d/other.bin"].size == 30_000 and
          listed["d/other.bin"].ref == "refs/heads/main" and
          listed["d/other.bin"].pushed_at, listed)
    old = api.list_repo_commits(repo)
    untouched = api.model_info(repo, revision="before").sha
    api.permanently_delete_lfs_files(repo, [listed["d/secret.bin"]])
    new = api.list_repo_commits(repo)
    equal("permanently_delete_lfs_files: history reads the same",
          [(c.title, c.authors, c.created_at) for c in new],
          [(c.title, c.authors, c.created_at) for c in old])
    equal("... its ids are others, from there on",
          [a.commit_id == b.commit_id for a, b in zip(old, new)],
          [False, False, False, True, True])
    equal("... a branch from before stays", api.model_info(
        repo, revision="before").sha, untouched)
    equal("... a tag goes along", files(api, repo, revision="v1"),
          ["d/other.bin", "d/t.txt"])
    raises("... the old commits are gone", errors.RevisionNotFoundError,
           lambda: api.model_info(repo, revision=old[0].commit_id))
    equal("... the last commits of files are the new ones", {
        p: e.last_commit.oid for p, e in tree(api, repo).items()}, {
            ".gitattributes": new[4].commit_id, "d/t.txt": new[3].commit_id,
            "d/other.bin": new[2].commit_id, "u.txt": new[1].commit_id})
    check("... the rest is as it was", content(api, "d/other.bin", repo) ==
          other and content(api, "d/t.txt", repo) == b"t")
    equal("... it is listed no more", [
        f.filename for f in api.list_lfs_files(repo)], ["d/other.bin"])
    api.permanently_delete_lfs_files(repo, api.list_lfs_files(repo),
                                     rewrite_history=False)
    check("rewrite_history=False leaves the file",
          "d/other.bin" in files(api, repo))
    raises("... without its content", errors.EntryNotFoundError,
           lambda: content(api, "d/other.bin", repo))
    api.upload_file(path_or_fileobj=other, path_in_repo="again.bin",
                    repo_id=repo)
    equal("who has the content may bring it back", content(
        api, "d/other.bin", repo), other)
    raises("removal by another", HfHubHTTPError,
           lambda: HfApi(hub.url, "token-bob").permanently_delete_lfs_files(
               repo, api.list_lfs_files(repo)))
    verified = subprocess.run([HFFS, "hub", "verify", "--root", hub.root],
                              capture_output=True, text=True)
    equal("all of it verifies", (verified.returncode, verified.stdout +
                                 verified.stderr)[:1], (0,))


def file_system(hub):
    fs = HfFileSystem(endpoint=hub.url, token="token-ada")
    with fs.open(f"{REPO}/fs/w.txt", "w") as f:
        f.write("written")
    fs.invalidate_cache()
    equal("HfFileSystem: write", fs.cat(f"{REPO}/fs/w.txt"), b"written")
    fs.cp_file(f"{REPO}/d/w.bin", f"{REPO}/fs/w.bin")
    fs.invalidate_cache()
    equal("HfFileSystem: cp", fs.cat(f"{REPO}/fs/w.bin"), DATA)
    fs.rm(f"{REPO}/fs/w.txt")
    fs.invalidate_cache()
    equal("HfFileSystem: rm", fs.ls(f"{REPO}/fs", detail=False),
          [f"{REPO}/fs/w.bin"])
    fs.rm(f"{REPO}/fs", recursive=True)
    fs.invalidate_cache()
    equal("HfFileSystem: rm -r", fs.exists(f"{REPO}/fs"), False)


def names(api, hub):
    strange = [
        "a b+c&d#e%f?.txt", "naïve 日本.txt",
        unicodedata.normalize("NFD", "é.txt"),
        unicodedata.normalize("NFC", "é.txt"),
        "semi;colon\\back\"quote'.txt", ".hidden", "..two", "UPPER.txt",
        "upper.txt", "n" * 250, "%2e%2e", "a%2Fb", "😀", "~", "-", "@",
        "/".join(["d" * 249] * 16)]
    api.create_commit("ada/names", [
        CommitOperationAdd(name, name.encode()) for name in strange],
        commit_message="names")
    equal("every name is there as it is", files(api, "ada/names"),
          sorted(strange))
    for name in strange:
        a = hub.get(f"/ada/names/resolve/main/{quote(name)}")
        equal(f"{name[:30]!r}", a.body, name.encode())
    api.create_commit("ada/names", [
        CommitOperationDelete(name, is_folder=False) for name in strange],
        commit_message="and gone")
    equal("every one of them can go", files(api, "ada/names"), [])


def command_line(hub, api):
    env = os.environ | {"HF_ENDPOINT": hub.url, "HF_TOKEN": "token-ada"}
    hf_ = Path(sys.executable).parent / "hf"
    local = scratch()
    write_tree(local, {"one.txt": "1", "sub/two.bin": DATA[:3000]})

    def run(*words):
        done_ = subprocess.run([hf_, *words], env=env, timeout=60,
                               capture_output=True, text=True)
        return done_.returncode, done_.stdout + done_.stderr
    status, said = run("upload", REPO, str(local), "cli")
    check("hf upload of a folder", status == 0 and
          content(api, "cli/sub/two.bin") == DATA[:3000], said)
    status, said = run("upload", REPO, str(local / "one.txt"), "cli/three.txt",
                       "--commit-message", "by hand")
    check("hf upload of a file", status == 0 and
          content(api, "cli/three.txt") == b"1" and
          api.list_repo_commits(REPO)[0].title == "by hand", said)
    status, said = run("upload", "ada/made-by-cli", str(local))
    check("hf upload makes the repo", status == 0 and
          files(api, "ada/made-by-cli") == ["one.txt", "sub/two.bin"], said)
    shutil.rmtree(local)


root = scratch()
with LocalHub(root, "--user=ada=token-ada", "--user=bob=token-bob",
              f"--log={root / 'log'}") as hub:
    ada, bob_ = HfApi(hub.url, "token-ada"), HfApi(hub.url, "token-bob")
    for name in ["ada/demo", "ada/folder", "ada/names"]:
        ada.create_repo(name)
    ada.create_repo("ada/set", repo_type="dataset")
    ada.create_repo("ada/secret", private=True)
    bob_.create_repo("bob/own")
    single_files(ada)
    parts(ada, hub)
    operations(ada)
    ahead(ada)
    folders(ada)
    branches(ada)
    pull_requests(ada, bob_)
    other_repos(ada, bob_)
    lfs_files(ada, hub)
    file_system(hub)
    names(ada, hub)
    command_line(hub, ada)
    equal("it ends in good order", hub.stop(), 0)
shutil.rmtree(root)
done()
