"""What may be sent, when, and how often again. Pure: what is known goes in, a decision comes out.

The laws (MIIT Order 31 of 2015, the 2020 notice on call centres, PIPL art. 15): nothing unasked without a consent of
its scope; not in rest hours; not too often. A reply that somebody asked for (scope ``service``) is held up by none of
them: whoever rings at night for an address wants it at night. On Spring Festival's eve and first three days nothing
unasked goes out at all, on other public holidays only reminders, which are about a day of the person's own.

Calls out are not made yet. A delivery by ``voice``, which is for people who would rather be rung, goes out as a text
where texts reach; a telephone that takes none is left to a counselor (``landline``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from outreach.delivery import days
from outreach.wire import Refusal

LOCAL: Final = ZoneInfo("Asia/Shanghai")

Channel = Literal["sms", "voice"]
SkipReason = Literal["no_consent", "opted_out", "landline", "quiet_hours_until_end", "cap"]
WaitReason = Literal["quiet_hours", "cap"]

SERVICE: Final = "service"
REMINDERS: Final = "reminders"
OUTREACH: Final = ("reminders", "jobs", "campaigns")
"""Scopes of what is sent without being asked for each time."""

HOURS: Final[Mapping[Channel, tuple[tuple[time, time], ...]]] = {
    "voice": ((time(9), time(12)), (time(14, 30), time(20))),
    "sms": ((time(8), time(20)),),
}
"""From and until, Asia/Shanghai. Blind practitioners work late and rest at noon."""
CAP: Final[Mapping[Channel, int]] = {"voice": 1, "sms": 2}
"""Outreach to one person on one day. Reminders are counted among themselves: no campaign can crowd one out."""

AT_ONCE: Final = timedelta(0)
NEXT_DAY: Final = timedelta(hours=24)
LADDER: Final[Mapping[str, tuple[timedelta, ...]]] = {
    "throttled": tuple(timedelta(seconds=wait) for wait in (5, 15, 60, 300, 900, 3600)),
    "backlog": tuple(timedelta(minutes=wait) for wait in (10, 30, 120)),
    "daily_limit": (NEXT_DAY, NEXT_DAY),
    "unreachable": tuple(timedelta(hours=wait) for wait in (1, 4, 24)),
    "busy": tuple(timedelta(minutes=wait) for wait in (10, 30, 120)),
    "no_answer": (timedelta(hours=1), timedelta(hours=4), NEXT_DAY),
    "switched_off": (NEXT_DAY,),
    "not_taken": (AT_ONCE, timedelta(minutes=10), timedelta(hours=1)),
}
"""After the first, second … attempt: how long to wait. A reason that is not here, or a ladder at its end, is final."""
PAUSE: Final[Mapping[str, timedelta]] = {
    "account": timedelta(minutes=10),
    "carrier_down": timedelta(minutes=1),
}
"""Trouble that is not the message's (password, balance, network): all sending rests, and nothing is given up for it."""
LONGEST_LOOK_AHEAD_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Send:
    """By all means, now, as a text."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not before ``until``."""

    until: datetime
    reason: WaitReason


@dataclass(frozen=True, slots=True)
class Skip:
    """Not at all."""

    reason: SkipReason


Decision = Send | Wait | Skip


@dataclass(frozen=True, slots=True)
class Recipient:
    """What is known of whom it is for.

    ``agreed``, ``withdrawn``: scopes of consents in force, and of those that were. ``had``: messages of
    ``counted_with(scope)`` today.
    """

    agreed: frozenset[str] = frozenset()
    withdrawn: frozenset[str] = frozenset()
    textable: bool = True
    had: int = 0


def decide(scope: str, channel: Channel, to: Recipient, now: datetime, expires_at: datetime) -> Decision:
    """May it be sent now? ``now`` < ``expires_at``, both aware."""
    if scope != SERVICE and scope not in to.agreed:
        return Skip("opted_out" if scope in to.withdrawn else "no_consent")
    if not to.textable:
        return Skip("landline")
    if scope == SERVICE:
        return Send()
    at = opening("sms", scope, now)
    if at is None or at >= expires_at:
        return Skip("quiet_hours_until_end")
    if at > now:
        return Wait(at, "quiet_hours")
    if to.had < CAP["sms"]:
        return Send()
    tomorrow = opening("sms", scope, midnight(now) + timedelta(days=1))
    if tomorrow is None or tomorrow >= expires_at:
        return Skip("cap")
    return Wait(tomorrow, "cap")


def counted_with(scope: str) -> tuple[str, ...]:
    """The scopes whose messages use up the same day's allowance."""
    return (REMINDERS,) if scope == REMINDERS else OUTREACH


def opening(channel: Channel, scope: str, now: datetime) -> datetime | None:
    """``now`` if outreach may go out now, else when it next may. None: not within a month, so never."""
    local = now.astimezone(LOCAL)
    for offset in range(LONGEST_LOOK_AHEAD_DAYS):
        day = local.date() + timedelta(days=offset)
        if days.festival(day) or (scope != REMINDERS and days.public_holiday(day)):
            continue
        for begins, ends in HOURS[channel]:
            first = datetime.combine(day, begins, LOCAL)
            if local < datetime.combine(day, ends, LOCAL):
                return now if first <= local else first.astimezone(now.tzinfo)
    return None


def midnight(now: datetime) -> datetime:
    """The beginning of the day in Gansu."""
    local = now.astimezone(LOCAL)
    return datetime.combine(local.date(), time(0), LOCAL).astimezone(now.tzinfo)


def again(
    reason: Refusal | Literal["not_taken"],
    attempts: int,
    now: datetime,
    expires_at: datetime,
    retry_after_seconds: float | None = None,
) -> datetime | None:
    """When to try again after ``attempts`` attempts, the last of which ended so. None: never.

    A carrier's ``Retry-After`` is kept where it asks for more patience than the ladder.
    """
    wait = PAUSE.get(reason)
    if wait is None:
        steps = LADDER.get(reason, ())
        if attempts > len(steps):
            return None
        wait = steps[attempts - 1]
    at = now + max(wait, timedelta(seconds=retry_after_seconds or 0))
    return at if at < expires_at else None
