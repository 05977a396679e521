"""What may be sent, when, and how often again: tables of what the law and good manners ask for."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.delivery import days, policy
from outreach.delivery.policy import Decision, Recipient, Send, Skip, Wait

ALL = Recipient(agreed=frozenset({"service", "reminders", "jobs", "campaigns"}))


def at(text: str) -> datetime:
    """Gansu's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=policy.LOCAL)


MONDAY = at("2026-03-02 10:00")
WEEK = timedelta(days=7)


@pytest.mark.parametrize(
    ("scope", "to", "decision"),
    [
        ("service", Recipient(), Send()),  # somebody we do not keep asked for it
        ("service", Recipient(withdrawn=frozenset({"jobs", "campaigns"})), Send()),
        ("service", Recipient(had=99), Send()),
        ("service", Recipient(textable=False), Skip("landline")),
        ("jobs", Recipient(), Skip("no_consent")),
        ("jobs", Recipient(agreed=frozenset({"service", "reminders"})), Skip("no_consent")),
        ("jobs", Recipient(agreed=frozenset({"jobs"})), Send()),
        ("jobs", Recipient(withdrawn=frozenset({"jobs"})), Skip("opted_out")),
        ("jobs", Recipient(frozenset({"jobs"}), frozenset({"jobs"})), Send()),  # agreed again
        ("campaigns", Recipient(frozenset({"campaigns"}), textable=False), Skip("landline")),
        ("reminders", Recipient(agreed=frozenset({"service"})), Skip("no_consent")),
        ("unheard_of", ALL, Skip("no_consent")),
    ],
)
def test_consent(scope: str, to: Recipient, decision: Decision) -> None:
    assert policy.decide(scope, "sms", to, MONDAY, MONDAY + WEEK) == decision


@pytest.mark.parametrize("scope", policy.OUTREACH)
@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-02 08:00", "2026-03-02 08:00"),
        ("2026-03-02 07:59", "2026-03-02 08:00"),
        ("2026-03-02 19:59", "2026-03-02 19:59"),
        ("2026-03-02 20:00", "2026-03-03 08:00"),
        ("2026-03-02 23:30", "2026-03-03 08:00"),
        ("2026-03-07 12:00", "2026-03-07 12:00"),  # a Saturday
        ("2026-02-14 12:00", "2026-02-14 12:00"),  # a Saturday that is worked
        ("2026-02-16 10:00", "2026-02-20 08:00"),  # the eve; only for reminders: see below
    ],
)
def test_hours(scope: str, now: str, until: str) -> None:
    if scope != "reminders" and until.startswith("2026-02-20"):
        until = "2026-02-24 08:00"  # the whole holiday
    decision = policy.decide(scope, "sms", ALL, at(now), at(now) + timedelta(days=20))
    assert decision == (Send() if now == until else Wait(at(until), "quiet_hours"))


@pytest.mark.parametrize(
    ("scope", "now", "opens"),
    [
        (
            "reminders",
            "2026-10-02 10:00",
            "2026-10-02 10:00",
        ),  # a public holiday is a day like others for them
        ("campaigns", "2026-10-02 10:00", "2026-10-08 08:00"),
        ("jobs", "2026-09-30 21:00", "2026-10-08 08:00"),
        ("campaigns", "2027-02-05 10:00", "2027-02-09 08:00"),  # beyond the library: the festival is known
    ],
)
def test_holidays(scope: str, now: str, opens: str) -> None:
    assert policy.opening("sms", scope, at(now)) == at(opens)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-03-02 08:59", "2026-03-02 09:00"),
        ("2026-03-02 11:59", "2026-03-02 11:59"),
        ("2026-03-02 12:00", "2026-03-02 14:30"),
        ("2026-03-02 19:59", "2026-03-02 19:59"),
        ("2026-03-02 20:00", "2026-03-03 09:00"),
    ],
)
def test_nobody_is_rung_at_noon(now: str, opens: str) -> None:
    assert policy.opening("voice", "campaigns", at(now)) == at(opens)


@pytest.mark.parametrize(
    ("had", "expires", "decision"),
    [
        (1, WEEK, Send()),
        (2, WEEK, Wait(at("2026-03-03 08:00"), "cap")),
        (9, WEEK, Wait(at("2026-03-03 08:00"), "cap")),
        (2, timedelta(hours=8), Skip("cap")),
        (2, timedelta(hours=22), Skip("cap")),  # ends when the next day's hours begin
    ],
)
def test_two_messages_a_day(had: int, expires: timedelta, decision: Decision) -> None:
    to = Recipient(ALL.agreed, had=had)
    assert policy.decide("campaigns", "sms", to, MONDAY, MONDAY + expires) == decision


def test_no_campaign_crowds_out_a_reminder() -> None:
    assert policy.counted_with("reminders") == ("reminders",)
    assert set(policy.counted_with("campaigns")) == {"reminders", "jobs", "campaigns"}


def test_what_ends_before_the_hours_begin_is_never_sent() -> None:
    late = at("2026-03-02 21:00")
    ends = at("2026-03-03 08:00")
    assert policy.decide("jobs", "sms", ALL, late, ends) == Skip("quiet_hours_until_end")
    assert policy.decide("jobs", "sms", ALL, late, ends + timedelta(seconds=1)) == Wait(ends, "quiet_hours")


