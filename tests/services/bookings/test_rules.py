"""Which times are free, by tables: hours, breaks, closed days, what is taken, where the person is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from outreach.services.bookings import rules
from outreach.services.bookings.rules import Plan, Practitioner, Slot, Span
from outreach.services.places import LOCAL

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=LOCAL)
"""A Tuesday."""
HOURS = (Span(2, 9 * 60, 11 * 60), Span(3, 9 * 60, 10 * 60))
PLAN = Plan(HOURS, frozenset(), (Practitioner(1, "王"), Practitioner(2, "李")), horizon_days=3)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=LOCAL)


def starts(
    plan: Plan, minutes: int = 30, taken: frozenset[rules.Cell] = frozenset(), **more: object
) -> list[str]:
    busy = more.get("busy", frozenset())
    assert isinstance(busy, frozenset)
    found = rules.free(plan, taken, minutes, NOW, busy)
    return [f"{slot.starts_at:%d %H:%M} {slot.practitioner_id}" for slot in found]


@pytest.mark.parametrize(
    ("plan", "minutes", "expected"),
    [
        (PLAN, 30, ["24 10:00 1", "24 10:30 1", "25 09:00 1", "25 09:30 1"]),
        (PLAN, 60, ["24 10:00 1", "25 09:00 1"]),
        (PLAN, 90, []),
        (replace(PLAN, lead_minutes=0), 90, ["24 09:00 1", "24 09:30 1"]),
        (replace(PLAN, closed=frozenset({NOW.date()})), 60, ["25 09:00 1"]),
        (replace(PLAN, horizon_days=1), 60, ["24 10:00 1"]),
        (replace(PLAN, step_minutes=60), 30, ["24 10:00 1", "25 09:00 1"]),
        (replace(PLAN, practitioners=()), 30, []),
        (
            replace(PLAN, practitioners=(Practitioner(1, "王", (Span(2, 0, 1440),)), Practitioner(2, "李"))),
            60,
            ["24 10:00 2", "25 09:00 1"],
        ),
    ],
)
def test_free_times(plan: Plan, minutes: int, expected: list[str]) -> None:
    assert starts(plan, minutes) == expected


def test_what_is_taken_falls_to_the_next_who_can() -> None:
    taken = frozenset((1, cell) for cell in rules.cells(at("24 10:15"), 15))
    assert starts(PLAN, 60, taken) == ["24 10:00 2", "25 09:00 1"]


def test_nobody_is_offered_a_time_in_which_they_are_elsewhere() -> None:
    assert starts(PLAN, 60, busy=frozenset({at("24 10:45")})) == ["25 09:00 1"]


def test_whom_one_knows_comes_first() -> None:
    assert starts(rules.preferring(PLAN, 2), 60) == ["24 10:00 2", "25 09:00 2"]


@pytest.mark.parametrize(
    ("slot", "minutes", "offered"),
    [
        (Slot(1, at("24 09:00")), 120, True),
        (Slot(1, at("24 09:00")), 135, False),
        (Slot(1, at("24 08:45")), 30, False),
        (Slot(1, at("26 09:00")), 30, False),
        (Slot(3, at("24 09:00")), 30, False),
        (Slot(1, at("24 09:00").astimezone(UTC)), 30, True),
    ],
)
def test_what_may_still_be_taken(slot: Slot, minutes: int, offered: bool) -> None:
    assert rules.offers(PLAN, slot, minutes) is offered


def test_reminders_that_have_passed_are_none() -> None:
    assert rules.reminders(at("26 09:00"), NOW) == (at("25 09:00"), at("26 07:00"))
    assert rules.reminders(at("24 12:00"), NOW) == (at("24 10:00"),)
    assert rules.reminders(at("24 10:00"), NOW) == ()


def test_cells_side_by_side_are_one_stretch() -> None:
    cells = [*rules.cells(at("24 09:00"), 30), at("24 10:00"), *rules.cells(at("24 09:30"), 15)]
    assert rules.stretches(cells) == [(at("24 09:00"), 45), (at("24 10:00"), 15)]
    assert rules.stretches([]) == []


def test_every_kind_is_in_one_group() -> None:
    kinds = [kind for kinds in rules.GROUPS.values() for kind in kinds]
    assert len(kinds) == len(set(kinds)) == 7
    assert [rules.group_of(kind) for kind in ("lottery", "assessment")] == ["home", "guidance"]
    assert timedelta(minutes=rules.CELL_MINUTES) == at("24 09:15") - at("24 09:00")
