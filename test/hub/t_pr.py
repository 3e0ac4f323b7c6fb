#!/usr/bin/env python3
"""Pull requests and discussions, by unmodified huggingface_hub, and by raw HTTP
where bodies are wrong."""
# test: timeout 300
import json
import os
import shutil
import subprocess
import warnings

import judges
from local_hub import LocalHub, scratch, write_tree

judges.into_python()
os.environ.update(HF_HUB_DISABLE_XET="1", HF_HUB_DISABLE_TELEMETRY="1",
                  HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HOME=str(scratch()))
warnings.simplefilter("ignore")

from huggingface_hub import (CommitOperationAdd, CommitOperationDelete,  # noqa: E402,E501
                             HfApi, errors)
from tap import check, done, equal, raises                     # noqa: E402

API = "/api/models/ada/demo/discussions"


def put(api, path, text, **where):
    return api.upload_file(path_or_fileobj=text.encode(), path_in_repo=path,
                           repo_id="ada/demo", **where)


def read(api, path, revision="main"):
    with open(api.hf_hub_download("ada/demo", path, revision=revision,
                                  cache_dir=scratch())) as f:
        return f.read()


def status_of(call):
    try:
        call()
    except errors.HfHubHTTPError as e:
        return e.response.status_code
    return 200


def discussions(ada, bob):
    first = bob.create_discussion("ada/demo", title="A question",
                                  description="Why?")
    equal("create_discussion", (
        first.num, first.title, first.status, first.author,
        first.is_pull_request, first.repo_id, first.repo_type,
        first.target_branch, first.diff), (
        1, "A question", "open", "bob", False, "ada/demo", "model", None, None))
    equal("... with its description as a comment",
          [(e.type, e.author, e.content, e.edited, e.hidden)
           for e in first.events], [("comment", "bob", "Why?", False, False)])
    comment = ada.comment_discussion("ada/demo", 1, "Because <of> & 'that'.")
    equal("comment_discussion", (comment.content, comment.author,
                                 comment.rendered), (
        "Because <of> & 'that'.", "ada",
        "Because &lt;of&gt; &amp; &#39;that&#39;."))
    edited = ada.edit_discussion_comment("ada/demo", 1, comment.id, "No.")
    equal("edit_discussion_comment", (
        edited.id, edited.content, edited.edited, edited.number_of_edits,
        edited.last_edited_by, edited.edit_history[0]["raw"]), (
        comment.id, "No.", True, 1, "ada", "Because <of> & 'that'."))
    mine = bob.comment_discussion("ada/demo", 1, "secret")
    equal("another's comment cannot be edited", status_of(
        lambda: bob.edit_discussion_comment(
            "ada/demo", 1, comment.id, "mine")), 403)
    hidden = ada.hide_discussion_comment("ada/demo", 1, mine.id)
    equal("the owner may hide_discussion_comment", (
        hidden.hidden, hidden.content), (True, "This comment has been hidden"))
    equal("... once", status_of(lambda: ada.hide_discussion_comment(
        "ada/demo", 1, mine.id)), 400)
    equal("... for good", status_of(lambda: bob.edit_discussion_comment(
        "ada/demo", 1, mine.id, "back")), 400)
    change = bob.rename_discussion("ada/demo", 1, "An answer")
    equal("rename_discussion", (change.old_title, change.new_title),
          ("A question", "An answer"))
    change = ada.change_discussion_status("ada/demo", 1, "closed",
                                          comment="Done.")
    equal("change_discussion_status", change.new_status, "closed")
    details = bob.get_discussion_details("ada/demo", 1)
    equal("get_discussion_details", (details.title, details.status),
          ("An answer", "closed"))
    equal("... all that happened, in its order",
          [(e.type, e.author) for e in details.events], [
        ("comment", "bob"), ("comment", "ada"), ("comment", "bob"),
        ("title-change", "bob"), ("comment", "ada"), ("status-change", "ada")])
    equal("a discussion cannot be merged", status_of(
        lambda: ada.merge_pull_request("ada/demo", 1)), 400)
    equal("one that is not there", status_of(
        lambda: ada.get_discussion_details("ada/demo", 99)), 404)


