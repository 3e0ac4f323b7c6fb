#!/usr/bin/env python3
"""What READMEs say about their repos shows in infos and lists, and is judged
before an upload, as unmodified huggingface_hub has it."""
# test: timeout 300
import atexit
import json
import os
import shutil
import warnings

import judges
from local_hub import LocalHub, scratch

judges.into_python()
root = scratch()
hub_ = LocalHub(root, "--user=ada=token-ada")
atexit.register(hub_.stop)
os.environ.update(HF_HUB_DISABLE_XET="1", HF_HUB_DISABLE_TELEMETRY="1",
                  HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HOME=str(scratch()),
                  HF_ENDPOINT=hub_.url)
warnings.simplefilter("ignore")

from huggingface_hub import (DatasetCard, HfApi, ModelCard,    # noqa: E402
                             metadata_load, metadata_update)
from tap import check, done, equal, raises                     # noqa: E402

MODEL = """---
license: mit
language: [en, fr]
library_name: transformers
pipeline_tag: text-generation
tags:
- demo
- "1"
datasets: ada/set
base_model: ada/base
model-index:
- name: demo
  results:
  - task: {type: text-generation}
    dataset: {name: Set, type: ada/set}
    metrics:
    - type: f1
      value: 0.25
---
# Demo
"""
SPACE = "---\ntitle: App\nsdk: docker\nemoji: \U0001f600\n---\n"
DATASET = "---\nlicense: cc0-1.0\ntask_categories:\n- text-generation\n" \
          "size_categories: n<1K\n---\n"


def put(api, repo, text, **where):
    return api.upload_file(path_or_fileobj=text.encode(),
                           path_in_repo="README.md", repo_id=repo, **where)


def models(hub, api):
    api.create_repo("ada/demo")
    equal("no README, no card", (api.model_info("ada/demo").card_data,
                                 api.model_info("ada/demo").tags), (None, []))
    put(api, "ada/demo", MODEL)
    info = api.model_info("ada/demo")
    equal("cardData", (
        info.card_data.license, info.card_data.language,
        info.card_data.tags, info.card_data.base_model,
        info.card_data.eval_results[0].metric_value), (
        "mit", ["en", "fr"], ["demo", "1"], "ada/base", 0.25))
    equal("what it says of itself", (info.library_name, info.pipeline_tag,
                                     info.model_index[0]["name"]),
          ("transformers", "text-generation", "demo"))
    equal("tags", info.tags, [
        "transformers", "text-generation", "demo", "1", "en", "fr",
        "dataset:ada/set", "base_model:ada/base", "license:mit"])
    equal("expand=cardData", api.model_info(
        "ada/demo", expand=["cardData"]).card_data.license, "mit")
    card = ModelCard.load("ada/demo", token=api.token)
    equal("ModelCard.load", (card.data.license, card.text.strip()),
          ("mit", "# Demo"))
    card.data.license = "apache-2.0"
    card.push_to_hub("ada/demo", token=api.token)
    equal("push_to_hub", api.model_info("ada/demo").card_data.license,
          "apache-2.0")
    metadata_update("ada/demo", {"license": "mit"}, overwrite=True,
                    token=api.token)
    equal("metadata_update", api.model_info("ada/demo").card_data.license,
          "mit")
    local = api.hf_hub_download("ada/demo", "README.md", cache_dir=scratch())
    equal("metadata_load", metadata_load(local)["license"], "mit")
    put(api, "ada/demo", MODEL.replace("mit", "bsd"), revision="main",
        create_pr=True)
    equal("a revision has a card of its own", (
        api.model_info("ada/demo", revision="refs/pr/1").card_data.license,
        api.model_info("ada/demo").card_data.license), ("bsd", "mit"))
    for text in ["---\n- a\n---\n", "---\na: [\n---\n",
                 "\xff", "---\na: &a [*a]\n---\n", ""]:
        api.create_repo("ada/odd")
        a = hub.ask("POST", "/api/models/ada/odd/commit/main", {
            "Authorization": f"Bearer {api.token}"}, "\n".join(map(json.dumps, [
                {"key": "header", "value": {"summary": "odd"}},
                {"key": "file", "value": {"path": "README.md",
                                          "content": text}}])))
        info = api.model_info("ada/odd")
        equal(f"README {text!r} is no card", (a.status, info.card_data,
                                              info.tags), (200, None, []))
        api.delete_repo("ada/odd")


