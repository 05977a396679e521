"""Choices, checks and words that several entities share."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import phonenumbers
from sqlalchemy import Connection, select

from outreach.console.keep.entity import Told
from outreach.console.language import said
from outreach.services.person import tail
from outreach.store.schema import people

COUNTIES: Final[Mapping[str, str]] = {
    "liangzhou": said("凉州区"),
    "minqin": said("民勤县"),
    "gulang": said("古浪县"),
    "tianzhu": said("天祝县"),
}
SHOWN: Final = 5
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_TELEPHONE: Final = re.compile(r"0\d{2,3}-\d{7,8}|1\d{10}|400\d{7}|\d{5}")


def telephone(value: Any) -> str | None:
    """As it is dialled in China: 0935-2212345, 13893501234, 12345."""
    if _TELEPHONE.fullmatch(str(value)):
        return None
    return said("号码要写成 0935-2212345、13893501234 这样。")


def e164(value: Any) -> str | None:
    """A number that we ring ourselves, with its country: +8613893501234."""
    try:
        if phonenumbers.is_valid_number(phonenumbers.parse(str(value), None)):
            return None
    except phonenumbers.NumberParseException:
        pass
    return said("号码要带国家代码，写成 +8613893501234 这样。")


def at_least_one(value: Any) -> str | None:
    """A count of people."""
    return None if value >= 1 else said("至少是 1。")


def clock(value: Any) -> str | None:
    """A time of day, as it is kept: 08:30."""
    return None if _CLOCK.fullmatch(str(value)) else said("时间要写成 08:30 这样。")


def not_negative(value: Any) -> str | None:
    """A count that may be nothing."""
    return None if value >= 0 else said("不能小于 0。")


def in_order(values: Mapping[str, Any], *names: str) -> Mapping[str, str]:
    """Dates that follow each other; those left out break no order. What is wrong, by field."""
    last = None
    for name in names:
        day = values[name]
        if day is not None and last is not None and day < last:
            return {name: said("这个日期比前面的早。")}
        last = day or last
    return {}


def told_to(db: Connection, person_ids: Sequence[int], how: str) -> Told:
    """These people, the first of them by the last digits of their number."""
    row = people.c
    phones = {
        found.id: found.phone
        for found in db.execute(select(row.id, row.phone).where(row.id.in_(person_ids[:SHOWN])))
    }
    tails = (tail(phones[one]) for one in person_ids[:SHOWN] if phones.get(one))
    return Told(len(person_ids), tuple(tails), how)


def clashed(changed: int, others: int) -> str:
    """What is said when somebody else has changed some of a list's rows since it was shown."""
    return said("改了 {n} 个人的。还有 {m} 个人别人刚刚改过，没有动：请看看现在的。", n=changed, m=others)
