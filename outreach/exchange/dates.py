"""Days and times of day as people write them: 2026/3/5, 2026年3月5日, 三月五日, 45990, 下午2点半."""

import re
from datetime import date, datetime, time, timedelta
from typing import Final

from outreach.exchange.reading import Cell, Read, Refused, folded, shown, text_of
from outreach.exchange.words import Word

DAY_ZERO: Final = date(1899, 12, 30)
"""Of spreadsheets: day 60 is the 29 February 1900 that never was, and nothing here is that old."""
SERIALS: Final = range(20_000, 80_000)
"""1954 to 2119. A smaller number is a count, a larger one a mistake."""

_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "○": 0,
    "两": 2,
}
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_FULL = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?(?:\s*[T\s]\s*\d{1,2}:\d{2}.*)?"
)
_SOLID = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SHORT_YEAR = re.compile(r"(\d{2})年(\d{1,2})月(\d{1,2})[日号]?")
_LAST_YEAR = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_NO_YEAR = re.compile(r"(\d{1,2})(?:月|[-/])(\d{1,2})[日号]?")
_CHINESE_YEAR = re.compile(r"[〇○零一二三四五六七八九]{4}(?=年)")
_CHINESE_NUMBER = re.compile(r"[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九]")
_CLOCK = re.compile(
    r"(凌晨|早上|早晨|早|上午|中午|下午|傍晚|晚上|晚)?\s*(\d{1,2})\s*(?:[:点时]\s*(?:(半|一刻|三刻)|(\d{1,2})\s*分?)?)(?::\d{2})?\s*([AaPp]\.?[Mm]\.?)?"
)
_PARTS_OF_HOUR = {"半": 30, "一刻": 15, "三刻": 45}


def arabic(text: str) -> str:
    """Chinese numerals as digits, as far as dates need them: 二〇二六年三月二十五日, 三十."""
    text = _CHINESE_YEAR.sub(lambda year: "".join(str(_DIGITS[digit]) for digit in year[0]), text)
    return _CHINESE_NUMBER.sub(lambda number: str(_small(number[0])), text)


def _small(number: str) -> int:
    tens, ten, ones = number.partition("十")
    if not ten:
        return _DIGITS[number]
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)


def read_date(cell: Cell, today: date) -> Read | Refused:
    """A day as ISO text. Without a year it is the one nearest to ``today``."""
    if isinstance(cell, datetime):
        return Read(cell.date().isoformat())
    if isinstance(cell, date):
        return Read(cell.isoformat())
    seen = text_of(cell)
    if iso := _ISO.fullmatch(seen):
        return _day(seen, iso)
    text = arabic(folded(seen))
    if (found := _FULL.fullmatch(text)) or (text[:2] in ("19", "20") and (found := _SOLID.fullmatch(text))):
        return _day(seen, found, remark=not seen[:4].isascii())
    if found := _SHORT_YEAR.fullmatch(text):
        return _on(seen, 2000 + int(found[1]), int(found[2]), int(found[3]), remark=True)
    if found := _LAST_YEAR.fullmatch(text):
        return _last_year(seen, int(found[1]), int(found[2]), int(found[3]))
    if found := _NO_YEAR.fullmatch(text):
        return _no_year(seen, int(found[1]), int(found[2]), today)
    return _serial(seen, text)


def _day(seen: str, found: re.Match[str], remark: bool = False) -> Read | Refused:
    return _on(seen, int(found[1]), int(found[2]), int(found[3]), remark)


def _on(seen: str, year: int, month: int, day: int, remark: bool = False) -> Read | Refused:
    try:
        read = date(year, month, day).isoformat()
    except ValueError:
        return Refused(Word("date_missing", {"seen": shown(seen)}))
    return Read(read, Word("mended", {"seen": shown(seen), "read": read}) if remark else None)


def _last_year(seen: str, first: int, second: int, year: int) -> Read | Refused:
    if first <= 12 and second <= 12 and first != second:
        return Refused(Word("date_two_ways", {"seen": shown(seen)}))
    month, day = (first, second) if first <= 12 else (second, first)
    return _on(seen, year, month, day, remark=True)


def _no_year(seen: str, month: int, day: int, today: date) -> Read | Refused:
    near = []
    for year in (today.year - 1, today.year, today.year + 1):
        try:
            near.append(date(year, month, day))
        except ValueError:
            continue  # 29 February
    if not near:
        return Refused(Word("date_missing", {"seen": shown(seen)}))
    read = min(near, key=lambda candidate: abs(candidate - today)).isoformat()
    return Read(read, Word("year_guessed", {"seen": shown(seen), "read": read}))


def _serial(seen: str, text: str) -> Read | Refused:
    try:
        days = float(text)
    except ValueError:
        return Refused(Word("date_wrong", {"seen": shown(seen)}))
    if not SERIALS.start <= days < SERIALS.stop:
        return Refused(Word("date_wrong", {"seen": shown(seen)}))
    read = (DAY_ZERO + timedelta(days=int(days))).isoformat()
    return Read(read, Word("serial", {"seen": shown(seen), "read": read}))


def read_clock(cell: Cell) -> Read | Refused:
    """A time of day as HH:MM."""
    if isinstance(cell, datetime | time):
        return Read(f"{cell:%H:%M}")
    seen = text_of(cell)
    if isinstance(cell, float) and 0 <= cell < 1:
        minutes = round(cell * 1440)
        read = f"{minutes // 60:02}:{minutes % 60:02}"
        return Read(read, Word("mended", {"seen": shown(seen), "read": read}))
    text = (
        arabic(re.sub(r"\d?[一三]刻|半", lambda part: part[0], folded(seen)))
        if "刻" not in seen
        else folded(seen)
    )
    found = _CLOCK.fullmatch(text)
    if not found:
        return Refused(Word("clock_wrong", {"seen": shown(seen)}))
    part, hour, fraction, minute, half = found.groups()
    hours, minutes = int(hour), _PARTS_OF_HOUR[fraction] if fraction else int(minute or 0)
    late = part in ("下午", "傍晚", "晚上", "晚") or (half or "").lower().startswith("p")
    if (late or (part == "中午" and hours < 3)) and hours < 12:
        hours += 12
    if hours > 23 or minutes > 59:
        return Refused(Word("clock_wrong", {"seen": shown(seen)}))
    read = f"{hours:02}:{minutes:02}"
    plain = re.fullmatch(r"\d{1,2}:\d{2}(:00)?", seen)
    return Read(read, None if plain else Word("mended", {"seen": shown(seen), "read": read}))
