"""The reason of a failure, as it is stored: type and message, never empty, whole, and fit for a database."""

from __future__ import annotations

from .redaction import redact

DEPTH = 3
"""How deep the groups of exceptions are told."""


def reason_of(error: BaseException) -> str:
    """`Type: message`, redacted and storable, or the type alone if there is no message.

    An exception group names its parts, since its own message says only how many there are. An exception whose
    message cannot be read says so.
    """
    return storable(redact(_told(error, DEPTH)))


def storable(text: str) -> str:
    """`text` without what databases and UTF-8 refuse, made visible: NUL characters and lone surrogates."""
    return text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")


def _told(error: BaseException, depth: int) -> str:
    name, message = type(error).__name__, _message(error)
    told = f"{name}: {message}" if message else name
    if isinstance(error, BaseExceptionGroup) and depth:
        told += f" [{'; '.join(_told(part, depth - 1) for part in error.exceptions)}]"
    return told


def _message(error: BaseException) -> str:
    try:
        return str(error).strip()
    except Exception as unreadable:
        return f"(its message cannot be read: {type(unreadable).__name__})"