def others(api):
    api.create_repo("ada/app", repo_type="space", space_sdk="static")
    equal("a new Space's sdk", (api.space_info("ada/app").sdk,
                                api.space_info("ada/app").card_data.title),
          ("static", "app"))
    put(api, "ada/app", SPACE, repo_type="space")
    info = api.space_info("ada/app")
    equal("... as its card has it", (info.sdk, info.card_data["emoji"],
                                     info.tags),
          ("docker", "\U0001f600", ["docker"]))
    api.delete_file("README.md", "ada/app", repo_type="space")
    equal("... as it was made with", api.space_info("ada/app").sdk, "static")
    api.create_repo("ada/set", repo_type="dataset")
    put(api, "ada/set", DATASET, repo_type="dataset")
    equal("a dataset's tags", api.dataset_info("ada/set").tags, [
        "task_categories:text-generation", "license:cc0-1.0",
        "size_categories:n<1K"])
    equal("DatasetCard.load", DatasetCard.load(
        "ada/set", token=api.token).data.license, "cc0-1.0")


def lists(api):
    api.create_repo("ada/plain")
    api.create_repo("ada/shut")
    api.update_repo_settings("ada/shut", gated="auto")
    def ids(**query):
        return sorted(m.id for m in api.list_models(**query))
    equal("by tag", ids(filter="demo"), ["ada/demo"])
    equal("by several", ids(filter=["demo", "license:mit"]), ["ada/demo"])
    equal("by one that it has not", ids(filter=["demo", "license:bsd"]), [])
    equal("by pipeline_tag", ids(pipeline_tag="text-generation"), ["ada/demo"])
    equal("by dataset", ids(trained_dataset="ada/set"), ["ada/demo"])
    equal("gated", ids(gated=True), ["ada/shut"])
    equal("not gated", ids(gated=False), ["ada/demo", "ada/plain"])
    equal("with limit, page by page", [m.id for m in api.list_models(
        sort="created_at", limit=3)], [m.id for m in api.list_models(
            sort="created_at")])
    demo = next(iter(api.list_models(search="demo", cardData=True)))
    equal("with cards", demo.card_data.license, "mit")
    equal("datasets by tag", [d.id for d in api.list_datasets(
        filter="license:cc0-1.0")], ["ada/set"])
    equal("spaces by tag", [s.id for s in api.list_spaces(filter="static")],
          ["ada/app"])


def judged(hub, api):
    raises("a README whose YAML is broken is not uploaded", ValueError,
           lambda: put(api, "ada/plain", "---\na: [\n---\n"))
    check("... and is not there", not api.file_exists("ada/plain", "README.md"))
    for text, status in [
            (MODEL, 200), ("# no card", 200), ("---\n---\n", 200), ("", 200),
            ("---\na: b\na: c\n---\n", 400), ("---\n- a\n---\n", 400),
            ("---\n\ta: b\n---\n", 400), ("---\na: \"\\0\"\n---\n", 400)]:
        a = hub.ask("POST", "/api/validate-yaml", {}, json.dumps(
            {"content": text, "repoType": "model"}))
        said = a.json()
        check(f"validate-yaml {text[:20]!r}: {status}",
              a.status == status and bool(said["errors"]) == (status == 400) and
              all(e["message"] for e in said["errors"]), a.status, a.body)
    a = hub.ask("POST", "/api/validate-yaml", {}, '{"content": "text"}')
    check("no metadata are a warning", "metadata" in
          a.json()["warnings"][0]["message"])
    for body in ["", "{", "{}", '{"content": 1}']:
        equal(f"validate-yaml of {body!r}: 400", hub.ask(
            "POST", "/api/validate-yaml", {}, body).status, 400)


api_ = HfApi(hub_.url, token="token-ada")
models(hub_, api_)
others(api_)
lists(api_)
judged(hub_, api_)
equal("it ends in good order", hub_.stop(), 0)
shutil.rmtree(root)
done()
