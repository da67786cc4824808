"""Requests to the tests' servers: `httpx` without the certificates that it reads for each client, which takes 20 ms.

Tests that post hundreds of requests at once would otherwise measure how fast certificates are read.
"""

from __future__ import annotations

import ssl
from functools import partial

import httpx

_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

get = partial(httpx.get, verify=_NO_CERTIFICATES)
post = partial(httpx.post, verify=_NO_CERTIFICATES)
Client = partial(httpx.Client, verify=_NO_CERTIFICATES)
