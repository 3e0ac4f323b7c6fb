#!/usr/bin/env python3
"""Unmodified huggingface_hub makes, finds, sets, moves, duplicates and deletes
repos in the local Hub as in the real one."""
# test: timeout 300
import atexit
import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import judges
from local_hub import LocalHub, scratch

judges.into_python()
root = scratch()
hub_ = LocalHub(root, "--user=ada=token-ada", "--user=bob=token-bob")
atexit.register(hub_.stop)
os.environ.update(HF_HUB_DISABLE_XET="1", HF_HUB_DISABLE_TELEMETRY="1",
                  HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HOME=str(scratch()),
                  HF_ENDPOINT=hub_.url)

from huggingface_hub import HfApi, errors                      # noqa: E402
from tap import check, done, equal, raises                     # noqa: E402

BEARER = {name: {"Authorization": f"Bearer token-{name}"}
          for name in ("ada", "bob")}


def make(hub, name, files, who="ada", **fields):
    """A repo with files, as JavaScript clients make it."""
    owner, name = name.split("/")
    sent = [{"path": path, "encoding": "base64",
             "content": base64.b64encode(text.encode()).decode()}
            for path, text in files.items()]
    return hub.ask("POST", "/api/repos/create", BEARER[who], json.dumps(
        {"name": name, "organization": owner, "files": sent, **fields}))


def creation(hub, ada, bob):
    url = ada.create_repo("ada/first")
    equal("create_repo: the url", (str(url), url.repo_id, url.repo_type),
          (f"{hub.url}/ada/first", "ada/first", "model"))
    equal("a repo without a namespace is the caller's",
          ada.create_repo("plain").repo_id, "ada/plain")
    url = ada.create_repo("ada/set", repo_type="dataset", private=True)
    equal("a dataset's url", (str(url), url.repo_type),
          (f"{hub.url}/datasets/ada/set", "dataset"))
    equal("... is private",
          ada.dataset_info("ada/set").private, True)
    url = ada.create_repo("ada/app", repo_type="space", space_sdk="gradio",
                          space_secrets=[{"key": "a", "value": "b"}])
    equal("a Space's url", (str(url), url.repo_type),
          (f"{hub.url}/spaces/ada/app", "space"))
    info = ada.model_info("ada/first")
    equal("it begins with .gitattributes",
          [s.rfilename for s in info.siblings], [".gitattributes"])
    commits = ada.list_repo_commits("ada/first")
    equal("... in one commit", [(c.title, c.authors) for c in commits],
          [("initial commit", ["ada"])])
    text = open(ada.hf_hub_download("ada/first", ".gitattributes",
                                    cache_dir=scratch())).read()
    check("... that says what is LFS",
          "*.safetensors filter=lfs diff=lfs merge=lfs -text\n" in text)
    equal("a Space has a README too",
          [s.rfilename for s in ada.space_info("ada/app").siblings],
          [".gitattributes", "README.md"])
    raises("twice is an error", errors.HfHubHTTPError,
           lambda: ada.create_repo("ada/first"))
    equal("... unless exist_ok", ada.create_repo(
        "ada/first", exist_ok=True).repo_id, "ada/first")
    equal("... without a new commit",
          len(ada.list_repo_commits("ada/first")), 1)
    equal("the same name as another kind", ada.create_repo(
        "ada/first", repo_type="dataset").repo_type, "dataset")
    raises("in another's namespace", errors.HfHubHTTPError,
           lambda: bob.create_repo("ada/theirs"))
    check("... makes nothing", not ada.repo_exists("ada/theirs"))
    equal("... though with exist_ok what is there will do",
          bob.create_repo("ada/first", exist_ok=True).repo_id, "ada/first")
    raises("... what is not there will not", errors.HfHubHTTPError,
           lambda: bob.create_repo("ada/theirs", exist_ok=True))
    raises("by nobody", errors.HfHubHTTPError,
           lambda: HfApi(hub.url, token=False).create_repo("ada/none"))
    a = make(hub, "ada/filled", {"a.txt": "a", "d/w.bin": "\0weights"},
             license="mit")
    equal("with files and a license", a.json(), {
        "url": f"{hub.url}/ada/filled", "id": "ada/filled",
        "name": "ada/filled"})
    tree = {e.path: e for e in ada.list_repo_tree("ada/filled",
                                                  recursive=True)}
    equal("... they are there", sorted(tree),
          [".gitattributes", "README.md", "a.txt", "d", "d/w.bin"])
    check("... LFS by the rules", tree["d/w.bin"].lfs and
          tree["a.txt"].lfs is None)


