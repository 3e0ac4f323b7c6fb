"""Figures of the local Hub: uploads by huggingface_hub beside writing the same
bytes, listings, and downloads beside nginx with the same file."""
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.parse

import product
from product import ENV, TOP, Hub, status_kib

HEADS = 32  # connections
SMALL, SMALL_BYTES = 1000, 10_000
NGINX = """worker_processes 1; daemon off; pid {dir}/pid; error_log {dir}/error;
{user}
events {{ worker_connections 256; }}
http {{ access_log off; sendfile on; keepalive_requests 10000000;
  client_body_temp_path {dir}/a; proxy_temp_path {dir}/b;
  fastcgi_temp_path {dir}/c; uwsgi_temp_path {dir}/d; scgi_temp_path {dir}/e;
  server {{ listen 127.0.0.1:{port}; root {root}; }} }}
"""
PROGRAM = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")


class Nginx:
    """A folder, served by nginx where there is one."""

    def __init__(self, scratch, root):
        self.dir = scratch / "nginx"
        shutil.rmtree(self.dir, ignore_errors=True)
        self.dir.mkdir()
        port = product.free_port()
        (self.dir / "conf").write_text(NGINX.format(
            dir=self.dir, port=port, root=root,
            user="user root;" if os.geteuid() == 0 else ""))
        self.process = subprocess.Popen(
            [PROGRAM, "-c", self.dir / "conf"], stderr=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 10
        while not product.answers(port):
            if time.monotonic() > deadline:
                raise RuntimeError("nginx did not start")
            time.sleep(0.01)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


def heads(url, seconds):
    """HEAD requests per second."""
    parts = urllib.parse.urlsplit(url)
    done = subprocess.run(
        [product.BUILD / "test/bench/heads", str(parts.port), parts.path,
         str(HEADS), str(seconds)], text=True, stdout=subprocess.PIPE,
        check=True, env=ENV)
    return float(done.stdout)


def entries(url, path):
    """(entries, seconds) of a listing to its last page."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc)
    begun, n = time.monotonic(), 0
    while path:
        connection.request("GET", path)
        answer = connection.getresponse()
        n += answer.read().count(b'"path":')
        link = re.match("<(.*)>", answer.headers["Link"] or "")
        path = link and link[1].removeprefix(url)
    connection.close()
    return n, time.monotonic() - begun


def downloads(note, scratch, hub, seconds, size):
    """Needs bench/big and bench/many on the Hub, and their folders."""
    path = "/bench/big/resolve/main/big.bin"
    n, took = entries(hub.url, "/api/models/bench/many/tree/main/100k")
    if n != 100_000:
        raise RuntimeError(f"{n} entries")
    note("hub-tree-100k", n / took, "entries/s")
    nginx = PROGRAM and Nginx(scratch, scratch / "big")
    try:
        for connections in (1, 8):
            got = {hub.url + path: f"hub-get-c{connections}"}
            if nginx:
                reference = f"nginx-get-c{connections}"
                note(reference, product.curl(
                    nginx.url + "/big.bin", size, connections) / 1e6, "MB/s")
            for url, name in got.items():
                note(name, product.curl(url, size, connections) / 1e6, "MB/s",
                     nginx and reference)
        reference = nginx and "nginx-head-c32"
        if nginx:
            note(reference, heads(nginx.url + "/big.bin", seconds),
                 "requests/s")
        note("hub-head-c32", heads(hub.url + path, seconds), "requests/s",
             reference)
    finally:
        if nginx:
            nginx.stop()
    note("hub-rss", status_kib(hub.process.pid, "VmHWM") / 1024, "MiB")


def write(source, target):
    """Seconds for cp and fsync of each file."""
    begun = time.monotonic()
    target.mkdir()
    for file in sorted(source.iterdir()):
        shutil.copyfile(file, target / file.name)
        with open(target / file.name, "rb") as f:
            os.fsync(f.fileno())
    took = time.monotonic() - begun
    shutil.rmtree(target)
    return took


def uploads(note, scratch, size):
    """upload_folder of many small files, and of one large file."""
    small = scratch / "small"
    if not small.exists():
        small.mkdir()
        for i in range(SMALL):
            (small / f"{i:04}.txt").write_text(
                os.urandom(SMALL_BYTES // 2).hex())
    place = scratch / "uploads"
    place.mkdir()
    hub = Hub(place, {})
    try:
        for name, folder in ((f"{SMALL}x10k", small),
                             (f"{size >> 20}M", scratch / "big")):
            note(f"cp-fsync-{name}", write(folder, place / "copy"), "s")
            done = subprocess.run(
                [sys.executable, TOP / "test/bench/upload.py", hub.url, folder],
                env=ENV, text=True, stdout=subprocess.PIPE, timeout=900)
            if "# SKIP" in done.stdout:
                return
            done.check_returncode()
            note(f"hub-upload-{name}", json.loads(done.stdout), "s",
                 f"cp-fsync-{name}")
        note("hub-upload-rss", status_kib(hub.process.pid, "VmHWM") / 1024,
             "MiB")
    finally:
        hub.stop()
        shutil.rmtree(place)
