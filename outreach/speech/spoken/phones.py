"""Numbers one dials or copies: telephones, short codes, extensions, identity and card numbers, masked tails.

They are read digit by digit with 幺 for 1, in groups with pauses. Rules see folded text (``fold.py``).
"""

import re
from collections.abc import Callable

from outreach.speech.spoken.digits import by_digit, grouped
from outreach.speech.spoken.tables import QUANTITY

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]

SHORT_CODES = r"123\d\d|12110|12117|12121|100(?:10|50|86|99)|9[56]\d{3}|11[0249]|12[012]"
"""Emergency (110 119 120 122), government (123xx, 12110…), operators (100xx), companies (95xxx, 96xxx)."""

DIALLED = "电话|热线|拨打|拨|座机|传真|手机|号码|来电|致电"
CODED = (
    "尾号|后[三四五六]位|末[三四五六]位|编号|证号|账号|帐号|卡号|工号|验证码|密码|邮编|"
    "邮政编码|扣扣号?|微信号?|QQ号?|代码"
)

AREA = r"0(?:10|2\d|[3-9]\d{2})"
EXTENSION = r"(?:\s*(?:转|分机|ext\.?|x)\s*(\d{1,6})|-(\d{1,5}))?(?!\d)"
GAP = r"[-\s]?"


def _tail(match: re.Match[str]) -> str:
    digits, letter = match[1], match[2] or ""
    return f"尾号{by_digit(digits)}{'艾克斯' if letter else ''}"


def _landline(match: re.Match[str]) -> str:
    return f"{by_digit(match[1])}，{_plain(match[2])}{_extension(match[3] or match[4])}"


def _local(match: re.Match[str]) -> str:
    return f"{match[1]}{_plain(match[2])}{_extension(match[3] or match[4])}"


def _plain(written: str) -> str:
    return grouped(re.sub(r"\D", "", written))


def _extension(digits: str | None) -> str:
    return f"，转{by_digit(digits)}" if digits else ""


def _mobile(match: re.Match[str]) -> str:
    return _plain(match[1])


def _toll_free(match: re.Match[str]) -> str:
    head, rest = match[1], match[2]
    parts = re.split(r"[-\s]", rest) if re.search(r"[-\s]", rest) else [rest[:3], rest[3:]]
    return "，".join(by_digit(part) for part in (head, *parts)) + _extension(match[3] or match[4])


def _abroad(match: re.Match[str]) -> str:
    return "加" + "，".join(by_digit(part) for part in re.split(r"[-\s]+", match[1]))


def _identity(match: re.Match[str]) -> str:
    letters = "，艾克斯" if match[2] else ""
    rest = f"，{by_digit(match[3])}" if match[3] else ""
    return f"{grouped(match[1])}{letters}{rest}"


def _coded(match: re.Match[str]) -> str:
    letter = "艾克斯" if match[4] else ""
    return f"{match[1]}{match[2]}{grouped(match[3])}{letter}"


RULES: tuple[Rule, ...] = (
    # 138****5678, 6223**********123X: only the tail is said
    (re.compile(r"(?<![\d*])\d{0,14}\*{3,14}(\d{2,4})([Xx])?(?!\d)"), _tail),
    # identity card, disability card (identity number and two more digits)
    (re.compile(r"(?<!\d)(\d{17})([Xx])(\d{1,2})?(?!\d)"), _identity),
    (re.compile(r"(?<!\d)(\d{18})()(\d{2})(?!\d)"), _identity),
    (re.compile(rf"({CODED})([号是为:： ]{{0,3}})(\d+)([Xx])?(?![\d.])"), _coded),
    # telephones; +86 is not said, nobody in the country dials it
    (re.compile(rf"(?<![\d.])(?:\+?86{GAP})?(1[3-9]\d{GAP}\d{{4}}{GAP}\d{{4}})(?!\d|[元块人个])"), _mobile),
    (re.compile(rf"(?<![\d.])\+86{GAP}()(1[3-9]\d{{9}})(?!\d)()()"), _local),
    (
        re.compile(rf"(?<![\d.])(?:\+?86{GAP})?[(（]({AREA})[)）]\s*(\d{{3,4}}{GAP}\d{{4}}){EXTENSION}"),
        _landline,
    ),
    (re.compile(rf"(?<![\d.])(?:\+?86{GAP})?({AREA}){GAP}(\d{{3,4}}{GAP}\d{{4}}){EXTENSION}"), _landline),
    (re.compile(rf"(?<![\d.])({AREA}){GAP}(12\d{{3}})(?!\d)()()"), _landline),
    (re.compile(rf"(?<![\d.])([48]00){GAP}(\d{{3}}{GAP}\d{{4}}|\d{{4}}{GAP}\d{{3}}){EXTENSION}"), _toll_free),
    (re.compile(r"\+(\d{1,3}(?:[-\s]?\d{2,5}){2,5})(?!\d)"), _abroad),
    (re.compile(rf"((?:{DIALLED})[号码是为:： ]{{0,3}})(\d{{3,4}}{GAP}\d{{4}}){EXTENSION}"), _local),
    (re.compile(r"(转|分机)([号是为: ]{0,2})(\d{1,6})(?![\d.个天人月年])()"), _coded),
    (
        re.compile(rf"(?<![\d.第共约满近达超压¥$-])({SHORT_CODES})(?!\d|{QUANTITY})"),
        lambda match: by_digit(match[1]),
    ),
)