def settings(ada, bob):
    check("bob sees a public repo", bob.repo_exists("ada/plain"))
    ada.update_repo_settings("ada/plain", private=True)
    check("... and no private one", not bob.repo_exists("ada/plain"))
    equal("model_info says so", ada.model_info("ada/plain").private, True)
    ada.update_repo_settings("ada/plain", visibility="public")
    equal("public again", bob.model_info("ada/plain").private, False)
    raises("another's settings", errors.HfHubHTTPError,
           lambda: bob.update_repo_settings("ada/plain", private=True))
    equal("... stay", ada.model_info("ada/plain").private, False)
    ada.update_repo_settings("ada/app", visibility="protected",
                             repo_type="space")
    check("the files of a protected Space are private",
          not bob.repo_exists("ada/app", repo_type="space"))

    ada.update_repo_settings("ada/filled", gated="manual")
    equal("gated: the info says so", bob.model_info("ada/filled").gated,
          "manual")
    raises("... its files are closed", errors.GatedRepoError,
           lambda: bob.hf_hub_download("ada/filled", "a.txt",
                                       cache_dir=scratch()))
    raises("... to nobody, too", errors.GatedRepoError,
           lambda: HfApi(bob.endpoint, token=False).hf_hub_download(
               "ada/filled", "a.txt", cache_dir=scratch()))
    check("... and open to the owner", open(ada.hf_hub_download(
        "ada/filled", "a.txt", cache_dir=scratch())).read() == "a")
    raises("... no way round by a duplicate", errors.GatedRepoError,
           lambda: bob.duplicate_repo("ada/filled"))
    ada.update_repo_settings("ada/filled", gated=False)
    equal("no gate any more", bob.model_info("ada/filled").gated, False)


def duplicates(hub, ada, bob):
    before = ada.model_info("ada/filled", files_metadata=True)
    url = bob.duplicate_repo("ada/filled")
    equal("duplicate_repo: the url", str(url), f"{hub.url}/bob/filled")
    after = bob.model_info("bob/filled", files_metadata=True)
    equal("... the same files",
          [(s.rfilename, s.blob_id, s.lfs) for s in after.siblings],
          [(s.rfilename, s.blob_id, s.lfs) for s in before.siblings])
    equal("... in one commit",
          [c.title for c in bob.list_repo_commits("bob/filled")],
          ["Duplicate from ada/filled"])
    check("... which is the last of each file", all(
        e.last_commit.oid == after.sha for e in bob.list_repo_tree(
            "bob/filled", recursive=True, expand=True)))
    raises("twice is an error", errors.HfHubHTTPError,
           lambda: bob.duplicate_repo("ada/filled"))
    equal("... unless exist_ok", bob.duplicate_repo(
        "ada/filled", exist_ok=True).repo_id, "bob/filled")
    url = ada.duplicate_repo("ada/filled", "ada/copy", private=True)
    equal("to a name", url.repo_id, "ada/copy")
    equal("... private", ada.model_info("ada/copy").private, True)
    raises("into another's namespace", errors.HfHubHTTPError,
           lambda: bob.duplicate_repo("ada/filled", "ada/mine"))
    raises("of one that is hidden", errors.RepositoryNotFoundError,
           lambda: bob.duplicate_repo("ada/copy"))
    ada.delete_repo("ada/filled")
    check("a duplicate outlives its source", open(bob.hf_hub_download(
        "bob/filled", "a.txt", cache_dir=scratch())).read() == "a")


