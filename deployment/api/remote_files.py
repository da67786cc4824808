"""Presigned URLs: files that are to be fetched, if an operator allows their hosts. Nothing is resolved here.

No reply quotes a URL, since its query is a secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from deployment.allowed_hosts import AllowedHosts
from deployment.api.errors import FieldError
from deployment.api.file_names import display_name, name_breaches
from deployment.outbound import InvalidUrl, Url, parse_url
from deployment.presigned import RemoteFile

URL_LENGTH = 8192
HOST_LENGTH = 253

Breach = tuple[str, str]


def remote_files(urls: Iterable[str], hosts: AllowedHosts, field: str) -> tuple[list[RemoteFile], list[FieldError]]:
    """The files in the order of the request, each called as the last part of its URL's path, and what is wrong.

    `field` is what the face calls the list.
    """
    taken, errors = [], []
    for index, text in enumerate(urls):
        read = _read(text)
        if isinstance(read, RemoteFile):
            taken.append(read)
        found = [read] if isinstance(read, tuple) else _breaches(read, hosts)
        errors += [FieldError(code, detail, f"{field}.{index}") for code, detail in found]
    return taken, errors


def _read(text: str) -> RemoteFile | Breach:
    if len(text) > URL_LENGTH:
        return "max_length", f"Ensure this URL has at most {URL_LENGTH} characters (it has {len(text)})."
    try:
        url = _without_fragment(text)
    except InvalidUrl:
        return "invalid", "Enter a valid URL: https://host/path, percent-encoded, without an account or a fragment."
    return RemoteFile(display_name(unquote(url.path)), url)


def _without_fragment(text: str) -> Url:
    if "#" in text:
        raise InvalidUrl(f"{InvalidUrl.__doc__}")
    return parse_url(text)


def _breaches(file: RemoteFile, hosts: AllowedHosts) -> Iterator[Breach]:
    host, port = file.url.host, file.url.port
    if not hosts.allow(host, port):
        yield "not_allowed", f"No files are fetched from {host[:HOST_LENGTH]}:{port}; see the setting PRESIGNED_HOSTS."
    yield from name_breaches(file.name)
