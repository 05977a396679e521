"""Logs: one JSON line an event. A call is named by its id; a person, a number, a transcript never is."""

import logging
import re
import sys
from typing import Any

import structlog

_PHONE = re.compile(r"(?<![\w-])(?:\+\d{8,15}|1[3-9]\d{9}|0\d{2,3}-?\d{7,8})(?![\w-])")
"""The last net: whatever looks like a telephone number is struck out, also inside an exception's text."""


def strike_numbers(_logger: object, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Replace telephone numbers in any text of the event."""
    return {
        name: _PHONE.sub("[number]", value) if isinstance(value, str) else value
        for name, value in event.items()
    }


def set_up(as_json: bool, level: int = logging.INFO) -> None:
    """Configure structlog and the standard library's logging alike. Call once."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        strike_numbers,
    ]
    last = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        # two microseconds a line, and whoever sets logs up anew (a command inside a test) finds no logger of before
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=last, foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
