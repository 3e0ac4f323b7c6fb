#!/usr/bin/env python3
"""upload.py URL FOLDER: the seconds that huggingface_hub takes to upload a
folder to a new repo of a local Hub."""
import os
import sys
import tempfile
import time
from pathlib import Path

TEST = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TEST / "hub"), str(TEST / "kit")]
import judges                                                  # noqa: E402

judges.into_python()
with tempfile.TemporaryDirectory() as home:
    os.environ.update(HF_HUB_DISABLE_XET="1", HF_HUB_DISABLE_TELEMETRY="1",
                      HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HOME=home)
    from huggingface_hub import HfApi

    api = HfApi(endpoint=sys.argv[1], token="any")
    repo = api.create_repo(f"bench/up-{time.time_ns()}").repo_id
    begun = time.monotonic()
    api.upload_folder(repo_id=repo, folder_path=sys.argv[2])
    print(time.monotonic() - begun)
