#!/usr/bin/env python3
"""Branches, tags, history and super-squash: by unmodified huggingface_hub, and
by raw HTTP where names and bodies are wrong."""
# test: timeout 300
import json
import os
import shutil
from urllib.parse import quote

import judges
from local_hub import LocalHub, scratch

judges.into_python()
os.environ.update(HF_HUB_DISABLE_XET="1", HF_HUB_DISABLE_TELEMETRY="1",
                  HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HOME=str(scratch()))

from huggingface_hub import HfApi, errors                      # noqa: E402
from tap import check, done, equal, raises                     # noqa: E402

API = "/api/models/ada/demo"
BEARER = {"Authorization": "Bearer token-ada"}


def branches(api):
    first = api.model_info("ada/demo").sha
    api.create_branch("ada/demo", branch="dev")
    api.create_branch("ada/demo", branch="feature/a-b#", revision="dev")
    refs = api.list_repo_refs("ada/demo")
    equal("create_branch", [(b.name, b.ref, b.target_commit)
                            for b in refs.branches], [
        ("dev", "refs/heads/dev", first),
        ("feature/a-b#", "refs/heads/feature/a-b#", first),
        ("main", "refs/heads/main", first)])
    for revision in ["dev", "feature/a-b#", "refs/heads/feature/a-b#"]:
        equal(f"a revision: {revision}",
              api.model_info("ada/demo", revision=revision).sha, first)
        check("... of a file", os.path.exists(api.hf_hub_download(
            "ada/demo", ".gitattributes", revision=revision,
            cache_dir=scratch())))
    raises("twice", errors.HfHubHTTPError,
           lambda: api.create_branch("ada/demo", branch="dev"))
    api.create_branch("ada/demo", branch="dev", exist_ok=True)
    raises("from a revision that is not there", errors.RevisionNotFoundError,
           lambda: api.create_branch("ada/demo", branch="x", revision="none"))
    raises("of a repo that is not there", errors.RepositoryNotFoundError,
           lambda: api.create_branch("ada/none", branch="x"))
    api.create_branch("ada/demo", branch="by-sha", revision=first)
    api.create_branch("ada/demo", branch="by-short", revision=first[:8])
    api.delete_branch("ada/demo", branch="feature/a-b#")
    check("delete_branch", not api.revision_exists(
        "ada/demo", "feature/a-b#"))
    raises("... twice", errors.RevisionNotFoundError,
           lambda: api.delete_branch("ada/demo", branch="feature/a-b#"))
    raises("... of main", errors.HfHubHTTPError,
           lambda: api.delete_branch("ada/demo", branch="main"))
    check("... which stays", api.revision_exists("ada/demo", "main"))
    for name in ["by-sha", "by-short", "dev"]:
        api.delete_branch("ada/demo", branch=name)
    equal("main alone is left",
          [b.name for b in api.list_repo_refs("ada/demo").branches], ["main"])


def tags(api, bob):
    first = api.model_info("ada/demo").sha
    api.create_tag("ada/demo", tag="v1.0", tag_message="one")
    api.create_branch("ada/demo", branch="side")
    api.create_tag("ada/demo", tag="of/side", revision="side")
    api.create_tag("ada/demo", tag="of-sha", revision=first)
    equal("create_tag", [(t.name, t.ref, t.target_commit)
                         for t in api.list_repo_refs("ada/demo").tags], [
        (n, f"refs/tags/{n}", first) for n in ("of-sha", "of/side", "v1.0")])
    equal("a tag is a revision",
          api.model_info("ada/demo", revision="of/side").sha, first)
    raises("twice", errors.HfHubHTTPError,
           lambda: api.create_tag("ada/demo", tag="v1.0"))
    api.create_tag("ada/demo", tag="v1.0", exist_ok=True)
    raises("of no revision", errors.RevisionNotFoundError,
           lambda: api.create_tag("ada/demo", tag="x", revision="none"))
    api.delete_tag("ada/demo", tag="of/side")
    raises("delete_tag twice", errors.RevisionNotFoundError,
           lambda: api.delete_tag("ada/demo", tag="of/side"))
    raises("a tag is no branch", errors.RevisionNotFoundError,
           lambda: api.delete_branch("ada/demo", branch="v1.0"))
    for claim, call in [
            ("tag", lambda: bob.create_tag("ada/demo", tag="b")),
            ("branch", lambda: bob.create_branch("ada/demo", branch="b")),
            ("delete", lambda: bob.delete_tag("ada/demo", tag="v1.0")),
            ("squash", lambda: bob.super_squash_history("ada/demo"))]:
        error = None
        try:
            call()
        except errors.HfHubHTTPError as e:
            error = e
        check(f"another may not {claim}",
              error and error.response.status_code == 403)
    api.delete_tag("ada/demo", tag="v1.0")
    api.delete_tag("ada/demo", tag="of-sha")
    api.delete_branch("ada/demo", branch="side")


def post(hub, path, body, method="POST"):
    return hub.ask(method, f"{API}/{path}", BEARER,
                   body if isinstance(body, bytes) else json.dumps(body))


