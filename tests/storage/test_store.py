"""What every store does, on a folder and on S3 alike."""

from __future__ import annotations

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from storage import InvalidKey, NotFound, ObjectStore, names

MIB = 1024 * 1024


class Pipe:
    """A source that cannot seek, and gives a little at a time."""

    def __init__(self, content: bytes, most: int) -> None:
        self._stream, self._most = io.BytesIO(content), most

    def read(self, size: int, /) -> bytes:
        return self._stream.read(min(size, self._most))


class Breaking:
    """A source that ends with an error after so many bytes."""

    def __init__(self, after: int) -> None:
        self._left = after

    def read(self, size: int, /) -> bytes:
        if self._left <= 0:
            raise RuntimeError("the client went away")
        self._left -= size
        return bytes(size)


def put(store: ObjectStore, key: str, content: bytes = b"content") -> None:
    store.put(key, io.BytesIO(content))


def content(store: ObjectStore, key: str) -> bytes:
    with store.open(key) as source:
        return source.read()


@pytest.mark.parametrize("size", [0, 1, 70_000, 8 * MIB, 8 * MIB + 1, 17 * MIB])
def test_what_is_put_is_read_again_with_its_size_and_hash(store: ObjectStore, size: int) -> None:
    written = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    stored = store.put("run/in/0", io.BytesIO(written))
    assert (stored.size, stored.sha256) == (size, hashlib.sha256(written).hexdigest())
    assert content(store, "run/in/0") == written


def test_a_source_that_cannot_seek_and_gives_little_at_a_time_is_put_whole(store: ObjectStore) -> None:
    written = bytes(range(256)) * 40_000
    stored = store.put("run/in/0", Pipe(written, most=1000))
    assert stored.size == len(written)
    assert content(store, "run/in/0") == written


def test_a_second_put_replaces_the_first(store: ObjectStore) -> None:
    put(store, "run/in/0", b"first and longer")
    put(store, "run/in/0", b"second")
    assert content(store, "run/in/0") == b"second"


@pytest.mark.parametrize("size", [0, 20 * MIB])
def test_a_put_whose_source_breaks_leaves_nothing_behind(store: ObjectStore, size: int) -> None:
    with pytest.raises(RuntimeError, match="the client went away"):
        store.put("run/in/0", Breaking(size))
    assert list(store.keys("")) == []
    with pytest.raises(NotFound):
        store.open("run/in/0")


def test_a_put_that_breaks_keeps_what_was_there(store: ObjectStore) -> None:
    put(store, "run/in/0", b"before")
    with pytest.raises(RuntimeError):
        store.put("run/in/0", Breaking(20 * MIB))
    assert content(store, "run/in/0") == b"before"


@pytest.mark.parametrize("size", [0, 1, 8 * MIB + 1])
def test_a_copy_has_the_bytes_of_its_source_which_stays(store: ObjectStore, size: int) -> None:
    written = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    put(store, "first/in/0", written)
    put(store, "second/in/7", b"what was there, and is replaced")
    store.copy("first/in/0", "second/in/7")
    assert content(store, "second/in/7") == content(store, "first/in/0") == written
    store.delete_prefix("first/")
    assert content(store, "second/in/7") == written


def test_a_copy_of_what_is_not_there_says_so_names_it_and_leaves_nothing(store: ObjectStore) -> None:
    put(store, "run/in/0")
    with pytest.raises(NotFound, match="run/in/1: there is no such object"):
        store.copy("run/in/1", "second/in/0")
    assert list(store.keys("")) == ["run/in/0"]


def test_an_object_can_be_read_in_pieces(store: ObjectStore) -> None:
    put(store, "run/in/0", b"abcdefgh" * 100_000)
    with store.open("run/in/0") as source:
        assert source.read(3) == b"abc"
        assert source.read(6) == b"defgha"
        assert len(source.read()) == 799_991
        assert source.read() == b""


@pytest.mark.parametrize("key", ["run/in/1", "run/in", "run/in/0/more", "other/in/0"])
def test_opening_what_is_not_there_says_so_and_names_it(store: ObjectStore, key: str) -> None:
    put(store, "run/in/0")
    with pytest.raises(NotFound, match=f"cannot read {key}: there is no such object") as raised:
        store.open(key)
    assert not raised.value.retryable


def test_two_files_of_one_name_are_two_objects(store: ObjectStore) -> None:
    execution = uuid4()
    for ordinal, text in enumerate((b"one", b"two")):
        put(store, names.input_key(execution, ordinal), text)
    assert [content(store, names.input_key(execution, ordinal)) for ordinal in (0, 1)] == [b"one", b"two"]


def test_keys_are_those_under_the_prefix_and_no_others(store: ObjectStore) -> None:
    for key in ("run/in/0", "run/in/1", "run/out/f/1/result.json", "runner/in/0"):
        put(store, key)
    assert sorted(store.keys("run/in/")) == ["run/in/0", "run/in/1"]
    assert sorted(store.keys("run/")) == ["run/in/0", "run/in/1", "run/out/f/1/result.json"]
    assert len(list(store.keys(""))) == 4
    assert list(store.keys("none/")) == []


def test_a_deletion_takes_all_under_the_prefix_and_nothing_else(store: ObjectStore) -> None:
    execution, file = uuid4(), uuid4()
    kept = [names.result_key(execution, file, 10), names.input_key(execution, 0), names.input_key(uuid4(), 0)]
    for key in (names.result_key(execution, file, 1), *kept):
        put(store, key)
    store.delete_prefix(names.output_prefix(execution, file, 1))
    assert sorted(store.keys("")) == sorted(kept)


def test_a_deletion_can_be_repeated_and_what_was_never_there_can_be_deleted(store: ObjectStore) -> None:
    put(store, "run/in/0")
    for _ in range(2):
        store.delete_prefix("run/in/")
    store.delete_prefix("never/")
    assert list(store.keys("")) == []
    put(store, "run/in/0")
    assert content(store, "run/in/0") == b"content"


def test_thousands_of_objects_are_listed_and_deleted(store: ObjectStore) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: put(store, f"run/in/{number}", b""), range(2500)))
    put(store, "other/in/0")
    assert len(set(store.keys("run/"))) == 2500
    store.delete_prefix("run/")
    assert list(store.keys("")) == ["other/in/0"]


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../up", "run/../../up", "run//0", "run/.hidden", "run/in/", "nul\0", "a\\b", "ä", "a\n"]
)
def test_a_key_that_is_none_of_ours_is_refused(store: ObjectStore, key: str) -> None:
    with pytest.raises(InvalidKey):
        put(store, key)
    with pytest.raises(InvalidKey):
        store.open(key)
    for source, target in ((key, "run/in/0"), ("run/in/0", key)):
        with pytest.raises(InvalidKey):
            store.copy(source, target)


@pytest.mark.parametrize("prefix", ["", "/", "../", "run", "run/out/file/1", "run/../", "//"])
def test_a_prefix_that_could_take_something_else_along_is_refused(store: ObjectStore, prefix: str) -> None:
    put(store, "run/out/file/10")
    with pytest.raises(InvalidKey):
        store.delete_prefix(prefix)
    assert list(store.keys("")) == ["run/out/file/10"]