def fast_merge(ada, bob):
    before = ada.model_info("ada/demo").sha
    pr = bob.create_pull_request("ada/demo", title="More files",
                                 description="two of them")
    equal("create_pull_request", (
        pr.num, pr.status, pr.is_pull_request, pr.git_reference,
        pr.target_branch, pr.conflicting_files, pr.merge_commit_oid), (
        2, "draft", True, "refs/pr/2", "refs/heads/main", [], None))
    equal("its ref is where main is", ada.model_info(
        "ada/demo", revision="refs/pr/2").sha, before)
    equal("a draft cannot be merged", status_of(
        lambda: ada.merge_pull_request("ada/demo", 2)), 400)
    put(bob, "new.txt", "new", revision="refs/pr/2", commit_message="Add new")
    put(bob, "d/x.bin", "\0" * 100, revision="refs/pr/2",
        commit_message="Add x")
    equal("another's branch stays closed", status_of(
        lambda: put(bob, "new.txt", "new")), 403)
    bob.change_discussion_status("ada/demo", 2, "open")
    put(bob, "later.txt", "later", revision="refs/pr/2",
        commit_message="Add later")
    head = ada.model_info("ada/demo", revision="refs/pr/2").sha
    details = ada.get_discussion_details("ada/demo", 2)
    equal("its commits show among the events",
          [(e.type, getattr(e, "summary", None)) for e in details.events], [
        ("comment", None), ("commit", "Add new"), ("commit", "Add x"),
        ("status-change", None), ("commit", "Add later")])
    equal("... by their ids", details.events[-1].oid, head)
    equal("main has nothing of it", ada.model_info("ada/demo").sha, before)
    equal("who opened it may not merge", status_of(
        lambda: bob.merge_pull_request("ada/demo", 2)), 403)
    ada.merge_pull_request("ada/demo", 2, comment="Thank you")
    details = ada.get_discussion_details("ada/demo", 2)
    sha = ada.model_info("ada/demo").sha
    equal("merge_pull_request", (details.status, details.merge_commit_oid),
          ("merged", sha))
    equal("... with a last word", [(e.type, e.author)
                                   for e in details.events[-2:]],
          [("comment", "ada"), ("status-change", "ada")])
    equal("main has its files", [read(ada, p) for p in (
        "new.txt", "later.txt", "d/x.bin")], ["new", "later", "\0" * 100])
    equal("... in one commit", [(c.title, c.authors) for c in
                                ada.list_repo_commits("ada/demo")][:2],
          [("More files (#2)", ["ada"]), ("initial commit", ["ada"])])
    equal("twice is refused", status_of(
        lambda: ada.merge_pull_request("ada/demo", 2)), 400)
    equal("what is merged stays so", status_of(
        lambda: ada.change_discussion_status("ada/demo", 2, "open")), 400)