def raw(hub, api):
    bad = ["refs/heads/x", "refs/pr/1", "HEAD", "a..b", "a b", "a~1", "a^",
           "a:b", "a?", "a*", "[a", "a\\b", "a.lock", ".a", "a/.b", "a/b.lock/c",
           "a.", "@", "a@{b", "-a", "0" * 40, "x" * 251, "a\x7f", "a\tb",
           "a//b", "a/"]
    for name in bad:
        if not name.endswith("/"):
            a = post(hub, f"branch/{quote(name, safe='')}", {})
            check(f"no branch {name[:20]!r}: 400", a.status == 400,
                  a.status, a.body)
        a = post(hub, "tag/main", {"tag": name})
        check(f"no tag {name[:20]!r}: 400", a.status == 400, a.status, a.body)
    for name in ["a@b", "ü", "x" * 250, "a+b%", "0" * 39, "a/b/c", "lock"]:
        a = post(hub, f"branch/{quote(name, safe='')}", {})
        b = hub.ask("DELETE", f"{API}/branch/{quote(name, safe='')}", BEARER)
        equal(f"a branch {name[:20]!r}", (a.status, b.status), (200, 200))
    equal("slashes as they are", post(hub, "branch/x/y", {}).status, 200)
    equal("a name below a branch: 409", post(hub, "branch/x%2Fy%2Fz", {}).status,
          409)
    equal("a name above one: 409", post(hub, "branch/x", {}).status, 409)
    for body in [b"{", b"[]", b'"x"', b"\xff", b'{"startingPoint": 1}',
                 b'{"emptyBranch": "x"}', b'{"startingPoint": {}}']:
        equal(f"branch, {body!r}: 400", post(hub, "branch/q", body).status, 400)
    equal("no body is an empty one", post(hub, "branch/q", b"").status, 200)
    for body in [b"", b"{}", b"[", b'{"tag": null}', b'{"tag": 3}',
                 b'{"tag": "t", "message": 3}', b'{"tag": "\xff"}']:
        equal(f"tag, {body!r}: 400", post(hub, "tag/main", body).status, 400)
    equal("without a token: 401", hub.ask(
        "POST", f"{API}/branch/anon", body="{}").status, 401)
    equal("overwrite moves a branch", (post(
        hub, "branch/q", {"overwrite": True, "emptyBranch": True}).status,
        api.list_repo_files("ada/demo", revision="q")), (200, []))
    equal("overwrite by nothing leaves it", (
        post(hub, "branch/q", {"overwrite": True}).status,
        api.list_repo_files("ada/demo", revision="q")), (200, []))
    equal("overwrite by a revision", (post(
        hub, "branch/q", {"overwrite": True, "startingPoint": "main"}).status,
        len(api.list_repo_files("ada/demo", revision="q"))), (200, 2))
    equal("... by one that is not there", (post(
        hub, "branch/q", {"overwrite": True, "startingPoint": "none"}).status,
        len(api.list_repo_files("ada/demo", revision="q"))), (404, 2))
    post(hub, "branch/q", {"overwrite": True, "emptyBranch": True})
    equal("an empty branch has one commit",
          [c.title for c in api.list_repo_commits("ada/demo", revision="q")],
          ["initial commit"])
    equal("... and leaves main alone",
          api.list_repo_files("ada/demo"), [".gitattributes", "a.txt"])
    equal("no branch was made besides",
          [b.name for b in api.list_repo_refs("ada/demo").branches],
          ["main", "q", "x/y"])
    equal("... nor a tag", api.list_repo_refs("ada/demo").tags, [])


def squash(hub, api):
    """Nothing here commits; an orphan branch that is squashed twice tells as
    much as a long history."""
    before = api.model_info("ada/demo")
    api.create_tag("ada/demo", tag="kept")
    api.super_squash_history("ada/demo", commit_message="all in one")
    after = api.model_info("ada/demo")
    commits = api.list_repo_commits("ada/demo")
    equal("super_squash_history: one commit",
          [(c.title, c.authors, c.commit_id) for c in commits],
          [("all in one", ["ada"], after.sha)])
    check("... another than before", after.sha != before.sha)
    equal("... of the same files", api.list_repo_files("ada/demo"),
          [".gitattributes", "a.txt"])
    check("... which is the last of each", all(
        e.last_commit.oid == after.sha and e.last_commit.title == "all in one"
        for e in api.list_repo_tree("ada/demo", expand=True)))
    equal("a tag keeps what it names",
          api.model_info("ada/demo", revision="kept").sha, before.sha)
    api.super_squash_history("ada/demo", branch="q")
    equal("a branch without files", api.list_repo_files(
        "ada/demo", revision="q"), [])
    raises("a tag cannot be squashed", errors.BadRequestError,
           lambda: api.super_squash_history("ada/demo", branch="kept"))
    raises("... nor a commit", errors.BadRequestError,
           lambda: api.super_squash_history("ada/demo", branch=before.sha))
    raises("... nor what is not there", errors.RevisionNotFoundError,
           lambda: api.super_squash_history("ada/demo", branch="none"))
    for body in [b"{", b'{"message": 3}', b'{"message": ""}',
                 b'{"message": " \\n"}']:
        equal(f"squash, {body!r}: 400",
              post(hub, "super-squash/main", body).status, 400)
    equal("nothing else has moved", api.model_info("ada/demo").sha, after.sha)
    api.super_squash_history("ada/demo", commit_message="one\n\nand two")
    commit = api.list_repo_commits("ada/demo", formatted=True)[0]
    equal("a long message", (commit.title, commit.message,
                             commit.formatted_title),
          ("one", "and two", "one"))


root = scratch()
with LocalHub(root, "--user=ada=token-ada", "--user=bob=token-bob") as hub_:
    ada_, bob_ = (HfApi(hub_.url, token=f"token-{n}") for n in ("ada", "bob"))
    ada_.create_repo("ada/demo")
    branches(ada_)
    tags(ada_, bob_)
    ada_.delete_repo("ada/demo")
    hub_.ask("POST", "/api/repos/create", BEARER, json.dumps(
        {"name": "demo", "files": [{"path": "a.txt", "content": "a"}]}))
    raw(hub_, ada_)
    squash(hub_, ada_)
    equal("it ends in good order", hub_.stop(), 0)
shutil.rmtree(root)
done()
