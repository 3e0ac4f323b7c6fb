"""A local Hub for a test: started on a free port over folders, stopped, killed,
asked by raw HTTP."""
import http.client
import json
import os
import signal
import subprocess
import tempfile
from pathlib import Path

HFFS = Path(os.environ.get("B", "build")) / "hffs"


def scratch():
    return Path(tempfile.mkdtemp(prefix="hub-"))


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body

    def json(self):
        return json.loads(self.body)

    def __getitem__(self, name):
        return self.headers[name]


class LocalHub:
    def __init__(self, root, *options, wait=True):
        self.root = Path(root)
        self.options = [str(o) for o in options]
        self.output = b""  # what was not read of it
        self.start(wait)

    def start(self, wait=True):
        self.stderr = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [HFFS, "hub", "serve", "--root", self.root, *self.options],
            stdout=subprocess.PIPE, stderr=self.stderr)
        self.url = None
        if wait:
            self.wait_ready()

    def wait_ready(self):
        line = self.process.stdout.readline().decode()
        if not line.startswith("hub: listening on http://"):
            self.process.wait(30)
            raise RuntimeError(f"the Hub did not start: {self.said()}")
        self.url = line.split()[-1]
        self.host, port = self.url.removeprefix("http://").rsplit(":", 1)
        self.port = int(port)

    def said(self):
        self.stderr.seek(0)
        return self.stderr.read().decode(errors="replace")

    def ask(self, method, path, headers=None, body=None, port=None):
        """One request over a connection of its own, nothing followed."""
        connection = http.client.HTTPConnection(
            self.host.strip("[]"), port or self.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Answer(response, response.read())
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.ask("GET", path, {
            name.replace("_", "-"): value for name, value in headers.items()})

    def stop(self, how=signal.SIGTERM):
        """Its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        status = self.process.wait(30)
        if not self.process.stdout.closed:
            self.output = self.process.stdout.read()
            self.process.stdout.close()
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def write_tree(folder, files):
    """{path: bytes or text}; folders are made."""
    for path, content in files.items():
        target = Path(folder) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            content = content.encode()
        target.write_bytes(content)