def moves(hub, ada, bob):
    make(hub, "ada/old", {"a.txt": "moved", "d/b.txt": "b"})
    sha = ada.model_info("ada/old").sha
    ada.move_repo("ada/old", "ada/new")
    equal("the new name", ada.model_info("ada/new").sha, sha)
    info = ada.model_info("ada/old")
    equal("the old one leads to it", (info.id, info.sha), ("ada/new", sha))
    home = scratch()
    check("... for files", open(ada.hf_hub_download(
        "ada/old", "a.txt", cache_dir=home)).read() == "moved")
    check("... for snapshots", os.path.exists(os.path.join(
        ada.snapshot_download("ada/old", cache_dir=home), "d/b.txt")))
    equal("... for listings", len(ada.list_repo_files("ada/old")), 3)
    ada.upload_file(path_or_fileobj=b"\0" * 600, path_in_repo="up.bin",
                    repo_id="ada/old")
    check("... for uploads", ada.file_exists("ada/new", "up.bin"))
    ada.update_repo_settings("ada/old", private=True)
    equal("... for changes", ada.model_info("ada/new").private, True)
    a = hub.ask("GET", "/api/models/ada/old/tree/main/d?recursive=true&x=a%2Fb",
                BEARER["ada"])
    equal("307, to the same under the new name", (a.status, a["Location"]), (
        307, "/api/models/ada/new/tree/main/d?recursive=true&x=a%2Fb"))
    a = hub.ask("HEAD", "/ada/old/resolve/main/d%2Fb.txt", BEARER["ada"])
    equal("... pages too", (a.status, a["Location"]), (
        307, "/ada/new/resolve/main/d%2Fb.txt"))
    a = hub.ask("POST", "/ada/old.git/info/lfs/objects/batch", BEARER["ada"],
                "{}")
    equal("... git's", (a.status, a["Location"]), (
        307, "/ada/new.git/info/lfs/objects/batch"))
    a = hub.ask("GET", "/api/models/ada/old", BEARER["ada"])
    equal("... a plain info", a["Location"], "/api/models/ada/new")
    raises("who may not see it learns nothing", errors.RepositoryNotFoundError,
           lambda: bob.model_info("ada/old"))
    ada.move_repo("ada/new", "ada/newer")
    equal("moved twice, found by the first name",
          ada.model_info("ada/old").id, "ada/newer")
    ada.create_repo("ada/new")
    equal("a name may be used again", ada.model_info("ada/new").id, "ada/new")
    equal("... and the first still leads there",
          ada.model_info("ada/old").id, "ada/newer")
    ada.move_repo("ada/newer", "ada/old")
    equal("moved back", ada.model_info("ada/old").id, "ada/old")
    for claim, names in [("to a name that is taken", ("ada/old", "ada/new")),
                         ("to another's", ("ada/old", "bob/old")),
                         ("what is not there", ("ada/none", "ada/x")),
                         ("to no name", ("ada/old", "ada/a--b"))]:
        raises(f"{claim}", errors.HfHubHTTPError,
               lambda names=names: ada.move_repo(*names))
    raises("another's", errors.HfHubHTTPError,
           lambda: bob.move_repo("ada/new", "bob/new"))
    equal("... nothing has moved",
          [ada.model_info(n).id for n in ("ada/old", "ada/new")],
          ["ada/old", "ada/new"])


def deletion(ada, bob):
    ada.create_repo("ada/gone")
    ada.move_repo("ada/gone", "ada/going")
    raises("another's", errors.HfHubHTTPError,
           lambda: bob.delete_repo("ada/going"))
    check("... stays", ada.repo_exists("ada/going"))
    ada.delete_repo("ada/going")
    check("delete_repo", not ada.repo_exists("ada/going"))
    check("... with its old names", not ada.repo_exists("ada/gone"))
    raises("twice", errors.RepositoryNotFoundError,
           lambda: ada.delete_repo("ada/going"))
    ada.delete_repo("ada/going", missing_ok=True)
    ada.create_repo("ada/going")
    equal("a new one of that name has a history of its own",
          len(ada.list_repo_commits("ada/going")), 1)
    ada.delete_repo("ada/set", repo_type="dataset")
    check("a dataset", not ada.repo_exists("ada/set", repo_type="dataset"))
    check("... alone", ada.repo_exists("ada/first"))


def lists(ada, bob):
    mine = {m.id for m in bob.list_models(author="ada")}
    check("list_models by author", "ada/first" in mine and
          not any(m.startswith("bob/") for m in mine), mine)
    check("... without what is private", "ada/copy" not in mine and
          "ada/copy" in {m.id for m in ada.list_models(author="ada")})
    equal("... by search", [m.id for m in bob.list_models(search="FIRS")],
          ["ada/first"])
    names = [m.id for m in bob.list_models(sort="created_at")]
    equal("... with limit", [m.id for m in bob.list_models(
        sort="created_at", limit=2)], names[:2])


