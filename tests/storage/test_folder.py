"""The folder: what a killed process leaves over, what is full or forbidden, and empty folders."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from storage import AccessDenied, DeletedMeanwhile, StorageFull, Unavailable, open_store
from tests.eventually import eventually
from tests.servers.postgres_binaries import reachable_folder

ROOT = Path(__file__).parents[2]
PUT_THAT_NEVER_ENDS = """
import sys, signal
from storage import open_store
class Endless:
    def read(self, size):
        if not self.__dict__.setdefault("given", False):
            self.given = True
            return bytes(size)
        signal.pause()
open_store(sys.argv[1]).put("run/in/0", Endless())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "objects"


def everything(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def test_no_empty_folder_is_left_by_a_deletion(folder: Path, folder_url: str) -> None:
    store = open_store(folder_url)
    for key in ("run/in/0", "run/out/file/1/result.json", "other/in/0"):
        store.put(key, io.BytesIO())
    store.delete_prefix("run/out/file/1/")
    assert not (folder / "run" / "out").exists()
    store.delete_prefix("run/in/")
    assert everything(folder) == [folder / "other", folder / "other" / "in", folder / "other" / "in" / "0"]
    store.delete_prefix("other/in/")
    assert folder.is_dir()


def test_a_put_whose_source_breaks_leaves_no_file_at_all(folder: Path, folder_url: str) -> None:
    class Breaking:
        def read(self, size: int, /) -> bytes:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        open_store(folder_url).put("run/in/0", Breaking())
    assert [path for path in everything(folder) if path.is_file()] == []


def test_what_a_killed_put_leaves_is_no_object_and_goes_with_its_prefix(folder: Path, folder_url: str) -> None:
    writer = subprocess.Popen([sys.executable, "-c", PUT_THAT_NEVER_ENDS, folder_url], cwd=ROOT)
    with writer:
        eventually(lambda: [path for path in everything(folder) if path.is_file() and path.stat().st_size])
        writer.send_signal(signal.SIGKILL)
    store = open_store(folder_url)
    assert list(store.keys("")) == []
    store.delete_prefix("run/in/")
    assert everything(folder) == []


def test_a_folder_that_vanishes_before_the_file_is_there_is_made_again(folder_url: str) -> None:
    store = open_store(folder_url)

    def put_and_delete(name: str) -> None:
        for _ in range(200):
            store.put(f"run/{name}/0", io.BytesIO(b"x"))
            store.delete_prefix(f"run/{name}/")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(put_and_delete, "abcd"))
    assert list(store.keys("")) == []


def test_a_put_whose_prefix_is_deleted_meanwhile_says_so(folder: Path, folder_url: str) -> None:
    store = open_store(folder_url)

    class Deleting:
        def read(self, size: int, /) -> bytes:
            store.delete_prefix("run/in/")
            return b""

    with pytest.raises(DeletedMeanwhile, match="cannot write run/in/0: its prefix was deleted"):
        store.put("run/in/0", Deleting())
    assert everything(folder) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, which mounts a small file system")
def test_a_full_disk_is_told_as_such_and_leaves_nothing(tmp_path: Path) -> None:
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", tmp_path], capture_output=True)
    if mounted.returncode:
        pytest.skip("this system lets nobody mount")
    try:
        store = open_store(f"file://{tmp_path}/objects")
        with pytest.raises(StorageFull, match="cannot write run/in/0: the storage is full") as raised:
            store.put("run/in/0", io.BytesIO(bytes(2_000_000)))
        assert not raised.value.retryable
        assert list(store.keys("")) == []
    finally:
        subprocess.run(["umount", tmp_path], check=True)


def test_what_stands_in_the_way_of_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "objects").write_text("a file")
    with pytest.raises(Unavailable, match="cannot write run/in/0"):
        open_store(f"file://{tmp_path}/objects").put("run/in/0", io.BytesIO())


AS_NOBODY = """
import io, os, sys
from storage import open_store
store = open_store(sys.argv[1])
store.put("run/in/0", io.BytesIO(b"x"))
store.put("run/in/sub/1", io.BytesIO(b"x"))
os.chmod(sys.argv[1][7:] + "/run/in/sub", 0o555)
if os.geteuid() == 0:
    os.chown(sys.argv[1][7:] + "/run/in", 65534, 65534)
    os.setuid(65534)
for call in (lambda: store.put("run/in/sub/2", io.BytesIO()), lambda: store.delete_prefix("run/in/")):
    try:
        call()
    except Exception as error:
        print(type(error).__name__, error)
print(sorted(store.keys("run/")))
"""


def test_one_forbidden_object_is_told_and_does_not_keep_the_others() -> None:
    place = reachable_folder("airlock-storage-", None)
    place.chmod(0o755)
    try:
        command = [sys.executable, "-c", AS_NOBODY, f"file://{place}/objects"]
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    finally:
        shutil.rmtree(place)
    put, deletion, keys = answer.stdout.splitlines()
    assert put.startswith(f"{AccessDenied.__name__} cannot write run/in/sub/2: the storage denies access")
    assert deletion.startswith(f"{AccessDenied.__name__} cannot delete run/in/")
    assert keys == "['run/in/sub/1']"
