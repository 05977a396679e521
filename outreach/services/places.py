"""The calendar and the map that all lines share: Gansu's day, the four counties."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
"""All of China keeps one time; hours of service and days of deadlines are in it."""


def today(now: datetime) -> date:
    """The calendar day in Wuwei at ``now`` (aware)."""
    return now.astimezone(LOCAL).date()


def last_minute(day: date) -> datetime:
    """When a deadline of ``day`` has passed: the end of that day in Wuwei."""
    return datetime.combine(day, time(23, 59), LOCAL)
