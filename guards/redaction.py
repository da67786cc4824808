"""Secrets out of texts that people will read: passwords, keys, tokens, signed query strings.

It errs on the side of hiding. Every pattern looks ahead a bounded way only, so a text of megabytes is no attack.
"""

from __future__ import annotations

import re

HIDDEN = "***"

_NAMES = r"pass(?:word|wd|phrase)[\w-]{0,40}|secret[\w-]{0,40}|" + "|".join(
    rf"{name}s?"
    for name in (
        "(?:access|auth|refresh|id|session|csrf|security)[_-]?token|(?<![A-Za-z])token|(?-i:(?<=[a-z])Token)|csrftoken",
        "credential|signature|authorization|(?:set-)?cookie",
        "(?:api|access|private|account|shared|encryption|signing|subscription)[_ -]?key(?:[_-]?id)?",
        "google[_-]?accessid|key[_-]?pair[_-]?id|session[_-]?id",
    )
)
_SHORT_NAMES = "pwd|pass|sig|auth|jwt|dsn"
_QUERY_NAMES = "key|code|policy|otp"
_SIGNED_NAMES = r"x-(?:amz|goog|oss|cos|obs)-[\w-]{1,40}"

_START = r"(?:(?<![A-Za-z0-9])|(?<=%3F)|(?<=%26))"
_QUERY_START = "(?:[?&]|%3F|%26)"

_QUOTE = r"\\{0,3}[\"']"
_EQUALS = rf"(?:(?:{_QUOTE})?[ \t]{{0,4}}(?:=>|[=:])[ \t]{{0,4}}|{_QUOTE},[ ]?(?=[\"'])|%3D)"
_QUERY_EQUALS = "(?:=|%3D)"

_BARE = r"[^\s&,;\"'<>)\]}%]"
_VALUE = (
    r"(?:[bru]{0,2}\"(?:[^\"\\]|\\.){0,8192}\"?"
    r"|[bru]{0,2}'(?:[^'\\]|\\.){0,8192}'?"
    r"|\\{1,3}[\"'][^\"'\\]{0,8192}\\{0,3}[\"']?"  # quoted within a quoted text
    rf"|(?:(?:bearer|basic|digest|negotiate|token)[ ]+)?{_BARE})"
    rf"{_BARE}*(?:%(?!26){_BARE}*)*"
)
_PROSE = r"(?!(?:tokens?|auth\w{0,20}|realm|is|was|not|and|or|required|missing|error|scheme)\b)"


def _named(names: str, equals: str = _EQUALS, start: str = "") -> tuple[re.Pattern[str], str]:
    return re.compile(rf"({start}(?:{names}){equals})(?:{_VALUE})", re.IGNORECASE), rf"\1{HIDDEN}"


def _shaped(shape: str) -> tuple[re.Pattern[str], str]:
    return re.compile(shape), HIDDEN


_RULES = (
    _shaped(r"-----BEGIN ([A-Z ]{0,40}PRIVATE KEY)-----(?:(?!-----END)[\s\S]){0,20000}(?:-----END \1-----)?"),
    # A URL's user goes as well: with some services it is the secret.
    (re.compile(r"([a-z][a-z0-9+.-]{0,40}://)[^\s/?#\"'<>]{0,4096}@", re.I), rf"\1{HIDDEN}@"),
    # A password that should have been quoted and was not: it has a slash, but no port stands before that.
    (
        re.compile(r"([a-z][a-z0-9+.-]{0,40}://)[^\s/:@\"'<>]{0,255}:(?!\d{1,5}[/?#])[^\s@\"'<>]{1,1024}@", re.I),
        rf"\1{HIDDEN}@",
    ),
    _named(_NAMES),
    _named(_SHORT_NAMES, start=_START),
    _named(_QUERY_NAMES, equals=_QUERY_EQUALS, start=_QUERY_START),
    _named(_SIGNED_NAMES, equals=_QUERY_EQUALS),
    (re.compile(rf"\b(bearer[ ]+){_PROSE}[^\s,;\"']+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"\b((?i:basic)[ ]+)(?=[A-Za-z0-9][a-z]{0,80}[A-Z0-9+/=])[\w+/=-]{6,}"), rf"\1{HIDDEN}"),
    _shaped(r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}\b"),
    _shaped(r"\beyJ[\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*)?"),
    _shaped(r"\b(?:sk|pk|rk)[-_][\w-]{16,}"),
    _shaped(r"\b(?:gh[opsur]_|github_pat_|glpat-|xox[abeoprs]-|hf_|npm_|pypi-|alk_|AIza|ya29\.)[\w.-]{10,}"),
)


_PASSES = 4
"""What one rule leaves may be what another one hides: two have always been enough, and the last one changes nothing."""


def redact(text: str) -> str:
    """`text` with `***` in the place of whatever looks like a secret. What is redacted already stays as it is."""
    for _ in range(_PASSES):
        before, text = text, _redacted_once(text)
        if text == before:
            break
    return text


def _redacted_once(text: str) -> str:
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text
