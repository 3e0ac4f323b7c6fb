"""The genuine clients, in the versions that the local Hub is judged by, and a
gateway. They are installed once, below build/."""
import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tap import skip_all

PYTHON = "huggingface_hub==2.4.0"
GATEWAY = "hypercorn==0.17.3"
NPM = "@huggingface/hub@2.17.5"
HOME = Path(__file__).resolve().parents[2] / "build" / "judges"


def install(name, commands):
    """A folder in which the commands have run; tests that have none of what
    they need are skipped."""
    folder = HOME / name.replace("/", "-")
    HOME.mkdir(parents=True, exist_ok=True)
    with open(HOME / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / ".complete").exists():
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for command in commands(folder):
            try:
                done = subprocess.run(command, cwd=folder, timeout=600,
                                      capture_output=True, text=True)
            except (OSError, subprocess.TimeoutExpired) as error:
                skip_all(f"{name}: {error}")
            if done.returncode != 0:
                last = (done.stderr or done.stdout).strip().splitlines()
                skip_all(f"{name}: {last[-1] if last else command[0]}")
        (folder / ".complete").touch()
    return folder


def into_python(package=PYTHON):
    """Runs the calling script again under a Python that has the package."""
    folder = install(package, lambda f: [
        [sys.executable, "-m", "venv", f],
        [f / "bin/pip", "install", "--quiet", "--disable-pip-version-check",
         package]])
    if Path(sys.prefix).resolve() != folder.resolve():
        python = str(folder / "bin/python")
        os.execv(python, [python, *sys.argv])


def npm():
    """A folder with node_modules."""
    if shutil.which("npm") is None:
        skip_all("npm is not installed")
    return install(NPM, lambda f: [
        ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix",
         f, NPM]])