def moved_target(ada, bob):
    """main goes on while the pull request is open."""
    put(ada, "both.txt", "1")
    put(ada, "gone.txt", "1")
    commit = bob.create_commit("ada/demo", [
        CommitOperationAdd("pr.txt", b"pr"),
        CommitOperationAdd("both.txt", b"2"),
        CommitOperationDelete("gone.txt")],
        commit_message="Theirs", create_pr=True)
    equal("create_commit with create_pr", (commit.pr_num, commit.pr_revision),
          (3, "refs/pr/3"))
    put(ada, "main.txt", "main")
    equal("other files on main: no conflict", ada.get_discussion_details(
        "ada/demo", 3).conflicting_files, [])
    put(ada, "both.txt", "3")
    put(ada, "gone.txt", "2")
    equal("the same files: conflicts", ada.get_discussion_details(
        "ada/demo", 3).conflicting_files, ["both.txt", "gone.txt"])
    sha = ada.model_info("ada/demo").sha
    equal("... are refused", status_of(
        lambda: ada.merge_pull_request("ada/demo", 3)), 409)
    equal("... and nothing has changed", (
        ada.model_info("ada/demo").sha,
        ada.get_discussion_details("ada/demo", 3).status), (sha, "open"))
    put(ada, "both.txt", "2")
    ada.delete_file("gone.txt", "ada/demo")
    ada.merge_pull_request("ada/demo", 3)
    equal("the same change on both sides is none", (
        ada.file_exists("ada/demo", "gone.txt"), read(ada, "both.txt"),
        read(ada, "pr.txt"), read(ada, "main.txt")),
        (False, "2", "pr", "main"))

    put(ada, "f", "a file")
    bob.create_commit("ada/demo", [CommitOperationAdd("e/in", b"in")],
                      commit_message="A folder e", create_pr=True)
    put(ada, "e", "now a file")
    equal("a file in the way of a folder", ada.get_discussion_details(
        "ada/demo", 4).conflicting_files, ["e/in"])
    bob.create_commit("ada/demo", [
        CommitOperationDelete("f"), CommitOperationAdd("f/in", b"in")],
        commit_message="f is a folder", create_pr=True)
    put(ada, "other", "x")
    ada.merge_pull_request("ada/demo", 5)
    equal("a file that becomes a folder", read(ada, "f/in"), "in")
    bob.create_commit("ada/demo", [
        CommitOperationDelete("f/"), CommitOperationAdd("f", b"file")],
        commit_message="and back", create_pr=True)
    put(ada, "f/more", "more")
    equal("... not over what was put in it", ada.get_discussion_details(
        "ada/demo", 6).conflicting_files, ["f"])
    ada.delete_file("f/more", "ada/demo")
    ada.merge_pull_request("ada/demo", 6)
    equal("... when that is gone", read(ada, "f"), "file")
    refs = ada.list_repo_refs("ada/demo", include_pull_requests=True)
    equal("list_repo_refs", [p.ref for p in refs.pull_requests],
          [f"refs/pr/{n}" for n in (2, 3, 4, 5, 6)])
    ada.super_squash_history("ada/demo")
    equal("the pull requests outlive a squash", [
        ada.get_discussion_details("ada/demo", n).status for n in (3, 4)],
        ["merged", "open"])
    raises("a pull request cannot be squashed", errors.BadRequestError,
           lambda: ada.super_squash_history("ada/demo", branch="refs/pr/4"))


def lines(*numbers):
    return "".join(f"line {n}\n" for n in numbers)


def git_apply(files, diff):
    """What git makes of files by a diff, and what it says when it cannot."""
    folder = scratch()
    write_tree(folder, files)
    env = os.environ | {"GIT_CONFIG_GLOBAL": "/dev/null",
                        "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    done_ = subprocess.run(["git", "apply", "--whitespace=nowarn", "-"],
                           cwd=folder, env=env, input=diff.encode(),
                           capture_output=True)
    return {str(p.relative_to(folder)): p.read_bytes()
            for p in folder.rglob("*") if p.is_file()}, done_.stderr.decode()


