"""Dates, years and times of day as Chinese words. Rules see folded text (``fold.py``)."""

import re

from outreach.speech.spoken.digits import by_digit, cardinal
from outreach.speech.spoken.phones import Rule

YEAR = r"(?:19|20)\d{2}"
MONTH = r"0?[1-9]|1[0-2]"
DAY = r"0?[1-9]|[12]\d|3[01]"
NOON = 12


def _year(digits: str) -> str:
    return by_digit(digits, one="一") + "年"


def _date(match: re.Match[str]) -> str:
    return f"{_year(match[1])}{cardinal(int(match[2]))}月{cardinal(int(match[3]))}日"


def _month(match: re.Match[str]) -> str:
    return f"{_year(match[1])}{cardinal(int(match[2]))}月"


def _year_range(match: re.Match[str]) -> str:
    return f"{by_digit(match[1], one='一')}到{by_digit(match[2], one='一')}"


def _month_day(match: re.Match[str]) -> str:
    return f"{cardinal(int(match[1]))}月{cardinal(int(match[2]))}日"


def _hour(hour: int) -> str:
    return "两点" if hour == 2 else f"{cardinal(hour)}点"


def clock(hour: int, minute: int) -> str:
    """9:30 is 九点半, 14:30 is 十四点三十分, 9:05 is 九点零五分, 9:00 is 九点."""
    if minute == 0:
        return _hour(hour)
    if minute == 30 and 0 < hour <= NOON:
        return f"{_hour(hour)}半"
    return f"{_hour(hour)}{'零' if minute < 10 else ''}{cardinal(minute)}分"


def _clock(match: re.Match[str]) -> str:
    hour, minute, seconds, half = int(match[1]), int(match[2]), match[3], (match[4] or "").lower()
    words = clock(hour, minute)
    if seconds and int(seconds):
        words = f"{_hour(hour)}{cardinal(minute)}分{cardinal(int(seconds))}秒"
    return {"a": "上午", "p": "下午"}.get(half[:1], "") + words


def _half_day(match: re.Match[str]) -> str:
    return {"a": "上午", "p": "下午"}[match[2].lower()] + _hour(int(match[1]))


def _minutes(match: re.Match[str]) -> str:
    return clock(int(match[1]), int(match[2]))


RULES: tuple[Rule, ...] = (
    (re.compile(rf"(?<!\d)({YEAR})[-/.]({MONTH})[-/.]({DAY})[日号]?(?!\d)(?:T(?=\d))?"), _date),
    (re.compile(rf"(?<!\d)({YEAR})年?[-~～—–至到]+({YEAR})(?=年|学年|级|届)"), _year_range),
    (
        re.compile(r"(?<!\d)(1[89]\d{2}|20\d{2})(?=年(?!以|多|左))"),
        lambda match: by_digit(match[1], one="一"),
    ),
    (re.compile(rf"(?<!\d)({YEAR})(?=[级届])"), lambda match: by_digit(match[1], one="一")),
    (re.compile(rf"(?<!\d)({YEAR})-(0[1-9]|1[0-2])月?(?!\d|-\d)"), _month),
    # before clock: 9:30-23:00 keeps its hyphen for the ranges
    (
        re.compile(
            r"(?<![\d:])([01]?\d|2[0-4])[:：]([0-5]\d)(?:[:：]([0-5]\d))?(?!\d)(?:\s*([aApP])\.?[mM]\.?(?![a-zA-Z]))?"
        ),
        _clock,
    ),
    (re.compile(r"(?<!\d)(1[0-2]|[1-9])\s*([aApP])\.?[mM]\.?(?![a-zA-Z])"), _half_day),
    (re.compile(r"(?<![\d.])([01]?\d|2[0-4])点([0-5]?\d)(?:分|(?![\d.分]))"), _minutes),
    # 11/28 is a date where it cannot be a simple fraction
    (re.compile(rf"(?<![\d/.])({MONTH})/(1[1-9]|2\d|3[01])(?![\d/.]|元|人)日?"), _month_day),
    (
        re.compile(rf"(?<![\d.])(?:0)([1-9])月(?:0)?({DAY})(?=[日号])"),
        lambda m: f"{cardinal(int(m[1]))}月{cardinal(int(m[2]))}",
    ),
    (re.compile(r"(?<![\d.])0(\d)(?=[月日号分点])"), lambda match: match[1]),
)
