"""What a measurement starts and asks: the local Hub, the NFS server, the load
generator, curl. Everything lives below one scratch folder."""
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BUILD = TOP / os.environ.get("B", "build")
ENV = {k: v for k, v in os.environ.items()
       if not k.startswith(("HF_", "HFFS_", "XDG_")) or k == "HFFS_TEST"}


def status_kib(pid, key):
    """VmRSS, VmHWM of a process, in KiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    return 0


def pin(pid, core):
    """All threads of a process to one core; where there is just one, nothing.
    """
    if (os.cpu_count() or 1) > 1:
        for task in os.listdir(f"/proc/{pid}/task"):
            os.sched_setaffinity(int(task), {core})


def tail(log):
    """The end of what a program wrote to its log."""
    return Path(log.name).read_text(errors="replace")[-3000:]


class Hub:
    """hffs hub serve, over folders offered as repos."""

    def __init__(self, scratch, repos):
        self.log = open(scratch / "hub.log", "wb")
        command = [BUILD / "hffs", "hub", "serve", "--root", scratch / "hub",
                   "--admin"]
        for name, folder in repos.items():
            command += ["--repo", f"model:{name}={folder}"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self.log, env=ENV)
        line = self.process.stdout.readline().decode()
        if not line.startswith("hub: listening on "):
            raise RuntimeError(f"the Hub did not start: {tail(self.log)}")
        self.url = line.split()[-1]

    def ask(self, method, path, body=None):
        request = urllib.request.Request(
            self.url + path, method=method,
            data=body.encode() if body is not None else None)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            return json.load(answer)

    def forget_counts(self):
        self.ask("DELETE", "/_hffs/stats")

    def counts(self):
        """(requests, bytes of bodies) since forget_counts()."""
        stats = self.ask("GET", "/_hffs/stats")
        return stats["requests"], stats["body_bytes"]

    def faults(self, *lines):
        self.ask("DELETE", "/_hffs/faults")
        if lines:
            self.ask("POST", "/_hffs/faults", "\n".join(lines))

    def stop(self):
        self.process.terminate()
        status = self.process.wait(60)
        self.process.stdout.close()
        self.log.close()
        if status != 0:
            raise RuntimeError(f"the Hub ended badly: {tail(self.log)}")


class Server:
    """hffs-nfs that serves a repo. Cache and state are in place; with keep
    they are what an earlier server left there."""

    def __init__(self, place, hub, repo, *options, keep=False):
        if not keep:
            shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True, exist_ok=True)
        self.log = open(place.parent / (place.name + ".log"), "ab")
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [BUILD / "hffs-nfs", "repo", repo, "--no-mount", "--json",
             "--hub-endpoint", hub.url, "--cache-dir", place / "cache",
             "--state-dir", place / "state", *options],
            stdout=subprocess.PIPE, stderr=self.log, env=ENV)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"hffs-nfs did not start: {tail(self.log)}")
        self.told = json.loads(line)
        self.address = f"{self.told['host']}:{self.told['port']}"
        self.export = self.told["export"]
        self.pid = self.process.pid

    def load_command(self, *measurements):
        return [BUILD / "test/bench/load", self.address, self.export,
                f"pid={self.pid}", *measurements]

    def load_at_once(self, *measurements):
        """A process for each; the seconds until the last of them ended."""
        start = time.monotonic()
        running = [subprocess.Popen(self.load_command(one), env=ENV,
                                    stdout=subprocess.DEVNULL)
                   for one in measurements]
        if any([process.wait() for process in running]):
            raise RuntimeError(f"load failed: {tail(self.log)}")
        return time.monotonic() - start

    def load(self, *measurements, pinned=False):
        """One dict for each "op=..." given; pinned: to a core each."""
        command = self.load_command(*measurements)
        core = 1 % (os.cpu_count() or 1)
        if pinned:
            pin(self.pid, 0)
        done = subprocess.run(
            command, stdout=subprocess.PIPE, check=True, env=ENV, timeout=900,
            preexec_fn=(lambda: pin(os.getpid(), core)) if pinned else None)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def end(self, how=signal.SIGTERM):
        """Sends the signal and waits; the exit status."""
        self.process.send_signal(how)
        status = self.process.wait(60)
        self.process.stdout.close()
        self.log.close()
        return status

    def stop(self):
        if self.end() != 0:
            raise RuntimeError(f"hffs-nfs ended badly: {tail(self.log)}")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.end() if kind else self.stop()


def free_port():
    """A TCP port that nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def answers(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def limits(file, seconds):
    """What loopback TCP can pass, by name."""
    done = subprocess.run(
        [BUILD / "test/bench/limits", file, str(seconds), "0",
         str(1 % (os.cpu_count() or 1))], stdout=subprocess.PIPE, check=True)
    return {f["name"]: f for f in map(json.loads, done.stdout.splitlines())}


def curl(url, size, connections):
    """Bytes per second of curl for the whole of url, its ranges shared out
    over so many connections."""
    part = -(-size // connections)
    start = time.monotonic()
    running = [
        subprocess.Popen(
            ["curl", "-sfL", "--noproxy", "*", "-o", "/dev/null", "-r",
             f"{i * part}-{min(size, (i + 1) * part) - 1}", url], env=ENV)
        for i in range(connections)]
    if any([process.wait() for process in running]):
        raise RuntimeError(f"curl {url} failed")
    return size / (time.monotonic() - start)


def curl_kept(url, size, path):
    """Bytes per second of doing by hand what a mount does: curl, a copy on
    disk, and its SHA-256."""
    start = time.monotonic()
    pipe = (f"set -o pipefail; curl -sfL --noproxy '*' '{url}' | "
            f"tee '{path}' | openssl dgst -sha256")
    subprocess.run(["bash", "-c", pipe], check=True, env=ENV,
                   stdout=subprocess.DEVNULL)
    Path(path).unlink()
    return size / (time.monotonic() - start)
