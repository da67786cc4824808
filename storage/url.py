"""STORAGE_URL: which store it means, or what is wrong with it.

Nothing is connected to, and what S3 needs is imported only where S3 is used.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from storage.folder import FolderStore
from storage.object_store import ObjectStore

CONNECT_SECONDS = 3.0
READ_SECONDS = 15.0
OPTIONS = {"secure", "region"}
TRUTH = {"true": True, "false": False}


class InvalidStorageUrl(ValueError):
    """STORAGE_URL must be file:///path or s3://KEY:SECRET@host:port/bucket?secure=true&region=us-east-1"""

    def __init__(self, why: str) -> None:
        """`why` is told to people, so it quotes nothing that may hold a secret."""
        super().__init__(f"{self.__doc__}: {why}")


def open_store(
    url: str, *, connect_seconds: float = CONNECT_SECONDS, read_seconds: float = READ_SECONDS
) -> ObjectStore:
    """The store that `url` means; raises `InvalidStorageUrl`.

    Key and secret are percent-decoded, `secure` is true if left out. The limits are for S3: to connect, and
    for each silence of the server.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "file":
        return FolderStore(_folder(rest))
    if scheme != "s3":
        raise InvalidStorageUrl("it begins with something else")
    return _s3(_split(url), connect_seconds, read_seconds)


def _folder(rest: str) -> Path:
    folder = Path(unquote(rest))
    if not folder.is_absolute() or folder == Path("/"):
        raise InvalidStorageUrl("the folder must be an absolute path, after three slashes")
    return folder


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        complete = parts.hostname and parts.port != 0
    except ValueError:  # its message would quote a piece of a secret with a slash in it
        complete = None
    if not complete:
        raise InvalidStorageUrl("host or port make no sense; write a / in the secret as %2F")
    return parts


def _s3(parts: SplitResult, connect_seconds: float, read_seconds: float) -> ObjectStore:
    from storage.s3 import S3Store

    options = _options(parts)
    try:
        return S3Store(
            endpoint=parts.netloc.rpartition("@")[2],
            key=_credential(parts.username, "key"),
            secret=_credential(parts.password, "secret"),
            bucket=_bucket(parts.path),
            secure=_truth(options.get("secure", "true")),
            region=options.get("region"),
            connect_seconds=connect_seconds,
            read_seconds=read_seconds,
        )
    except InvalidStorageUrl:
        raise
    except ValueError as error:
        raise InvalidStorageUrl(str(error)) from None


def _options(parts: SplitResult) -> dict[str, str]:
    options = dict(parse_qsl(parts.query))
    if unknown := set(options) - OPTIONS:
        raise InvalidStorageUrl(f"it has no option {', '.join(sorted(unknown))}")
    return options


def _credential(value: str | None, name: str) -> str:
    if not value:
        raise InvalidStorageUrl(f"the {name} is missing")
    return unquote(value)


def _bucket(path: str) -> str:
    bucket = path.strip("/")
    if not bucket or "/" in bucket:
        raise InvalidStorageUrl("after the host comes the name of one bucket")
    return bucket


def _truth(word: str) -> bool:
    if word not in TRUTH:
        raise InvalidStorageUrl("secure is true or false")
    return TRUTH[word]
