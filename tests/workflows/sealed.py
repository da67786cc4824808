"""A PDF that everyone can open and that says what nobody may do with it: only its owner has a password."""

from __future__ import annotations

import hashlib
import warnings

from tests.workflows.remade import pdf

PADDING = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
"""What stands in for an empty password (ISO 32000-1, 7.6.3.3)."""
OWNER, FILE_ID = bytes(range(32)), bytes(range(16))
ALL = -4
PRINT, COPY = 1 << 2, 1 << 4


def owner_locked_pdf(*, print_: bool, copy: bool) -> bytes:
    """Of one empty page, by the first and simplest of the standard handlers: RC4 with 40 bits."""
    allowed = ALL & ~(0 if print_ else PRINT) & ~(0 if copy else COPY)
    seed = PADDING + OWNER + allowed.to_bytes(4, "little", signed=True) + FILE_ID
    user = _rc4(hashlib.md5(seed, usedforsecurity=False).digest()[:5], PADDING)
    return pdf(
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] >>",
        f"<< /Filter /Standard /V 1 /R 2 /P {allowed} /O <{OWNER.hex()}> /U <{user.hex()}> >>",
        trailer=f"/Encrypt 4 0 R /ID [<{FILE_ID.hex()}> <{FILE_ID.hex()}>]",
    )


def _rc4(key: bytes, data: bytes) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is weak, and what old PDFs have
        from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
        from cryptography.hazmat.primitives.ciphers import Cipher

        return Cipher(ARC4(key), mode=None).encryptor().update(data)