def diffs(ada, bob):
    """git itself says whether a diff is one."""
    long = [f"{i}\n" for i in range(300)]
    much = [f"{i * 7 % 1009}\n" for i in range(3000)]
    before = {
        "same.txt": "same", "gone.txt": lines(1, 2), "one.txt": "one",
        "long.txt": "".join(long), "end.txt": "a\nb", "empty.txt": "",
        "much.txt": "".join(much), "a b.txt": "x\n", 'q"\\u\t.txt': "x\n",
        "naïve.txt": "ü\n", "crlf.txt": "a\r\nb\r\n", "fill.txt": "",
        "blank.txt": "\n\n\n", "clear.txt": "x\n"}
    edited = ["first\n", *long[:50], *long[52:100], "new\n", *long[100:107],
              "x\n", *long[107:113], "y\n", *long[114:-1], "last"]
    after = before | {
        "one.txt": "two", "long.txt": "".join(edited), "end.txt": "a\nb\n",
        "much.txt": "".join(reversed(much)), "a b.txt": "y\n",
        'q"\\u\t.txt': "y\n", "naïve.txt": "u\n", "crlf.txt": "a\nb\r\n",
        "new.txt": lines(*range(9)), "d/deep.txt": "no newline",
        "none.txt": "", "fill.txt": "x", "blank.txt": "\n\n", "clear.txt": ""}
    del after["gone.txt"]
    ada.create_repo("ada/diffs")
    ada.create_commit("ada/diffs", [
        CommitOperationAdd(p, t.encode()) for p, t in before.items()],
        commit_message="before")
    pr = bob.create_commit("ada/diffs", [
        *(CommitOperationAdd(p, t.encode()) for p, t in after.items()
          if before.get(p) != t), CommitOperationDelete("gone.txt")],
        commit_message="after", create_pr=True)
    diff = ada.get_discussion_details("ada/diffs", pr.pr_num).diff
    if shutil.which("git") is not None:
        got, said = git_apply(before, diff)
        equal("git apply takes the diff of a pull request", said, "")
        equal("... and makes its files of main's", got,
              {p: t.encode() for p, t in after.items()})
    check("a small change is a small hunk", (
        "@@ -1 +1 @@\n-one\n\\ No newline at end of file\n+two\n"
        "\\ No newline at end of file\n") in diff, diff[:2000])
    check("changes far apart are hunks of their own",
          "@@ -48,8 +49,6 @@\n 47\n" in diff and "\n-50\n-51\n" in diff)
    bob.create_commit("ada/diffs", [
        CommitOperationAdd("w.bin", b"\0weights" * 999)],
        commit_message="binary", create_pr=True)
    diff = ada.get_discussion_details("ada/diffs", 2).diff
    check("an LFS file shows as its pointer",
          "\n+version https://git-lfs.github.com/spec/v1\n" in diff and
          "\n+size 7992\n" in diff, diff)
    bob.create_pull_request("ada/diffs", title="nothing")
    equal("no change, no diff", ada.get_discussion_details(
        "ada/diffs", 3).diff, "")
    ada.update_repo_settings("ada/diffs", gated="auto")
    equal("who may not read the files sees no diff", (
        bob.get_discussion_details("ada/diffs", 1).diff,
        bool(ada.get_discussion_details("ada/diffs", 1).diff)), (None, True))


def lists(ada, bob):
    for i in range(60):
        ada.create_discussion("ada/demo", title=f"number {i}")
    every = list(bob.get_repo_discussions("ada/demo"))
    equal("get_repo_discussions, over pages", [d.num for d in every],
          list(range(66, 0, -1)))
    equal("... what they say", (every[-1].title, every[-1].status,
                                every[-1].author, every[-1].repo_id),
          ("An answer", "closed", "bob", "ada/demo"))
    def nums(**kinds):
        return [d.num for d in bob.get_repo_discussions("ada/demo", **kinds)]
    equal("by author", nums(author="bob"), [6, 5, 4, 3, 2, 1])
    equal("by type", nums(discussion_type="pull_request"), [6, 5, 4, 3, 2])
    equal("by status", nums(discussion_status="closed"), [6, 5, 3, 2, 1])
    equal("by all three", nums(
        author="bob", discussion_type="pull_request",
        discussion_status="open"), [4])


