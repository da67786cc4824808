"""Logging: structured lines on standard error, one per event: standard output is for what a command answers."""

from __future__ import annotations

import logging
import sys

import structlog


def configure(log_format: str = "") -> None:
    """Send our lines and everybody else's (RQ's, gunicorn's, SQLAlchemy's) through one formatter."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_ending(log_format)))
    root = logging.getLogger()
    root.handlers, root.level = [handler], logging.INFO
    for chatty in ("httpx", "alembic", "rq.job"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _ending(log_format: str) -> list[structlog.typing.Processor]:
    console = log_format == "console" or (not log_format and sys.stderr.isatty())
    if console:
        # Not the renderer's own tracebacks: they show every variable, keys and signed URLs among them.
        plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        return [structlog.stdlib.ProcessorFormatter.remove_processors_meta, plain]
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ]