def command_line(hub, ada):
    """The hf command."""
    env = os.environ | {"HF_TOKEN": "token-ada", "NO_COLOR": "1"}
    command = Path(sys.executable).parent / "hf"

    def hf(*words):
        done_ = subprocess.run([sys.executable, command, *words], env=env,
                               timeout=60, capture_output=True, text=True)
        return check(f"hf {' '.join(words[:3])}", done_.returncode == 0,
                     done_.stdout + done_.stderr) and done_.stdout

    hf("repos", "create", "ada/cli", "--private")
    equal("... it is there", ada.model_info("ada/cli").private, True)
    hf("repos", "branch", "create", "ada/cli", "dev")
    hf("repos", "tag", "create", "ada/cli", "v1", "--message", "one")
    check("... and listed", "v1" in (hf("repos", "tag", "list", "ada/cli")
                                     or ""))
    hf("repos", "settings", "ada/cli", "--public")
    hf("repos", "move", "ada/cli", "ada/cli2")
    hf("repos", "duplicate", "ada/cli2", "ada/cli3")
    own = hf("repos", "ls") or ""
    check("... all of one's own", all(
        n in own for n in ("ada/cli2", "ada/cli3", "ada/app")), own)
    hf("discussions", "create", "ada/cli2", "--title", "From the shell",
       "--body", "Text", "--pull-request")
    hf("discussions", "comment", "ada/cli2", "1", "--body", "More")
    hf("discussions", "rename", "ada/cli2", "1", "Renamed")
    ada.upload_file(path_or_fileobj=b"by hand\n", path_in_repo="hand.txt",
                    repo_id="ada/cli2", revision="refs/pr/1")
    check("... with a diff", "+by hand" in (
        hf("discussions", "diff", "ada/cli2", "1") or ""))
    ada.change_discussion_status("ada/cli2", 1, "open")
    check("... in the list", "Renamed" in (
        hf("discussions", "list", "ada/cli2") or ""))
    hf("discussions", "merge", "ada/cli2", "1", "--yes")
    check("... merged", ada.file_exists("ada/cli2", "hand.txt"))
    hf("repos", "tag", "delete", "ada/cli2", "v1", "--yes")
    hf("repos", "branch", "delete", "ada/cli2", "dev")
    hf("repos", "delete", "ada/cli2", "--yes")
    check("... deleted", not ada.repo_exists("ada/cli2"))
    ada.delete_repo("ada/cli3")


def owned(hub, ada, bob):
    mine = {(r.type, r.id): r for r in ada.list_user_repos()}
    check("list_user_repos", ("model", "ada/first") in mine and
          ("space", "ada/app") in mine and
          all(r.startswith("ada/") for _, r in mine), mine.keys())
    equal("... the private ones too", mine["model", "ada/copy"].visibility,
          "private")
    equal("... add up", round(sum(r.storage_percent for r in mine.values())),
          100)
    equal("a namespace of one's own", len(list(
        ada.list_user_repos(namespace="ada"))), len(mine))
    raises("another's", errors.HfHubHTTPError,
           lambda: list(bob.list_user_repos(namespace="ada")))
    for path in ["settings/repositories",
                 "organizations/ada/settings/repositories"]:
        equal(f"{path} of nobody: 401", hub.get(f"/api/{path}").status, 401)
    equal("no other page of an organisation", hub.get(
        "/api/organizations/ada/settings").status, 404)


