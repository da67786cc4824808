"""Errors sent to Sentry, where SENTRY_DSN says so: what broke and where, without bodies, headers or secrets."""

from __future__ import annotations

from typing import Any

from guards import redact


class ExtraMissing(Exception):
    """SENTRY_DSN is set, and Sentry's SDK is not installed: pip install -r requirements-sentry.txt"""


def switch_on(dsn: str, **options: Any) -> None:
    """From now on errors are sent to `dsn`; `options` are the SDK's, for tests. Raises `ExtraMissing`."""
    try:
        import sentry_sdk
    except ImportError:
        raise ExtraMissing(str(ExtraMissing.__doc__)) from None
    sentry_sdk.init(
        dsn=dsn,
        include_local_variables=False,
        auto_session_tracking=False,
        max_request_body_size="never",
        before_send=_without_secrets,
        before_breadcrumb=lambda _crumb, _hint: None,
        **options,
    )


def _without_secrets(event: Any, _hint: Any) -> Any:
    """Of a request its method and path stay; messages are redacted as reasons are."""
    asked = event.get("request", {})
    event["request"] = {"method": asked.get("method"), "url": str(asked.get("url", "")).partition("?")[0]}
    for error in event.get("exception", {}).get("values", ()):
        error["value"] = redact(str(error.get("value") or ""))
    if "logentry" in event:
        event["logentry"] = {"message": redact(str(event["logentry"].get("message", "")))}
    event.pop("extra", None)
    return event
