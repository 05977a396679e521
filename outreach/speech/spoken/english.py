"""English: only what a synthesiser would misread; other digits are left to the voice."""

import re

from outreach.speech.spoken.phones import AREA, GAP, SHORT_CODES, Rule

_DIGITS = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
)
_TEENS = (
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"),
    *("eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth"),
    *("eighteenth", "nineteenth", "twentieth", "twenty first", "twenty second", "twenty third"),
    *("twenty fourth", "twenty fifth", "twenty sixth", "twenty seventh", "twenty eighth"),
    *("twenty ninth", "thirtieth", "thirty first"),
)
_HANZI = "[\u3400-\u4dbf\u4e00-\u9fff]+"


def english(text: str) -> str:
    """``text`` with money, telephone numbers, dates, times, keys and ranges in words. Never raises."""
    for pattern, words in RULES:
        text = pattern.sub(words, text)
    return re.sub(r"[\s,]*,\s*", ", ", re.sub(r"\s+", " ", text)).strip(" ,")


def _by_digit(text: str) -> str:
    groups = [" ".join(_DIGITS[int(digit)] for digit in group) for group in re.findall(r"[0-9]+", text)]
    return ", ".join(groups)


def _mobile(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[1])
    return _by_digit(f"{digits[:3]} {digits[3:7]} {digits[7:]}")


def _landline(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[2])
    return _by_digit(f"{match[1]} {digits[:-4]} {digits[-4:]}")


def _small(number: int) -> str:
    """0 to 59."""
    if number < 10:
        return _DIGITS[number]
    if number < 20:
        return _TEENS[number - 10]
    tens, ones = divmod(number, 10)
    return f"{_TENS[tens]} {_DIGITS[ones]}" if ones else _TENS[tens]


def _clock(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    half = f" {match[3][0].lower()} m" if match[3] else ""
    if minute == 0:
        return f"{_small(hour)}{half or ' o clock'}"
    return f"{_small(hour)} {'oh ' if minute < 10 else ''}{_small(minute)}{half}"


def _date(match: re.Match[str]) -> str:
    return f"{_day(match[2], match[3])} {match[1]}"


def _day(month: str, day: str) -> str:
    return f"the {_ORDINALS[int(day) - 1]} of {_MONTHS[int(month) - 1]}"


RULES: tuple[Rule, ...] = (
    (re.compile(r"(?<!\d)((?:19|20)\d\d)[-/.](0?[1-9]|1[0-2])[-/.](0?[1-9]|[12]\d|3[01])(?!\d)"), _date),
    (
        re.compile(r"(?<![\d/.])(0?[1-9]|1[0-2])/(0?[1-9]|[12]\d|3[01])(?![\d/])"),  # as prompts write a date
        lambda m: _day(m[1], m[2]),
    ),
    (re.compile(rf"(?<![\d.])(?:\+?86{GAP})?(1[3-9]\d{GAP}\d{{4}}{GAP}\d{{4}})(?!\d)"), _mobile),
    (re.compile(rf"(?<![\d.])(?:\+?86{GAP})?\(?({AREA})\)?{GAP}(\d{{3,4}}{GAP}\d{{4}})(?!\d)"), _landline),
    (re.compile(r"(?<![\d.])([48]00)[- ](\d{3,4}[- ]\d{3,4})(?!\d)"), lambda m: _by_digit(f"{m[1]} {m[2]}")),
    (
        re.compile(rf"(?<=(?:dial|call) )({SHORT_CODES})(?!\d)|(?<![\d.,¥$])(123\d\d)(?![\d,.]\d)"),
        lambda m: _by_digit(m[0]),
    ),
    (re.compile(r"(?<!\d)([01]?\d|2[0-4]):([0-5]\d)(?!\d)(?:\s*([aApP]\.?[mM])\b\.?)?"), _clock),
    (re.compile(r"(?<=\d),(?=\d{3}(?!\d))"), lambda _: ""),
    (re.compile(r"(?:¥|￥|RMB\s?)(\d+(?:\.\d+)?(?:\s*[-–—~]\s*\d+(?:\.\d+)?)?)"), lambda m: f"{m[1]} yuan"),
    (re.compile(r"(?<=\d)元|(?<=\d)\s*(?:RMB|CNY)\b"), lambda _: " yuan"),
    (re.compile(r"(yuan|元)\s*/\s*(month|day|hour|year)"), lambda m: f"{m[1]} per {m[2]}"),
    (re.compile(r"(?<=[\d%])\s*[-–—~]\s*(?=[\d])"), lambda _: " to "),
    (re.compile(r"(?<=\d)\s*(kg|km)\b"), lambda m: {"kg": " kilograms", "km": " kilometres"}[m[1]]),
    (re.compile(r"(?<=\d)\s*%"), lambda _: " percent"),
    (re.compile(r"\*\*"), lambda _: " star twice "),
    (re.compile(r"\*"), lambda _: " star "),
    (re.compile("#"), lambda _: " hash "),
    # the English voice says "Chinese letter" to each; in a call another voice reads them (``ivr/playlist.py``)
    (re.compile(_HANZI), lambda _: ","),
    (re.compile("[\u2190-\u2bff\u3000-\u303f\ufe0f\U0001f000-\U0001faff]"), lambda _: " "),
)