def raw(hub, ada):
    """Bodies that are wrong: 400 or 404, and nothing has happened."""
    def send(method, path, body, who="ada"):
        return hub.ask(method, path, BEARER[who], body if isinstance(
            body, (bytes, str)) else json.dumps(body))
    before = sorted(m.id for m in ada.list_models())
    create = "/api/repos/create"
    for name in ["a--b", "a..b", "-a", "a-", ".a", "a.", "a b", "a\nb", "ü",
                 "x.git", "", " ", "x" * 97, "x" * 300, "a/b/c", "ada/", "/a",
                 "tree", "resolve", "settings", "..", "a\\b", "a%2Fb"]:
        a = send("POST", create, {"name": name})
        check(f"no repo {name[:20]!r}: 400", a.status == 400, a.status, a.body)
    for body in [b"", b"{", b"[]", b"null", b"\xff", b"[" * 5000,
                 {"name": 3}, {"name": None}, {"name": "x", "type": "kernel"},
                 {"name": "x", "type": 3}, {"name": "x", "type": "space"},
                 {"name": "x", "type": "space", "sdk": "php"},
                 {"name": "x", "organization": 3},
                 {"name": "x", "private": "yes"},
                 {"name": "x", "visibility": "hidden"},
                 {"name": "x", "visibility": "protected"},
                 {"name": "x", "license": "a\nb: c"},
                 {"name": "x", "files": [{"path": "../x", "content": ""}]},
                 {"name": "x", "files": [{"path": "/x", "content": ""}]},
                 {"name": "x", "files": [{"path": "x"}]},
                 {"name": "x", "files": [{"path": "x", "content": 3}]},
                 {"name": "x", "files": ["x"]},
                 {"name": "x", "files": [{"path": "x", "content": "*",
                                          "encoding": "base64"}]},
                 {"name": "x", "files": [{"path": "a", "content": ""},
                                         {"path": "a/b", "content": ""}]},
                 {"name": "x", "files": [{"path": f"{i}", "content": ""}
                                         for i in range(101)]}]:
        a = send("POST", create, body)
        check(f"create {str(body)[:50]}: 400", a.status == 400, a.status,
              a.body)
    equal("in no namespace of this Hub: 403", send("POST", create, {
        "name": "x", "organization": "acme"}).status, 403)
    equal("a body of 9 MB: 413", send("POST", create, {
        "name": "x", "license": "x" * (9 << 20)}).status, 413)
    for method, path, body, status in [
            ("DELETE", "/api/repos/delete", {}, 400),
            ("DELETE", "/api/repos/delete", {"name": "none"}, 404),
            ("DELETE", "/api/repos/delete", {"name": "x/../y"}, 404),
            ("DELETE", "/api/repos/delete", {"name": "first", "type": 1}, 400),
            ("DELETE", "/api/repos/delete", {"name": "x" * 5000}, 400),
            ("POST", "/api/repos/move", {}, 400),
            ("POST", "/api/repos/move", {"fromRepo": "ada/first"}, 400),
            ("POST", "/api/repos/move", {"fromRepo": "ada/first",
                                         "toRepo": ["x"]}, 400),
            ("POST", "/api/repos/move", {"fromRepo": "ada/first",
                                         "toRepo": "first2"}, 400),
            ("POST", "/api/repos/move", {"fromRepo": "ada/first",
                                         "toRepo": "ada/first"}, 409),
            ("POST", "/api/repos/move", {"fromRepo": "x" * 250,
                                         "toRepo": "ada/x"}, 400),
            ("PUT", "/api/models/ada/first/settings", "{", 400),
            ("PUT", "/api/models/ada/first/settings", {"private": 1}, 400),
            ("PUT", "/api/models/ada/first/settings", {"gated": True}, 400),
            ("PUT", "/api/models/ada/first/settings", {"gated": "x"}, 400),
            ("PUT", "/api/models/ada/first/settings",
             {"private": True, "visibility": "protected"}, 400),
            ("POST", "/api/models/ada/first/duplicate", {}, 400),
            ("POST", "/api/models/ada/first/duplicate",
             {"repository": "x--y/z"}, 400)]:
        a = send(method, path, body)
        check(f"{method} {path[5:]} {str(body)[:40]}: {status}",
              a.status == status, a.status, a.body)
    equal("409 names what is there", send(
        "POST", create, {"name": "first"}).json()["url"], f"{hub.url}/ada/first")
    equal("nothing has changed", (
        sorted(m.id for m in ada.list_models()),
        ada.model_info("ada/first").private), (before, False))
    equal("no server error on the way", [
        e for e in hub.said().splitlines() if " error" in e], [])


ada_, bob_ = (HfApi(hub_.url, token=f"token-{n}") for n in ("ada", "bob"))
creation(hub_, ada_, bob_)
settings(ada_, bob_)
duplicates(hub_, ada_, bob_)
moves(hub_, ada_, bob_)
deletion(ada_, bob_)
lists(ada_, bob_)
owned(hub_, ada_, bob_)
command_line(hub_, ada_)
raw(hub_, ada_)
equal("it ends in good order", hub_.stop(), 0)
shutil.rmtree(root)
done()
