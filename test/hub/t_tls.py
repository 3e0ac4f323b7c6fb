#!/usr/bin/env python3
"""A mount of a Hub behind TLS: small answers share HTTP/2 connections, long
bodies take HTTP/1.1, and a certificate that is not right is no Hub."""
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import judges
from local_hub import HFFS, LocalHub, scratch
from tap import check, done, equal, skip_all, until

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))
import product

BIG, SMALL = 24 << 20, 1000


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def certificate(top, host):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
         "2", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}",
         "-keyout", top / "key.pem", "-out", top / "cert.pem"],
        check=True, capture_output=True)


class Gateway:
    """TLS in front of the local Hub, for a host of this name."""

    def __init__(self, hub, host):
        self.top = scratch()
        self.port = free_port()
        certificate(self.top, host)
        self.process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("gateway.py"), hub.url,
             str(self.port), self.top / "cert.pem", self.top / "key.pem",
             self.top / "seen"], stderr=subprocess.DEVNULL)
        self.url = f"https://localhost:{self.port}"
        until(self.listens)

    def listens(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def seen(self):
        return (self.top / "seen").read_text().splitlines()

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def start(gateway, ca):
    """hffs-nfs over the gateway: status and what it said."""
    env = os.environ | {"SSL_CERT_FILE": str(ca)}
    return subprocess.run(
        [HFFS.with_name("hffs-nfs"), "repo", "ada/demo", "--no-mount",
         "--hub-endpoint", gateway.url, "--cache-dir", scratch(),
         "--state-dir", scratch()], env=env, capture_output=True, text=True,
        timeout=60)


if shutil.which("openssl") is None:
    skip_all("needs openssl")
judges.into_python(judges.GATEWAY)
folder = scratch()
(folder / "big.bin").write_bytes(os.urandom(BIG))
for i in range(30):
    (folder / f"d{i}").mkdir()
    (folder / f"d{i}/small.bin").write_bytes(os.urandom(SMALL))
hub = LocalHub(scratch() / "root", f"--repo=model:ada/demo={folder}")
gateway = Gateway(hub, "localhost")

product.ENV["SSL_CERT_FILE"] = str(gateway.top / "cert.pem")
place = scratch() / "server"
with product.Server(place, gateway, "ada/demo") as server:
    got, = server.load(f"op=read,path=big.bin,size=1M,depth=8,bytes={BIG},"
                       f"same={folder}/big.bin")
    equal("a large file is right", (got["bytes"], got["errors"]), (BIG, 0))
    for i in range(30):
        got, = server.load(f"op=read,path=d{i}/small.bin,size=4K,count=1,"
                           f"same={folder}/d{i}/small.bin")
        if got["errors"]:
            break
    equal("so are thirty small ones", (i, got["errors"]), (29, 0))
lines = gateway.seen()
about = lambda pattern: {line.split()[0] for line in lines
                         if re.search(pattern, line)}
equal("what is asked about repos goes by HTTP/2", about("/api/"), {"HTTP/2"})
equal("small files, too", about("small.bin"), {"HTTP/2"})
check("long bodies have connections of HTTP/1.1", "HTTP/1.1" in about("big.bin"),
      about("big.bin"))
check("everything was answered", not about(r" [45]\d\d "), lines[-5:])

other = Gateway(hub, "elsewhere.example")
for claim, where, ca in (
        ("an unknown authority is refused", gateway, other.top / "cert.pem"),
        ("a certificate for another host is refused", other,
         other.top / "cert.pem")):
    done_with = start(where, ca)
    equal(claim, done_with.returncode, 5)
    check("... and the certificate is named", "certificate" in done_with.stderr,
          done_with.stderr)
equal("nothing was asked of a Hub that is none", other.seen(), [])
for part in (gateway, other, hub):
    part.stop()
done()
