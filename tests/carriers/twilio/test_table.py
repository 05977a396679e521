"""Twilio's words in ours."""

from typing import get_args

import pytest

from outreach.carriers.reception import DialOutcome
from outreach.carriers.twilio.table import CALL_STATUSES, DIAL_OUTCOMES, NO_NUMBERS, e164
from outreach.wire import CallState, EndReason

NUMBERS = {
    "+8613893512345": "+8613893512345",
    "+86 138-9351-2345": "+8613893512345",
    " 8613893512345": "+8613893512345",  # a plus that a form turned into a blank
    "13893512345": "+8613893512345",
    "008613893512345": "+8613893512345",
    "0935-2212345": "+869352212345",
    "(0935) 2212345": "+869352212345",
    "+15005550006": "+15005550006",
    "+85291234567": "+85291234567",
    "+19": None,
    "12333": None,  # a hotline's short number is no E.164 address
    "+999123456789": None,
    "+" + "1" * 40: None,
    "anonymous": None,
    "Anonymous": None,
    "unknown": None,
    "restricted": None,
    "unavailable": None,
    "": None,
    "+": None,
    "---": None,
    "client:anna": None,
    "client:+8613893512345": None,
    "sip:13893512345@pbx.example": None,
    "+8613893512345;ext=12": None,
    "+266696687": None,
    "+7378742833": None,
    "+2562533": None,
    "+7748283": None,
    "+8656696": None,
    "+86282452253": None,
    "１３８９３５１２３４５": None,  # full-width digits never come from a switch
}


@pytest.mark.parametrize(("text", "number"), NUMBERS.items())
def test_numbers(text: str, number: str | None) -> None:
    assert e164(text) == number


KEYPAD = {
    letter: str(digit)
    for digit, letters in enumerate(("ABC", "DEF", "GHI", "JKL", "MNO", "PQRS", "TUV", "WXYZ"), start=2)
    for letter in letters
}


def test_placeholders_are_words_spelt_on_the_keys() -> None:
    words = ("ANONYMOUS", "RESTRICTED", "BLOCKED", "PRIVATE", "UNKNOWN", "UNAVAILABLE")
    assert {"+" + "".join(KEYPAD[letter] for letter in word) for word in words} == NO_NUMBERS


def test_every_documented_call_status_has_a_meaning() -> None:
    documented = "queued initiated ringing in-progress completed busy failed no-answer canceled"
    assert set(CALL_STATUSES) == set(documented.split())
    assert {status.state for status in CALL_STATUSES.values()} <= set(get_args(CallState))
    assert {status.reason for status in CALL_STATUSES.values()} - {None} == set(get_args(EndReason))


def test_a_reason_is_given_exactly_when_the_call_has_ended() -> None:
    assert all((status.reason is not None) == (status.state == "ended") for status in CALL_STATUSES.values())


def test_default_sequence_never_lets_an_earlier_state_follow_a_later_one() -> None:
    rank = {"ringing": 0, "live": 1, "ended": 2}
    in_order = sorted(CALL_STATUSES.values(), key=lambda status: status.sequence)
    assert [rank[status.state] for status in in_order] == sorted(rank[status.state] for status in in_order)


def test_every_documented_dial_outcome_has_a_meaning() -> None:
    assert set(DIAL_OUTCOMES) == {"completed", "answered", "busy", "no-answer", "failed", "canceled"}
    assert set(DIAL_OUTCOMES.values()) == set(get_args(DialOutcome))
