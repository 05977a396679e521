"""Money, ranges, percentages, units, rooms, fractions, and all numbers that are left."""

import re
from decimal import Decimal

from outreach.speech.spoken.digits import by_digit, grouped, number
from outreach.speech.spoken.phones import Rule
from outreach.speech.spoken.tables import COUNTED, CURRENCIES, UNITS

NUMBER = r"(?<![\d.])\d+(?:\.\d+)?"  # from its first digit, or long strings of digits cost their square
RANGE = r"\s*[-~～—–至]+\s*"
_UNITS = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
_SIGNS = "|".join(re.escape(sign) for sign in CURRENCIES)
_NAMES = "|".join(dict.fromkeys(CURRENCIES.values()))
_MULTIPLES = {"k": 1_000, "K": 1_000, "w": 10_000, "W": 10_000}


def _money(match: re.Match[str]) -> str:
    return f"{_amount(match[2])}{match[3] or ''}{CURRENCIES[match[1]]}"


def _amount(text: str) -> str:
    """1200.50 is 1200.5 in speech: the last noughts of a price say nothing."""
    return re.sub(r"\.(?!\d)", "", re.sub(r"(\.\d*?)0+(?!\d)", r"\1", text))


def _multiple(match: re.Match[str]) -> str:
    return str(int(Decimal(match[1]) * _MULTIPLES[match[2]]))


def _percent(match: re.Match[str]) -> str:
    return f"{'百' if match[2] == '%' else '千'}分之{match[1]}"


def _chain(match: re.Match[str]) -> str:
    return "杠".join(by_digit(part) for part in match[0].split("-"))


def _points(match: re.Match[str]) -> str:
    return "点".join(by_digit(part, one="一") for part in match[0].split("."))


def _fraction(match: re.Match[str]) -> str:
    return f"{number(match[2])}分之{number(match[1])}"


def _rest(match: re.Match[str]) -> str:
    digits = match[0]
    if len(digits.partition(".")[0]) > 6:
        return grouped(digits) if "." not in digits else number(digits)
    return number(digits)


RULES: tuple[Rule, ...] = (
    # what stands before the amount goes behind it; ¥1,200.50元 has it twice
    (re.compile(rf"({_SIGNS})\s*({NUMBER}(?:{RANGE}{NUMBER})?)\s*([千万亿])?(?:{_NAMES})?"), _money),
    (re.compile(rf"({NUMBER})\s*(?:RMB|CNY)(?![a-zA-Z])"), lambda match: f"{_amount(match[1])}元"),
    (re.compile(r"(?<![\d.])(\d+\.\d+)(?=[元块])"), lambda match: _amount(match[1])),
    (re.compile(rf"({NUMBER})([kKwW])(?![a-zA-Z])"), _multiple),
    # rooms, houses, buses: three digits and more one by one; 2-1-302
    (re.compile(r"(?<![\d.])\d{1,5}(?:-\d{1,5}){2,}(?![\d.])"), _chain),
    (re.compile(r"(?<![\d.-])(\d{3,5})(?=号?[室房]|号|路|房间|栋|幢)"), lambda match: by_digit(match[1])),
    (re.compile(r"(?<![\d.])\d+(?:\.\d+){2,}"), _points),
    # ranges: 4500-6000元, 3天-5天, 30%-50%
    (
        re.compile(
            rf"(?<=[\d%元岁天周月年日号时点分半万千百kgm℃C]){RANGE}(?=[\d¥$一二三四五六七八九十两零])"
        ),
        lambda _: "到",
    ),
    (
        re.compile(r"(?<=[零一二三四五六七八九十点分日月年半])\s*[-~～]+\s*(?=[零一二三四五六七八九十两\d])"),
        lambda _: "到",
    ),
    (re.compile(r"(?<![\d\w])[-−](?=\d)"), lambda _: "负"),
    (re.compile(rf"({NUMBER}(?:到{NUMBER})?)\s*([%‰])"), _percent),
    (re.compile(rf"(?<=\d)\s*({_UNITS})(?![a-zA-Z])"), lambda match: UNITS[match[1]]),
    (
        re.compile(
            r"(?<=[元块人斤米时次吨年月日天亩时字价])/(?=[月天年日时小人次个件斤吨亩公平位套期周班单桌节课户kmh])"
        ),
        lambda _: "每",
    ),
    (re.compile(r"(?<![\d/.])([1-9])/([2-9]|10)(?![\d/.])"), _fraction),
    (re.compile(r"(?<=\d)\s*[:：]\s*(?=\d)"), lambda _: "比"),
    (re.compile(r"(?<=[\d米时天元人次月个])\s*[xX×*]\s*(?=\d)"), lambda _: "乘"),
    (re.compile(rf"({NUMBER}[万千元岁]?)\+(?!\d)"), lambda match: f"{match[1]}以上"),
    (re.compile(r"[Nn][Oo]\.\s*(?=\d)"), lambda _: "第"),
    # 2个 is 两个, 第2个 is 第二个, 2到3个 is 两到三个
    (re.compile(rf"(?<![\d.第到])2(?=(?:到{NUMBER})?\s*(?:{COUNTED}))"), lambda _: "两"),
    (re.compile(rf"(?<=到)2(?=\s*(?:{COUNTED}))"), lambda _: "两"),
    (re.compile(rf"(?<!\d)\d{{7,16}}(?=(?:{COUNTED}))"), lambda match: number(match[0])),
    (re.compile(r"\d+(?:\.\d+)?"), _rest),
)
