"""How the settings of conversations are read: words, pairs, days from the scenario's today."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")


def split(rest: str) -> tuple[list[str], dict[str, str]]:
    """Words, and ``name=value`` pairs."""
    words = rest.split()
    return [w for w in words if "=" not in w], dict(w.split("=", 1) for w in words if "=" in w)


def day(now: datetime, days: str | int) -> date:
    return now.astimezone(LOCAL).date() + timedelta(days=int(days))