def rights(ada, bob, nobody):
    equal("nobody opens none", status_of(
        lambda: nobody.create_discussion("ada/demo", title="spam")), 401)
    equal("nobody comments on none", status_of(
        lambda: nobody.comment_discussion("ada/demo", 1, "spam")), 401)
    equal("nobody reads them", nobody.get_discussion_details(
        "ada/demo", 1).num, 1)
    equal("another may not rename", status_of(
        lambda: bob.rename_discussion("ada/demo", 10, "x")), 403)
    ada.create_repo("ada/hidden", private=True)
    ada.create_discussion("ada/hidden", title="ours")
    for claim, call in [
            ("list", lambda: list(bob.get_repo_discussions("ada/hidden"))),
            ("read", lambda: bob.get_discussion_details("ada/hidden", 1)),
            ("open", lambda: bob.create_discussion("ada/hidden", title="x")),
            ("comment", lambda: bob.comment_discussion(
                "ada/hidden", 1, "x"))]:
        raises(f"{claim} in a hidden repo", errors.RepositoryNotFoundError,
               call)
    ada.delete_repo("ada/hidden")
    ada.create_repo("ada/hidden")
    equal("a new repo of that name begins at 1", ada.create_discussion(
        "ada/hidden", title="first").num, 1)


def raw(hub):
    def post(path, body, who="ada"):
        return hub.ask("POST", f"{API}{path}", {
            "Authorization": f"Bearer token-{who}"}, body)
    good = {"title": "t", "description": "d"}
    for body in ["", "{", "[]", '"x"', b"\xff{}", "{}",
                 *(json.dumps(good | change) for change in [
                     {"title": None}, {"title": ""}, {"title": " "},
                     {"title": 3}, {"title": "a\nb"}, {"title": "x" * 1001},
                     {"description": None}, {"description": []},
                     {"description": "x" * 65537}, {"pullRequest": "yes"}])]:
        a = post("", body)
        check(f"no discussion of {str(body)[:40]}: 400", a.status == 400,
              a.status, a.body)
    for path, body in [
            ("/1/comment", "{}"), ("/1/comment", '{"comment": ""}'),
            ("/1/comment", '{"comment": 1}'), ("/1/comment", "{"),
            ("/1/title", "{}"), ("/1/title", '{"title": "\\n"}'),
            ("/1/status", "{}"), ("/1/status", '{"status": "merged"}'),
            ("/1/status", '{"status": "draft"}'),
            ("/1/status", '{"status": "open", "comment": 3}'),
            ("/1/merge", ""), ("/4/merge", '{"comment": {}}'),
            ("/1/comment/" + "0" * 23 + "1/edit", "{}")]:
        a = post(path, body)
        check(f"POST {path} {body}: 400 or 409", a.status in (400, 409),
              a.status, a.body)
    for path in ["/0/comment", "/x/comment", "/-1/comment", "/99999/comment",
                 "/99999999999999999999/comment", "/1/nothing", "/1/",
                 "/1/comment/x/edit", "/1/comment/" + "f" * 24 + "/edit",
                 "/1/comment/" + "0" * 24 + "/hide",
                 "/1/comment/" + "0" * 23 + "1/nothing", "/1/merge/x/y"]:
        a = post(path, '{"comment": "c", "content": "c"}')
        check(f"POST {path}: 404", a.status == 404, a.status, a.body)
    for query, status in [("?p=x", 400), ("?p=99999999999999999999", 400),
                          ("?type=x", 400), ("?status=x", 400), ("?p=999", 200),
                          ("?p=18446744073709551615", 200), ("/1/x", 404),
                          ("/x", 404)]:
        a = hub.get(API + query)
        equal(f"GET {query}: {status}", a.status, status)
    equal("no server error on the way", [
        e for e in hub.said().splitlines() if " error" in e], [])
    equal("the first is what it was",
          hub.get(f"{API}/1").json()["title"], "An answer")


root = scratch()
with LocalHub(root, "--user=ada=token-ada", "--user=bob=token-bob") as hub_:
    ada_, bob_ = (HfApi(hub_.url, token=f"token-{n}") for n in ("ada", "bob"))
    ada_.create_repo("ada/demo")
    discussions(ada_, bob_)
    fast_merge(ada_, bob_)
    moved_target(ada_, bob_)
    diffs(ada_, bob_)
    lists(ada_, bob_)
    rights(ada_, bob_, HfApi(hub_.url, token=False))
    raw(hub_)
    equal("it ends in good order", hub_.stop(), 0)
shutil.rmtree(root)
done()
