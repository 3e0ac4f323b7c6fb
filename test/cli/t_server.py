#!/usr/bin/env python3
"""The program's processes, without a mount: start, status, stop, the
supervisor, exit statuses, tokens, what the process list shows."""
# test: timeout 300
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "kit"))
from tap import check, done, equal, until  # noqa: E402

TOP = Path(__file__).resolve().parents[2]
BIN = TOP / os.environ.get("B", "build")
WORK = Path(tempfile.mkdtemp())
STATE = WORK / "state"
os.environ["XDG_STATE_HOME"] = str(STATE)
os.environ["XDG_CACHE_HOME"] = str(WORK / "cache")
SECRET = "hf_averysecrettoken"


def hffs(*words, env=None, program="hffs"):
    """Runs it to its end: status, stdout, stderr."""
    done_ = subprocess.run(
        [BIN / program, *words], stdin=subprocess.DEVNULL, text=True,
        capture_output=True, timeout=120, env=dict(os.environ, **(env or {})))
    return done_.returncode, done_.stdout, done_.stderr


def mounts(*words):
    return json.loads(hffs("status", "--json", *words)[1])["mounts"]


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def command_line(pid):
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")


class Hub:
    def __init__(self):
        folder = WORK / "repo"
        (folder / "sub").mkdir(parents=True)
        (folder / "README.md").write_text("hello\n")
        (folder / "sub/file").write_text("x\n")
        self.log = WORK / "hub.log"
        self.process = subprocess.Popen(
            [BIN / "hffs", "hub", "serve", "--root", WORK / "hub",
             "--user", f"me={SECRET}", "--log", self.log,
             "--repo", f"model:me/open={folder}",
             "--repo", f"model:me/secret={folder}", "--private", "me/secret"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        os.environ["HF_ENDPOINT"] = self.process.stdout.readline().split()[-1]

    def stop(self):
        self.process.terminate()
        equal("the Hub ends well", self.process.wait(30), 0)
        self.process.stdout.close()


class Foreground:
    """hffs-nfs --no-mount --json, ready."""

    def __init__(self, *words, env=None):
        self.process = subprocess.Popen(
            [BIN / "hffs-nfs", *words, "--no-mount", "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=dict(os.environ, **(env or {})))
        line = self.process.stdout.readline()
        self.told = json.loads(line) if line else None
        self.pid = self.process.pid

    def end(self, how=signal.SIGTERM):
        """Its exit status, and what it said."""
        self.process.send_signal(how)
        said = self.process.communicate(timeout=60)[1]
        return self.process.returncode, said


def usage():
    for words, why in [
            ((), "no command"), (("frobnicate",), "no command"),
            (("start",), "missing"), (("start", "repo", "me/open"), "MOUNTPOINT"),
            (("start", "bucket", "me/b", "/x"), "not supported yet"),
            (("start", "thing", "me/b", "/x"), "repo ID"),
            (("start", "repo", "a/../b", "/x"), "a/../b"),
            (("start", "repo", "me/open", "/x", "--overlay"), "not supported"),
            (("start", "repo", "me/open", "/x", "--prot", "1"), "--port"),
            (("start", "repo", "me/open", "/x", "--revision", ".."), "revision"),
            (("start", "repo", "me/open", "/"), "below the mount point"),
            (("stop",), "--all"), (("stop", "/x", "--all"), "--all"),
            (("start", "repo", "me/open", ""), "mount point"),
            (("start", "repo", "me/open", "/x", "--mount-options",
              "soft,port=1"), "hffs chooses port"),
            (("start", "repo", "me/open", "/x", "--hub-endpoint", "h"),
             "http://"),
            (("start", "repo", "me/open", "/x", "--hf-token", "a b"), "token"),
            (("hub",), "hub serve"), (("hub", "frob"), "hub serve"),
            (("hub", "serve", "--root", str(WORK / "r"), "--fault", "x"),
             "PATTERN"),
            (("hub", "serve", "--root", str(WORK / "r"), "--listen",
              "0.0.0.0"), "a user"),
            (("status", "a", "b"), "one word too many")]:
        status, out, said = hffs(*words)
        check(f"hffs {' '.join(words)}: status 2, and why",
              status == 2 and out == "" and why in said
              and said.startswith("hffs: "), status, out, said)
    status, out, said = hffs(
        "repo", "me/open", "--no-mount", "--run", "true", program="hffs-nfs")
    check("--run without a mount is refused", status == 2, status, said)
    status, out, said = hffs(
        "repo", "me/open", "--no-mount", "--listen", "0.0.0.0",
        program="hffs-nfs")
    check("--listen for all without --allow-client is refused",
          status == 2 and "--allow-client" in said, status, said)
    for wrong in (("--listen", "here"), ("--allow-client", "10.0.0.0/40"),
                  ("--token-file", str(WORK / "none"))):
        status, out, said = hffs(
            "repo", "me/open", "--no-mount", "--hub-endpoint",
            "http://127.0.0.1:1", *wrong, program="hffs-nfs")
        check(f"{' '.join(wrong)} is refused before the Hub is asked",
              status == 2 and wrong[1] in said, status, said)
    for words in [("--help",), ("help",), ("start", "--help"),
                  ("help", "hub", "serve"), ("hub", "--help"),
                  ("help", "hub"), ("--version",)]:
        status, out, said = hffs(*words)
        check(f"hffs {' '.join(words)} helps", status == 0 and "hffs" in out
              and said == "", status, said)


def failures():
    status, _, said = hffs("start", "repo", "me/nothing", "--no-mount")
    check("a repo that is not there: status 5, and its name",
          status == 5 and "me/nothing" in said, status, said)
    check("... the reason alone", len(said.splitlines()) == 1, said)
    status, _, said = hffs(
        "repo", "me/open", "--no-mount", "--revision", "v9", program="hffs-nfs")
    check("a revision that is not there: status 5", status == 5
          and "v9" in said, status, said)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        status, _, said = hffs(
            "repo", "me/open", "--no-mount", "--port", str(port),
            program="hffs-nfs")
        check("a port that is taken: status 1, and which",
              status == 1 and str(port) in said, status, said)
    (WORK / "file").write_text("")
    status, _, said = hffs(
        "repo", "me/open", "--no-mount", "--cache-dir", str(WORK / "file"),
        program="hffs-nfs")
    check("a cache directory that is none: status 1, and which option",
          status == 1 and "--cache-dir" in said, status, said)
    equal("none of them is left", mounts(), [])


def options_without_effect():
    status, out, said = hffs("start", "--fuse", "repo", "me/open",
                             "--max-threads", "8", "--no-mount",
                             "--metadata-ttl-ms", "1500")
    check("hf-mount's options are accepted, with a remark each",
          status == 0 and said.count("has no effect") == 2, status, said)
    check("others have one", "actimeo=2," in out, out)
    hffs("stop", "--all")


def foreground():
    server = Foreground("repo", "me/open")
    told = server.told
    check("--json tells where it serves", told["host"] == "127.0.0.1"
          and told["port"] > 0 and told["export"].startswith("/")
          and len(told["export"]) >= 33, told)
    check("... and how to mount it",
          f"port={told['port']}" in told["mount_command"]
          and told["export"] in told["mount_command"], told)
    equal("it serves that commit", len(told["sha"]), 40)
    (view,) = mounts()
    check("status knows it, and that it is well",
          view["pid"] == server.pid and view["health"] == "ok", view)
    status, _, said = hffs("repo", "me/open", "--no-mount", program="hffs-nfs")
    check("a second one is refused, and told by whom",
          status == 7 and f"pid {server.pid}" in said, status, said)
    status, text, _ = hffs("status", "me/open")
    check("... by the name of its repo, too", status == 0
          and text.startswith("(not mounted)  me/open"), status, text)
    point = Foreground("repo", "me/open", str(WORK / "point"))
    check("one for a mount point is not said to be mounted there",
          f"{WORK / 'point'} (not mounted)" in hffs("status")[1])
    equal("... and ends well", point.end()[0], 0)
    equal("kill -9", server.end(signal.SIGKILL)[0], -9)
    (view,) = mounts()
    equal("status sees that it is dead", view["health"], "dead")
    again = Foreground("repo", "me/open")
    equal("started again it has the same address",
          (again.told["port"], again.told["export"]),
          (told["port"], told["export"]))
    sub = Foreground("repo", "me/open/sub")
    check("another source is another server",
          sub.told["export"] != told["export"], sub.told)
    equal("both are there", len(mounts()), 2)
    equal("SIGTERM ends one well", again.end()[0], 0)
    equal("so does SIGINT", sub.end(signal.SIGINT)[0], 0)
    equal("nothing is left in the list", mounts(), [])
    text = hffs("status")[1]
    equal("... nor in its text", text, "nothing is mounted\n")


def turned_away(address, port):
    """Whether nobody (the user) finds the connection closed."""
    pid = os.fork()
    if pid == 0:
        try:
            os.setuid(65534)
            s = socket.socket()
            s.settimeout(20)
            s.connect((address, port))
            os._exit(0 if s.recv(1) == b"" else 1)
        except ConnectionError:
            os._exit(0)
        finally:
            os._exit(2)
    return os.waitpid(pid, 0)[1] == 0


def other_address():
    """Served to a network: to this machine, too, by that address."""
    route = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        route.connect(("192.0.2.1", 9))  # sends nothing
        address = route.getsockname()[0]
    except OSError:
        address = "127.0.0.2"
    route.close()
    server = Foreground("repo", "me/open", "--listen", address,
                        "--allow-client", "192.0.2.0/24")
    equal("--listen serves on another address", server.told["host"], address)
    equal("... which works from here", mounts()[0]["health"], "ok")
    if os.geteuid() == 0:
        check("... but not for other users of this machine",
              turned_away(address, server.told["port"]))
    equal("... and ends well", server.end()[0], 0)
    server = Foreground("repo", "me/open", "--listen", "0.0.0.0",
                        "--allow-client", "192.0.2.1")
    equal("all addresses are mounted by the local one",
          server.told["host"], "127.0.0.1")
    equal("... which works", mounts()[0]["health"], "ok")
    server.end()


def port_taken_meanwhile():
    server = Foreground("repo", "me/open")
    port = server.told["port"]
    server.end()
    with socket.create_server(("127.0.0.1", port)):
        server = Foreground("repo", "me/open")
        check("a port that somebody else took since is given up",
              server.told["port"] != port, server.told)
        said = server.end()[1]
        check("... and that is said", str(port) in said, said)


def interrupted():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = subprocess.Popen(
            [BIN / "hffs-nfs", "repo", "me/open", "--no-mount",
             "--hub-endpoint", f"http://127.0.0.1:{silent.getsockname()[1]}"],
            stderr=subprocess.DEVNULL)
        silent.accept()[0].settimeout(60)
        start = time.monotonic()
        process.terminate()
        equal("SIGTERM while the Hub is silent", process.wait(60), 143)
        check("... ends it at once", time.monotonic() - start < 10)


def no_descriptors():
    """Nothing that it opens may take the place of stdout or stderr."""
    process = subprocess.Popen(
        [BIN / "hffs-nfs", "repo", "me/open", "--no-mount"],
        preexec_fn=lambda: os.closerange(0, 3))
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None and not any(
            view["pid"] == process.pid and view.get("phase") == "ready"
            for view in mounts()):
        time.sleep(0.05)
    first = [os.readlink(f"/proc/{process.pid}/fd/{fd}") for fd in range(3)]
    equal("closed descriptors are held", first, ["/dev/null"] * 3)
    process.terminate()
    equal("... and it ends well", process.wait(60), 0)


def background():
    """A server that crashes is started again, and keeps its address."""
    status, out, said = hffs("start", "repo", "me/open", "--no-mount")
    check("start returns with the address",
          status == 0 and out.startswith("serving 127.0.0.1:"), status, said)
    (view,) = mounts()
    check("status has server and supervisor", alive(view["pid"])
          and alive(view["supervisor_pid"]) and view["restarts"] == 0, view)
    status, _, said = hffs("start", "repo", "me/open", "--no-mount")
    check("a second start is refused", status == 7 and "hffs stop" in said,
          status, said)
    first = view

    def restarted(times):
        views = mounts()
        return len(views) == 1 and views[0]["restarts"] == times \
            and views[0]["health"] == "ok" and views[0]
    for times, how in [(1, signal.SIGKILL), (2, signal.SIGABRT)]:
        os.kill(view["pid"], how)
        view = until(lambda: restarted(times))
        check(f"after {how.name} another one serves", view
              and alive(view["pid"]), mounts())
        equal("... at the same address", (view["port"], view["export"]),
              (first["port"], first["export"]))
        equal("... for the same supervisor", view["supervisor_pid"],
              first["supervisor_pid"])
        check("status says why", f"signal {how:d}" in view["last_exit"],
              view["last_exit"])
    log = Path(view["log"]).read_text()
    check("the log has both", log.count("starting it again") == 2, log)
    check("the pause doubles", "in 100 ms" in log and "in 200 ms" in log, log)
    status, out, said = hffs("stop", "me/open")
    equal("stop", (status, out), (0, "stopped me/open\n"))
    check("... ends both", not alive(view["pid"])
          and not alive(view["supervisor_pid"]))
    equal("... and leaves nothing in the list", mounts(), [])
    equal("stop again: status 3", hffs("stop", "me/open")[0], 3)


def stop_by_signal():
    hffs("start", "repo", "me/open", "--no-mount")
    (view,) = mounts()
    os.kill(view["supervisor_pid"], signal.SIGTERM)
    check("SIGTERM to the supervisor ends both", until(
        lambda: not alive(view["pid"]) and not alive(view["supervisor_pid"])))
    hffs("start", "repo", "me/open", "--no-mount")
    (view,) = mounts()
    os.kill(view["pid"], signal.SIGTERM)
    check("SIGTERM to the server ends both", until(
        lambda: not alive(view["pid"]) and not alive(view["supervisor_pid"])))
    hffs("start", "repo", "me/open", "--no-mount")
    (view,) = mounts()
    os.kill(view["supervisor_pid"], signal.SIGKILL)
    check("a server outlives its supervisor", until(
        lambda: "supervisor_pid" not in mounts()[0]) and alive(view["pid"]))
    equal("... and can be stopped", hffs("stop", "--all")[0], 0)
    check("... which ends it", not alive(view["pid"]))
    hffs("start", "repo", "me/open", "--no-mount")
    (view,) = mounts()
    os.kill(view["pid"], signal.SIGSTOP)
    until(lambda: mounts()[0]["health"] == "not answering")
    (seen,) = mounts()
    equal("a server that hangs is seen to", seen["health"], "not answering")
    equal("... and status says so", hffs("status")[0], 1)
    equal("stop --force kills it", hffs("stop", "--force", "me/open")[0], 0)
    check("... for good", not alive(view["pid"])
          and not alive(view["supervisor_pid"]) and mounts() == [])


def tokens():
    home = WORK / "hfhome"
    home.mkdir()
    token_file = WORK / "token"
    token_file.write_text(f" {SECRET}\n")
    repo = ("repo", "me/secret", "--no-mount")
    equal("without a token a private repo is not there",
          hffs(*repo, program="hffs-nfs")[0], 5)
    cases = [
        ("--hf-token", ("--hf-token", SECRET), {}),
        ("--hf-token=", (f"--hf-token={SECRET}",), {}),
        ("--token-file", ("--token-file", str(token_file)), {}),
        ("$HF_TOKEN", (), {"HF_TOKEN": SECRET}),
        ("$HUGGING_FACE_HUB_TOKEN", (), {"HUGGING_FACE_HUB_TOKEN": SECRET}),
        ("$HF_TOKEN_PATH", (), {"HF_TOKEN_PATH": str(token_file)}),
        ("what is typed, before $HF_TOKEN", ("--hf-token", SECRET),
         {"HF_TOKEN": "hf_wrong"}),
        ("$HF_TOKEN, before a login", (),
         {"HF_TOKEN": SECRET, "HF_HOME": str(home)}),
    ]
    (home / "token").write_text("hf_wrong")
    for name, words, env in cases:
        server = Foreground(*repo[:2], *words, env=env)
        check(f"the token comes from {name}", server.told)
        if server.told:
            check("... and is not in the process list",
                  SECRET.encode() not in command_line(server.pid))
        status, said = server.end()
        check("... nor said", status == 0 and SECRET not in said, said)
    (home / "token").write_text(SECRET)
    server = Foreground(*repo[:2], env={"HF_HOME": str(home)})
    check("the token comes from $HF_HOME/token", server.told)
    server.end()


def tokens_in_background():
    """From start to supervisor to server, without a trace on the way."""
    status, out, said = hffs("start", "repo", "me/secret", "--no-mount",
                             "--hf-token", SECRET, "-D", "all")
    check("start hands the token on", status == 0, said)
    (view,) = mounts()
    os.kill(view["pid"], signal.SIGKILL)
    again = until(lambda: [v for v in mounts() if v["health"] == "ok"
                           and v["pid"] != view["pid"]])
    check("... also after a crash", again)
    for name, pid in [("server", again[0]["pid"]),
                      ("supervisor", again[0]["supervisor_pid"])]:
        check(f"the {name}'s command line does not show it",
              SECRET.encode() not in command_line(pid), command_line(pid))
    hffs("stop", "--all")
    files = list((STATE / "hffs").rglob("*"))
    traces = [path for path in files if path.is_file()
              and SECRET.encode() in path.read_bytes()]
    equal("nothing in the state has it", traces, [])
    loose = [path for path in files if path.stat().st_mode & 0o077]
    equal("all of it is the user's own", loose, [])


def main():
    hub = Hub()
    try:
        usage()
        failures()
        options_without_effect()
        foreground()
        other_address()
        port_taken_meanwhile()
        interrupted()
        no_descriptors()
        background()
        stop_by_signal()
        tokens()
        tokens_in_background()
    finally:
        hffs("stop", "--all", "--force")
        hub.stop()
        shutil.rmtree(WORK)
    done()


main()
