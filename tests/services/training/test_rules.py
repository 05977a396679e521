"""What a session's dates mean, and how a registration stands."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from outreach.services.training import rules
from outreach.services.training.rules import Registration
from tests.scenario import LANGUAGES
from tests.services.training.rows import NOW, TODAY, session

LOCAL = ZoneInfo("Asia/Shanghai")
SAY = LANGUAGES["zh-CN"].bound[2, "voice"]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def own(state: str = "registered", **given: Any) -> Registration:
    values = {"offer_until": None, "confirmed_at": None, "collected_at": None, "ahead": 0, **given}
    return Registration(1, 1, state, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "offered", "to_come"),
    [
        ("2026-03-12 23:59", True, True),
        ("2026-03-13 00:00", False, True),
        ("2026-03-22 08:29", False, True),
        ("2026-03-22 08:30", False, False),
    ],
)
def test_it_is_offered_up_to_its_last_day_and_to_come_until_it_begins(
    now: str, offered: bool, to_come: bool
) -> None:
    assert (session().offered(at(now)), session().to_come(at(now))) == (offered, to_come)


def test_registering_on_the_first_day_ends_when_it_begins() -> None:
    same_day = session(starts_on=TODAY, deadline_on=TODAY)
    assert same_day.offered(at("2026-03-02 08:29"))
    assert not same_day.offered(at("2026-03-02 08:30"))


@pytest.mark.parametrize(
    ("now", "reminded"),
    [
        ("2026-03-02 10:00", ["2026-03-15 10:00", "2026-03-21 10:00"]),
        ("2026-03-15 10:00", ["2026-03-21 10:00"]),
        ("2026-03-21 10:00", []),
    ],
)
def test_a_week_before_and_the_day_before(now: str, reminded: list[str]) -> None:
    assert rules.reminders(session(), at(now)) == tuple(map(at, reminded))


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-02 10:00", "2026-03-03 10:00"),
        ("2026-03-02 22:00", "2026-03-04 08:00"),  # told at eight in the morning, and a day from then
        ("2026-03-21 10:00", "2026-03-22 08:30"),  # no longer than until it begins
        ("2026-03-21 21:00", None),  # told at eight, half an hour before it begins
        ("2026-03-22 08:00", None),
        ("2026-03-22 09:00", None),
    ],
)
def test_a_seat_is_held_for_a_day_from_when_they_can_be_told(now: str, until: str | None) -> None:
    assert rules.offer_until(session(), at(now)) == (at(until) if until else None)


def test_nobodys_festival_is_counted() -> None:
    eve = at("2027-02-05 10:00")
    far = session(starts_on=date(2027, 3, 1), ends_on=date(2027, 3, 1), deadline_on=date(2027, 2, 20))
    until = rules.offer_until(far, eve)
    assert until is not None
    assert until - eve > timedelta(days=3)


@pytest.mark.parametrize(
    ("days_before", "confirmed_before", "asked"),
    [(8, None, False), (7, None, True), (1, None, True), (1, 7, True), (1, 1, False), (3, 5, False)],
)
def test_they_are_asked_from_a_week_before_and_once_more_the_day_before(
    days_before: int, confirmed_before: int | None, asked: bool
) -> None:
    begins = session().starts_at
    confirmed = None if confirmed_before is None else begins - timedelta(days=confirmed_before)
    found = rules.to_confirm(session(), own(confirmed_at=confirmed), begins - timedelta(days=days_before))
    assert found is asked


@pytest.mark.parametrize(
    ("told", "registration", "held"),
    [
        ("registered", own(), {}),
        ("confirmed", own(confirmed_at=NOW), {}),
        ("waiting", own("waiting", ahead=2), {}),
        ("offered", own("offered", offer_until=NOW + timedelta(hours=1)), {}),
        ("lapsed", own("offered", offer_until=NOW), {}),
        ("missed", own("waiting"), {"starts_on": TODAY}),
        ("begun", own(), {"starts_on": TODAY}),
        ("called_off", own(), {"cancelled_at": NOW}),
        ("called_off", own("waiting"), {"cancelled_at": NOW}),
        ("cancelled", own("cancelled"), {"cancelled_at": NOW}),
        ("absent", own("absent"), {}),
        ("finished", own("attended"), {}),
        ("attended", own("attended"), {"certificate": "结业证书"}),
        ("ready", own("attended"), {"certificate_place": "县残联", "certificate_until": TODAY}),
        ("late", own("attended"), {"certificate_place": "县残联", "certificate_until": TODAY - timedelta(1)}),
        ("collected", own("attended", collected_at=NOW), {}),
    ],
)
def test_how_it_stands_is_told_in_every_state(
    told: str, registration: Registration, held: dict[str, Any]
) -> None:
    found = session(**held)
    assert rules.status(found, registration, NOW) == told
    assert rules.told(SAY, found, registration, NOW).text


def test_what_is_to_be_answered_is_heard_first_then_the_soonest_and_the_past_last() -> None:
    soon, later = session(starts_on=TODAY + timedelta(days=9)), session()
    past = session(starts_on=TODAY - timedelta(days=9), ends_on=TODAY)
    held = own("offered", offer_until=NOW + timedelta(hours=1))
    ordered = [(later, held), (soon, own()), (later, own()), (past, own("attended"))]
    assert ordered == sorted(ordered, key=lambda pair: rules.urgency(pair[0], pair[1], NOW))


def test_times_are_said_to_the_minute_and_promises_rounded_down() -> None:
    moment = at("2026-03-22 08:45")
    assert rules.moment(SAY, moment) == "3月22日星期天8:45"
    assert rules.deadline(SAY, moment) == "3月22日星期天8:00"
