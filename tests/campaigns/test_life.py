"""A campaign's life and its calendar: tables."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from outreach.campaigns import life, schedule
from outreach.campaigns.life import MoveError, State, Verb
from outreach.campaigns.schedule import Schedule, ScheduleError

LOCAL = ZoneInfo("Asia/Shanghai")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


@pytest.mark.parametrize(
    ("state", "verb", "there"),
    [
        ("draft", "rehearse", "rehearsed"),
        ("rehearsed", "approve", "approved"),
        ("rehearsed", "edit", "draft"),
        ("approved", "edit", "draft"),
        ("approved", "schedule", "scheduled"),
        ("scheduled", "start", "running"),
        ("running", "pause", "paused"),
        ("paused", "resume", "scheduled"),
        ("running", "wait", "scheduled"),
        ("running", "finish", "finished"),
        ("paused", "cancel", "cancelled"),
        ("draft", "approve", None),
        ("draft", "schedule", None),
        ("rehearsed", "schedule", None),
        ("running", "edit", None),
        ("scheduled", "edit", None),
        ("finished", "cancel", None),
        ("cancelled", "resume", None),
        ("finished", "start", None),
    ],
)
def test_moves(state: State, verb: Verb, there: State | None) -> None:
    if there is not None:
        assert life.after(state, verb) == there
        assert verb in life.may(state)
        return
    with pytest.raises(MoveError):
        life.after(state, verb)


def test_nothing_leaves_an_end() -> None:
    assert all(life.may(state) == () for state in life.ENDED)


def test_every_state_is_reached_and_every_verb_does_something() -> None:
    assert set(get_args(Verb)) == set(life.MOVES)
    reached = {there for moves in life.MOVES.values() for there in moves.values()}
    assert reached == set(get_args(State))


def test_where_a_second_one_is_asked_for_the_maker_may_not_approve() -> None:
    assert not life.may_approve("马丽", "马丽", second=True)
    assert life.may_approve("马丽", "何建军", second=True)
    assert life.may_approve("马丽", "马丽", second=False)


# --- The calendar -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "after", "runs"),
    [
        ({"kind": "daily", "clock": "10:00"}, "2026-03-02T10:00", ["2026-03-03T10:00", "2026-03-04T10:00"]),
        ({"kind": "daily", "clock": "10:00"}, "2026-03-02T09:59", ["2026-03-02T10:00"]),
        ({"kind": "weekly", "weekday": 3, "clock": "15:00"}, "2026-03-02T00:00", ["2026-03-04T15:00"]),
        (
            {"kind": "monthly", "month_day": 31, "clock": "09:00"},
            "2026-01-31T09:00",
            ["2026-02-28T09:00", "2026-03-31T09:00"],
        ),
        ({"kind": "daily", "clock": "10:00", "until": "2026-03-02"}, "2026-03-02T10:00", []),
        ({"kind": "daily", "clock": "10:00", "day": "2026-04-01"}, "2026-03-02T10:00", ["2026-04-01T10:00"]),
        ({"kind": "once", "day": "2026-04-01", "clock": "10:00"}, "2026-03-02T10:00", []),
    ],
)
def test_the_following_runs(plan: dict[str, Any], after: str, runs: list[str]) -> None:
    found: list[datetime] = []
    at = schedule.following(schedule.read(plan), local(after))
    while at is not None and len(found) < max(len(runs), 1):
        found.append(at)
        at = schedule.following(schedule.read(plan), at)
    assert found == [local(run) for run in runs]


def test_the_first_run() -> None:
    now = local("2026-03-02T10:00").astimezone(UTC)
    assert schedule.first(Schedule(), now) == now
    tomorrow = Schedule(day="2026-03-03", clock="09:00")
    assert schedule.first(tomorrow, now) == local("2026-03-03T09:00")
    begun = Schedule(day="2026-03-02", clock="09:00", hours=2)
    assert schedule.first(begun, now) == now
    assert schedule.first(Schedule(day="2026-03-01", clock="09:00", hours=2), now) is None


def test_a_run_ends_before_the_next_begins() -> None:
    daily = Schedule(kind="daily", clock="10:00", hours=72)
    begins = local("2026-03-02T10:00")
    assert schedule.ends(daily, begins) == begins + timedelta(days=1)
    assert schedule.ends(Schedule(hours=72), begins) == begins + timedelta(hours=72)


@pytest.mark.parametrize(
    ("plan", "key"),
    [
        ({"kind": "once", "day": "2026-02-30"}, "campaign.schedule.date"),
        ({"kind": "daily"}, "campaign.schedule.no_clock"),
        ({"kind": "daily", "clock": "25:00"}, "campaign.schedule.date"),
        ({"hours": 0}, "campaign.schedule.no_time"),
        ({"day": "2026-03-03", "until": "2026-03-01"}, "campaign.schedule.end_first"),
        ({"kind": "relative", "clock": "10:00"}, "campaign.schedule.no_anchor"),
        ({"kind": "weekly", "clock": "10:00", "weekday": 8}, "campaign.schedule.date"),
        ({"until_when": 3}, "campaign.schedule.unknown"),
    ],
)
def test_schedules_that_make_no_sense(plan: dict[str, Any], key: str) -> None:
    with pytest.raises(ScheduleError) as wrong:
        schedule.read(plan)
    assert wrong.value.key == key