@pytest.mark.parametrize(
    ("scope", "to", "decision"),
    [
        ("reminders", ALL, Send()),
        ("reminders", Recipient(), Skip("no_consent")),
        ("campaigns", Recipient(withdrawn=frozenset({"campaigns"})), Skip("opted_out")),
        ("campaigns", Recipient(ALL.agreed, textable=False), Send()),  # a landline can be rung
        ("campaigns", Recipient(ALL.agreed, callable=False), Skip("invalid_number")),
        ("campaigns", Recipient(ALL.agreed, had=1, had_week=1), Wait(at("2026-03-03 09:00"), "cap")),
        ("campaigns", Recipient(ALL.agreed, had_week=3), Wait(at("2026-03-03 09:00"), "cap")),
        ("campaigns", Recipient(ALL.agreed, had_week=2), Send()),
        ("call_back", Recipient(had=9, had_week=9), Send()),
        ("call_back", Recipient(callable=False), Skip("invalid_number")),
    ],
)
def test_calls(scope: str, to: Recipient, decision: Decision) -> None:
    assert policy.decide(scope, "voice", to, MONDAY, MONDAY + WEEK) == decision


@pytest.mark.parametrize(
    ("channel", "window", "now", "opens"),
    [
        ("sms", "17:00-19:00", "2026-03-02 10:00", "2026-03-02 17:00"),
        ("sms", "06:00-09:00", "2026-03-02 10:00", "2026-03-03 08:00"),
        ("voice", "11:00-15:00", "2026-03-02 10:00", "2026-03-02 11:00"),
        ("voice", "11:00-15:00", "2026-03-02 13:00", "2026-03-02 14:30"),
        ("voice", "12:00-14:00", "2026-03-02 10:00", "2026-03-02 10:00"),  # nothing in common: ours
    ],
)
def test_a_persons_own_hours_lie_inside_ours(
    channel: policy.Channel, window: str, now: str, opens: str
) -> None:
    begins, _, ends = window.partition("-")
    own = (time.fromisoformat(begins), time.fromisoformat(ends))
    assert policy.opening(channel, "reminders", at(now), own) == at(opens)


def test_ringing_back_keeps_to_the_hours() -> None:
    late = at("2026-03-02 21:00")
    decision = policy.decide("call_back", "voice", Recipient(), late, late + WEEK)
    assert decision == Wait(at("2026-03-03 09:00"), "quiet_hours")


@pytest.mark.parametrize(
    ("wish", "textable", "channel"),
    [(None, True, "sms"), (None, False, "voice"), ("voice", True, "voice"), ("sms", False, "voice")],
)
def test_the_persons_channel(wish: policy.Channel | None, textable: bool, channel: str) -> None:
    assert policy.channel_of(wish, textable) == channel


@pytest.mark.parametrize(
    ("reason", "attempts", "minutes"),
    [
        ("throttled", 1, 5 / 60),
        ("throttled", 6, 60),
        ("throttled", 7, None),
        ("backlog", 1, 10),
        ("backlog", 3, 120),
        ("backlog", 4, None),
        ("daily_limit", 1, 24 * 60),
        ("unreachable", 1, 60),
        ("unreachable", 3, 24 * 60),
        ("unreachable", 4, None),
        ("busy", 1, 10),
        ("busy", 2, 30),
        ("busy", 3, None),
        ("no_answer", 1, 60),
        ("no_answer", 2, 240),
        ("no_answer", 3, None),
        ("switched_off", 1, 24 * 60),
        ("switched_off", 2, None),
        ("hung_up", 1, 10),
        ("hung_up", 2, None),
        ("voicemail", 1, None),
        ("not_taken", 1, 0),
        ("account", 1, 10),
        ("account", 1000, 10),
        ("carrier_down", 1000, 1),
        ("opted_out", 1, None),
        ("invalid_number", 1, None),
        ("landline", 1, None),
        ("content_refused", 1, None),
        ("carrier_refused", 1, None),
    ],
)
def test_the_ladder(reason: str, attempts: int, minutes: float | None) -> None:
    expected = None if minutes is None else MONDAY + timedelta(minutes=minutes)
    assert policy.again(reason, attempts, MONDAY, MONDAY + WEEK) == expected


@pytest.mark.parametrize(("asked", "seconds"), [(None, 5), (2, 5), (42, 42), (0.5, 5)])
def test_the_carriers_patience_counts_where_it_asks_for_more(asked: float | None, seconds: int) -> None:
    assert policy.again("throttled", 1, MONDAY, MONDAY + WEEK, asked) == MONDAY + timedelta(seconds=seconds)


def test_the_end_is_a_wall_for_retries_too() -> None:
    assert policy.again("backlog", 1, MONDAY, MONDAY + timedelta(minutes=10)) is None
    assert policy.again("throttled", 1, MONDAY, MONDAY + timedelta(minutes=10), 601) is None


WHEN: Any = st.datetimes(datetime(2025, 1, 1), datetime(2040, 3, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=policy.LOCAL)
)


@given(WHEN, st.sampled_from(policy.OUTREACH), st.sampled_from(["sms", "voice"]))
def test_nothing_unasked_ever_goes_out_at_a_wrong_hour(
    now: datetime, scope: str, channel: policy.Channel
) -> None:
    opens = policy.opening(channel, scope, now)
    assert opens is not None
    local = opens.astimezone(policy.LOCAL)
    assert opens >= now
    assert any(begins <= local.time() < ends for begins, ends in policy.HOURS[channel])
    assert not days.festival(local.date())
    assert scope == "reminders" or not days.public_holiday(local.date())
