#!/usr/bin/env python3
"""Who may do what at a local Hub: users and organisations that come and go
while it runs, read-only tokens, private repos; by raw HTTP and by unmodified
huggingface_hub."""
# test: timeout 300
import hashlib
import json
import os
import socket
import subprocess

import judges
from local_hub import HFFS, LocalHub, scratch, write_tree

judges.into_python()
os.environ.update(HF_HUB_DISABLE_XET="1", HF_HUB_DISABLE_TELEMETRY="1",
                  HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HOME=str(scratch()))

from huggingface_hub import HfApi, errors                      # noqa: E402
from tap import check, done, equal, raises                     # noqa: E402

DATA = os.urandom(200_000)
BAD = "Invalid credentials in Authorization header"


def command(root, *words, give=None, status=0):
    """Its stdout; stderr when it should fail."""
    got = subprocess.run(
        [HFFS, "hub", *words, "--root", root], input=give, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    check(f"hffs hub {' '.join(map(str, words))}: status {status}",
          got.returncode == status, got.returncode, got.stderr)
    return got.stdout if status == 0 else got.stderr


def bearer(token):
    return {"Authorization": f"Bearer {token}"} if token else {}


def commands():
    root = scratch() / "root"
    check("no Hub, no list", "no Hub" in command(
        root, "user", "ls", status=1))
    made = command(root, "user", "add", "ada").strip()
    check("a token is made and shown", made.startswith("hf_") and
          len(made) == 43, made)
    check("another one each time",
          command(root, "user", "add", "ada").strip() != made)
    equal("a token that was given is not shown", command(
        root, "user", "add", "bob", "--token-file", "/dev/stdin",
        give=" t-bob \n"), "")
    command(root, "user", "add", "bob", "--read-only", "--token", "t-look")
    for words, part in [
            (["user", "add", "bob", "--token", "t-bob"], "in use"),
            (["user", "add", "eve", "--token", "t-bob"], "in use"),
            (["user", "add", "ADA"], "letter case"),
            (["user", "add", "a/b"], "a name is"),
            (["user", "add", "datasets"], "a name is"),
            (["user", "add", "eve", "--token", "a b"], "ASCII"),
            (["user", "add", "eve", "--token-file", "/nowhere"], "No such"),
            (["user", "rm", "eve"], "no user"),
            (["user", "rm", "bob", "--only", "x"], "no token"),
            (["org", "add", "ada"], "a user has this name"),
            (["org", "rm", "ada"], "no such organisation")]:
        said = command(root, *words, status=1)
        check(f"it says why, in a line: {words[-1]}", part in said and
              said.count("\n") == 1, said)
    for words in [["user"], ["user", "add"], ["user", "frob"],
                  ["user", "ls", "x"], ["org", "add"]]:
        command(root, *words, status=2)
    command(root, "org", "add", "lab", "ada", "bob", "carol")
    check("an organisation is no member", "cannot be members" in command(
        root, "org", "add", "hall", "lab", status=1))
    command(root, "org", "rm", "lab", "bob")
    users = json.loads(command(root, "user", "ls", "--json"))
    equal("users and their organisations",
          [(u["name"], u["orgs"]) for u in users],
          [("ada", ["lab"]), ("bob", [])])
    equal("roles of tokens", sorted(t["role"] for t in users[1]["tokens"]),
          ["read", "write"])
    equal("a half-made organisation is none", json.loads(
        command(root, "org", "ls", "--json")),
        [{"name": "lab", "members": ["ada", "carol"]}])
    files = [p for p in root.rglob("*") if p.is_file()]
    check("no token is kept", not any(
        t in p.read_bytes() for p in files
        for t in [made.encode(), b"t-bob", b"t-look"]))
    check("nobody else may look", all(
        p.stat().st_mode & 0o77 == 0 for p in [root, *files]))


def at_once(root):
    """What a server that runs makes of changes."""
    folder = scratch()
    write_tree(folder, {"a.txt": "a"})
    offer = f"--repo=model:lab/demo={folder}"
    private = ["--private=lab/demo"]
    command(root, "org", "add", "lab")
    url = "/api/models/lab/demo"
    with LocalHub(root, offer, *private) as hub:
        check("it says that it is open", "everybody on this machine" in
              hub.said())
        equal("open: nobody sees what is private", hub.get(url).status, 200)
        equal("open: any token is good",
              hub.ask("GET", url, bearer("any")).status, 200)
        token = command(root, "user", "add", "ada").strip()
        look = command(root, "user", "add", "ada", "--read-only").strip()
        equal("with the first user it is closed", hub.get(url).status, 401)
        equal("any token is not good any more",
              hub.ask("GET", url, bearer("any"))["X-Error-Message"], BAD)
        equal("who is no member does not see it",
              hub.ask("GET", url, bearer(token)).status, 404)
        command(root, "org", "add", "lab", "ada")
        for t in token, look:
            equal("who is does", hub.ask("GET", url, bearer(t)).status, 200)
        me = hub.ask("GET", "/api/whoami-v2", bearer(look)).json()
        equal("whoami: the organisation", [o["name"] for o in me["orgs"]],
              ["lab"])
        equal("whoami: the role of the token",
              me["auth"]["accessToken"]["role"], "read")
        listed = [t for u in json.loads(command(root, "user", "ls", "--json"))
                  for t in u["tokens"] if t["role"] == "read"]
        command(root, "user", "rm", "ada", "--only", listed[0]["id"])
        equal("a token that was taken away",
              hub.ask("GET", url, bearer(look)).status, 401)
        equal("the other one is as good as it was",
              hub.ask("GET", url, bearer(token)).status, 200)
        command(root, "org", "rm", "lab", "ada")
        equal("who is put out does not see it",
              hub.ask("GET", url, bearer(token)).status, 404)
        command(root, "user", "rm", "ada")
        equal("a user who was removed",
              hub.ask("GET", url, bearer(token)).status, 401)
    command(root, "user", "add", "ada", "--token=t-ada")
    with LocalHub(root, "--listen=0.0.0.0", offer, *private) as hub:
        hub.host = "127.0.0.1"
        command(root, "user", "rm", "ada")
        equal("without its last user it does not open",
              hub.get(url).status, 401)


def matrix(root):
    """hub-api 1.6, for reading and asking for rights to write."""
    folder = scratch()
    write_tree(folder, {"a.txt": "a"})
    for name in ["ada", "bob"]:
        command(root, "user", "add", name, f"--token=t-{name}")
    offers = [f"--repo=model:ada/{r}={folder}" for r in ("open", "secret")]
    with LocalHub(root, *offers, "--private=ada/secret") as hub:
        for who, repo, status, code in [
                (None, "open", 200, None), (None, "secret", 401, "RepoNotFound"),
                (None, "none", 401, "RepoNotFound"),
                ("bad", "open", 401, None), ("bad", "secret", 401, None),
                ("bad", "none", 401, None),
                ("t-bob", "open", 200, None),
                ("t-bob", "secret", 404, "RepoNotFound"),
                ("t-bob", "none", 404, "RepoNotFound"),
                ("t-ada", "open", 200, None), ("t-ada", "secret", 200, None),
                ("t-ada", "none", 404, "RepoNotFound")]:
            for path in [f"/api/models/ada/{repo}",
                         f"/api/models/ada/{repo}/tree/main",
                         f"/ada/{repo}/resolve/main/a.txt",
                         f"/ada/{repo}/raw/main/a.txt"]:
                a = hub.ask("GET", path, bearer(who))
                check(f"{who or 'nobody'}: {path}: {status}",
                      a.status == status and a["X-Error-Code"] == code and
                      (status == 200 or bool(a["X-Error-Message"])) and
                      (who != "bad" or a["X-Error-Message"] == BAD),
                      a.status, a["X-Error-Code"], a.body)
        for who, status in [("t-bob", 403), (None, 401), ("t-ada", 403)]:
            a = hub.ask("GET", "/api/models/ada/open/auth-check/write",
                        bearer(who))
            equal(f"{who} may not write to what shows a folder", a.status,
                  status)
        genuine(hub)


def before_the_body(root):
    """Nobody's body is not taken in."""
    with LocalHub(root, "--user=ada=t") as hub:
        for path in ["/api/models/ada/x/commit/main", "/api/repos/create",
                     "/api/models/ada/x/discussions"]:
            with socket.create_connection((hub.host, hub.port)) as s:
                s.sendall(f"POST {path} HTTP/1.1\r\nHost: a\r\n"
                          "Content-Length: 900000000\r\n\r\n".encode())
                equal(f"401 before a large body for {path}", s.recv(12),
                      b"HTTP/1.1 401")


def genuine(hub):
    def api(token):
        return HfApi(endpoint=hub.url, token=token)

    me = api("t-ada").whoami()
    check("whoami", me["name"] == "ada" and me["orgs"] == [] and
          me["auth"]["accessToken"]["role"] == "write", me)
    raises("whoami with a bad token", errors.HfHubHTTPError,
           api("nonsense").whoami)
    for token in False, "t-bob":
        raises(f"another's private repo, {token}",
               errors.RepositoryNotFoundError,
               lambda t=token: api(t).model_info("ada/secret"))
        equal(f"repo_exists, {token}", api(token).repo_exists("ada/secret"),
              False)
    equal("one's own", api("t-ada").model_info("ada/secret").private, True)
    equal("lists show what one may see",
          [[m.id for m in api(t).list_models(author="ada")]
           for t in (False, "t-bob", "t-ada")],
          [["ada/open"], ["ada/open"], ["ada/open", "ada/secret"]])
    api("t-bob").auth_check("ada/open")
    raises("auth_check", errors.RepositoryNotFoundError,
           lambda: api("t-bob").auth_check("ada/secret"))


LFS_TYPE = "application/vnd.git-lfs+json"


def writing(root):
    """Two users and an organisation that share some of it."""
    for name in "ada", "bob", "carol":
        command(root, "user", "add", name, f"--token=t-{name}")
    command(root, "user", "add", "ada", "--read-only", "--token=t-look")
    command(root, "org", "add", "lab", "ada", "bob")
    with LocalHub(root) as hub:
        def api(token):
            return HfApi(endpoint=hub.url, token=token)

        ada, bob, carol = (api(f"t-{n}") for n in ("ada", "bob", "carol"))
        ada.create_repo("lab/shared", private=True)
        ada.upload_file(path_or_fileobj=b"1", path_in_repo="one.txt",
                        repo_id="lab/shared")
        bob.upload_file(path_or_fileobj=DATA, path_in_repo="w.bin",
                        repo_id="lab/shared")
        equal("both wrote", sorted(bob.list_repo_files("lab/shared")),
              [".gitattributes", "one.txt", "w.bin"])
        equal("each under their name", [
            c.authors[0] for c in ada.list_repo_commits("lab/shared")][:2],
            ["bob", "ada"])
        raises("who is no member does not see it",
               errors.RepositoryNotFoundError,
               lambda: carol.repo_info("lab/shared"))
        raises("nor writes to it", errors.RepositoryNotFoundError,
               lambda: carol.upload_file(
                   path_or_fileobj=b"x", path_in_repo="x",
                   repo_id="lab/shared"))
        for token, status in [("t-carol", 403), ("t-look", 403), (None, 401)]:
            for name in "lab/x", "ada/x":
                namespace, repo = name.split("/")
                a = hub.ask("POST", "/api/repos/create", {
                    **bearer(token), "Content-Type": "application/json"},
                    json.dumps({"name": repo, "organization": namespace}))
                equal(f"{token} makes no {name}", a.status, status)
        read_only(hub, api("t-look"))
        hashes(hub, carol)
        gates(hub, ada, bob, carol)


def read_only(hub, look):
    equal("a read-only token reads", look.hf_hub_download(
        "lab/shared", "one.txt", local_dir=scratch()).endswith("one.txt"), True)
    for claim, call in [
            ("upload", lambda: look.upload_file(
                path_or_fileobj=b"x", path_in_repo="x", repo_id="lab/shared")),
            ("delete a file", lambda: look.delete_file(
                "one.txt", repo_id="lab/shared")),
            ("delete the repo", lambda: look.delete_repo("lab/shared")),
            ("move it", lambda: look.move_repo("lab/shared", "lab/other")),
            ("show it to all", lambda: look.update_repo_settings(
                "lab/shared", private=False)),
            ("make a branch", lambda: look.create_branch(
                "lab/shared", branch="b")),
            ("make a tag", lambda: look.create_tag("lab/shared", tag="t")),
            ("squash", lambda: look.super_squash_history("lab/shared")),
            ("make a repo", lambda: look.create_repo("ada/new"))]:
        try:
            call()
            status = 200
        except errors.HfHubHTTPError as error:
            status = error.response.status_code
        equal(f"a read-only token does not {claim}", status, 403)
    equal("nothing has changed", [
        b.name for b in look.list_repo_refs("lab/shared").branches], ["main"])


def hashes(hub, carol):
    """Nobody gets at private bytes by knowing their hash."""
    oid = hashlib.sha256(DATA).hexdigest()
    carol.create_repo("carol/mine")
    for operation in "download", "upload":
        a = hub.ask("POST", "/carol/mine.git/info/lfs/objects/batch", {
            **bearer("t-carol"), "Content-Type": LFS_TYPE, "Accept": LFS_TYPE},
            json.dumps({"operation": operation, "hash_algo": "sha256",
                        "transfers": ["basic"],
                        "objects": [{"oid": oid, "size": len(DATA)}]}))
        got = a.json()["objects"][0]
        check(f"LFS {operation} of another's content tells nothing",
              "download" not in got.get("actions", {}) and
              (operation == "upload") == ("upload" in got.get("actions", {})),
              got)
    for line in [{"key": "lfsFile", "value": {
            "path": "w.bin", "algo": "sha256", "oid": oid, "size": len(DATA)}},
            {"key": "copyFile", "value": {
                "path": "w.bin", "srcPath": "w.bin", "srcRevision": "main",
                "srcRepoType": "model", "srcRepoId": "lab/shared"}}]:
        body = "".join(json.dumps(part) + "\n" for part in [
            {"key": "header", "value": {"summary": "s"}}, line])
        a = hub.ask("POST", "/api/models/carol/mine/commit/main", {
            **bearer("t-carol"), "Content-Type": "application/x-ndjson"}, body)
        check(f"a commit cannot take it by {line['key']}",
              400 <= a.status < 500, a.status, a.body)
    equal("it is not there", carol.list_repo_files("carol/mine"),
          [".gitattributes"])


def gates(hub, ada, bob, carol):
    ada.create_repo("lab/gated")
    ada.upload_file(path_or_fileobj=b"mine", path_in_repo="a.txt",
                    repo_id="lab/gated")
    ada.update_repo_settings("lab/gated", gated="manual")

    def fetch(api):
        return api.hf_hub_download("lab/gated", "a.txt", local_dir=scratch())

    equal("gated: it is seen", carol.model_info("lab/gated").gated, "manual")
    raises("gated: no file for others", errors.GatedRepoError,
           lambda: fetch(carol))
    raises("gated: nor for nobody", errors.GatedRepoError,
           lambda: fetch(HfApi(endpoint=hub.url, token=False)))
    check("gated: a file for members", fetch(bob).endswith("a.txt"))
    a = hub.ask("POST", "/api/models/carol/mine/commit/main", {
        **bearer("t-carol"), "Content-Type": "application/x-ndjson"},
        "".join(json.dumps(part) + "\n" for part in [
            {"key": "header", "value": {"summary": "s"}},
            {"key": "copyFile", "value": {
                "path": "a.txt", "srcPath": "a.txt", "srcRevision": "main",
                "srcRepoType": "model", "srcRepoId": "lab/gated"}}]))
    check("gated: no copy of it either", a.status == 403 and
          a["X-Error-Code"] == "GatedRepo", a.status, a.body)
    carol.auth_check("carol/mine")


commands()
at_once(scratch() / "root")
matrix(scratch() / "root")
writing(scratch() / "root")
before_the_body(scratch() / "root")
done()
