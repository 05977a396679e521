"""Choices and checks that several entities share."""

import re
from collections.abc import Mapping
from typing import Any, Final

import phonenumbers

from outreach.console.language import said

COUNTIES: Final[Mapping[str, str]] = {
    "liangzhou": said("凉州区"),
    "minqin": said("民勤县"),
    "gulang": said("古浪县"),
    "tianzhu": said("天祝县"),
}
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
