"""Cells that hold several things: services with minutes and prices, opening hours, names, papers, paragraphs."""

import re
from itertools import pairwise
from typing import Any, Final

from outreach.exchange.dates import arabic, read_clock
from outreach.exchange.reading import Read, Refused, empty, folded, joined, prose, shown
from outreach.exchange.words import Word

KEYS: Final = 5
CELL_MINUTES: Final = 15
_SPLIT = re.compile(r"[;；\n]+")
_SPLIT_NAMES = re.compile(r"[;；\n、,，]+")
_SERVICE = re.compile(
    r"(?P<name>.+?)[\s,，:：(（]*(?P<minutes>\d+)\s*(?:分钟?|min\w*)[)）]?[\s,，:：/]*(?P<price>.*)"
)
_DAYS = "一二三四五六日天"
_WEEKDAYS = re.compile(
    rf"^\s*(?:周|星期|礼拜)?([{_DAYS}1-7])(?:\s*[至到~\-—]\s*(?:周|星期|礼拜)?([{_DAYS}1-7]))?"
)
_ALSO = re.compile(rf"[、,，和]\s*(?:周|星期|礼拜)?([{_DAYS}1-7])(?!\s*:|\d)")
_EVERY = re.compile(r"^\s*(?:每天|天天|全周|周一至周日)")
_SPAN = re.compile(r"^\s*(.+?)\s*[-~至到—]+\s*(.+?)\s*$")
_PAPER = re.compile(r"(?P<name>[^(（:：]+)[(（:：]?\s*(?P<hint>.*?)[)）]?$")


def read_services(text: str) -> Read | Refused:
    """推拿 60分钟 80元；足疗 45分钟: [[name, minutes, price]…], at most five."""
    services = []
    for piece in _pieces(text, _SPLIT):
        found = _SERVICE.fullmatch(prose(piece))
        if not found or not 0 < int(found["minutes"]) <= 24 * 60 or int(found["minutes"]) % CELL_MINUTES:
            return Refused(Word("services_wrong", {"seen": shown(piece)}))
        services.append([found["name"].strip()[:60], int(found["minutes"]), found["price"].strip()[:60]])
    if len(services) > KEYS:
        return Refused(Word("services_many", {"count": len(services)}))
    return Read(services)


def read_names(text: str, longest: int) -> Read | Refused:
    """王师傅、李师傅: [name…], each once."""
    names = list(dict.fromkeys(joined(prose(piece)) for piece in _pieces(text, _SPLIT_NAMES)))
    over = max(map(len, names), default=0)
    return Refused(Word("too_long", {"count": over, "most": longest})) if over > longest else Read(names)


def read_hours(text: str) -> Read | Refused:
    """周一至周五 08:30-12:00；周六 9点-12点: [[weekday, starts, ends]…], 1 is Monday."""
    hours: list[list[int | str]] = []
    for piece in _pieces(text, _SPLIT):
        wrong = Refused(Word("hours_wrong", {"seen": shown(piece)}))
        days, rest = _weekdays(folded(piece))
        for span in re.split(r"[,，、\s]+(?=\d)", rest.strip()) if days else ():
            ends = _SPAN.match(span)
            clocks = [read_clock(end) for end in ends.groups()] if ends else []
            times = [str(clock.value) for clock in clocks if isinstance(clock, Read)]
            if len(times) != 2 or times[0] >= times[1]:
                return wrong
            hours += [[day, *times] for day in days]
        if not days:
            return wrong
    hours.sort(key=lambda one: [str(part) for part in one])
    for (day, _, until), (next_day, starts, _) in pairwise(hours):
        if day == next_day and str(starts) < str(until):
            return Refused(Word("hours_wrong", {"seen": shown(text)}))
    return Read(hours)


def read_papers(text: str) -> Read | Refused:
    """身份证（复印件两份）；照片: [[name, hint]…]."""
    papers = []
    for piece in _pieces(text, _SPLIT):
        found = _PAPER.fullmatch(prose(piece))
        if not found or len(found["name"].strip()) > 60 or len(found["hint"]) > 120:
            return Refused(Word("too_long", {"count": len(piece), "most": 60}))
        papers.append([found["name"].strip(), found["hint"].strip()])
    return Read(papers)


def read_paragraphs(text: str) -> Read | Refused:
    """Paragraphs, one a line or between semicolons."""
    return Read([prose(piece) for piece in _pieces(text, _SPLIT)])


def written(kind: str, kept: list[Any]) -> str:
    """Such a value as a cell again: what the readers above read back."""
    match kind:
        case "services":
            return "；".join(f"{name} {minutes}分钟 {price}".strip() for name, minutes, price in kept)
        case "hours":
            return "；".join(f"周{_DAYS[day - 1]} {starts}-{ends}" for day, starts, ends in kept)
        case "papers":
            return "；".join(f"{name}（{hint}）" if hint else name for name, hint in kept)
        case "names":
            return "、".join(kept)
        case _:
            return "\n".join(kept)


def _pieces(text: str, split: re.Pattern[str]) -> list[str]:
    return [piece for piece in split.split(text) if not empty(piece)]


def _weekdays(text: str) -> tuple[list[int], str]:
    """Which days a piece begins with, and what follows."""
    if every := _EVERY.match(text):
        return list(range(1, 8)), text[every.end() :]
    found = _WEEKDAYS.match(text)
    if not found:
        return [], text
    first, last = _weekday(found[1]), _weekday(found[2] or found[1])
    days, rest = list(range(first, last + 1)), text[found.end() :]
    while also := _ALSO.match(rest):
        days.append(_weekday(also[1]))
        rest = rest[also.end() :]
    return sorted(set(days)), rest


def _weekday(written: str) -> int:
    return 7 if written in "日天" else int(arabic(written))
