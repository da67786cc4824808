"""The demo: deploys `extract-text`, posts real documents to it, and prints what comes back."""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import PIPE

from examples.documents import make_documents
from launcher.installation import Installation
from launcher.part import PartFailed, finish


def show(installation: Installation, folder: Path) -> None:
    """Use `installation` as its users do, through our commands and HTTP."""
    folder.mkdir()
    documents = make_documents(folder)
    print(f"Airlock is ready on {installation.url}\n")
    deployed = json.loads(_flask(installation, "deploy", "demo", "text", "--workflow", "extract-text", "--json"))
    print(f"Deployed the workflow extract-text at {deployed['url']}")
    print(f"Posting {', '.join(document.name for document in documents)} ...\n", flush=True)
    _run_file(installation, deployed["api_key"], documents)


def _flask(installation: Installation, *words: str) -> str:
    done = finish(["flask", *words], installation.environment, stdout=PIPE)
    if done.returncode:
        raise PartFailed(f"flask {words[0]} ended with status {done.returncode}")
    return done.stdout


def _run_file(installation: Installation, key: str, documents: list[Path]) -> None:
    environment = {**installation.environment, "AIRLOCK_API_KEY": key}
    done = finish(["flask", "run-file", "demo", "text", *map(str, documents)], environment)
    if done.returncode:
        raise PartFailed(f"flask run-file ended with status {done.returncode}")
