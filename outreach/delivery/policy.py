"""What may be sent, when, and how often again. Pure: what is known goes in, a decision comes out.

The laws (MIIT Order 31 of 2015, the 2020 notice on call centres, PIPL art. 15): nothing unasked without a consent of
its scope; not in rest hours; not too often. A reply that somebody asked for (scope ``service``) is held up by none of
them: whoever rings at night for an address wants it at night. On Spring Festival's eve and first three days nothing
unasked goes out at all, on other public holidays only reminders, which are about a day of the person's own.

Whoever would rather be rung, or has a telephone that takes no texts, is rung (``channel_of``). Ringing somebody back
who rang us (scope ``call_back``) needs no consent and uses up no allowance, but keeps to the hours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from outreach.delivery import days

LOCAL: Final = ZoneInfo("Asia/Shanghai")

Channel = Literal["sms", "voice"]
SkipReason = Literal["no_consent", "opted_out", "landline", "invalid_number", "quiet_hours_until_end", "cap"]
WaitReason = Literal["quiet_hours", "cap"]

SERVICE: Final = "service"
CALL_BACK: Final = "call_back"
REMINDERS: Final = "reminders"
OUTREACH: Final = ("reminders", "jobs", "campaigns")
"""Scopes of what is sent without being asked for each time."""
OWN_DAYS: Final = frozenset({REMINDERS, CALL_BACK})
"""What may go out on a public holiday: it is about a day, or a wish, of the person's own."""

HOURS: Final[Mapping[Channel, tuple[tuple[time, time], ...]]] = {
    "voice": ((time(9), time(12)), (time(14, 30), time(20))),
    "sms": ((time(8), time(20)),),
}
"""From and until, Asia/Shanghai. Blind practitioners work late and rest at noon."""
CAP: Final[Mapping[Channel, int]] = {"voice": 1, "sms": 2}
"""Outreach to one person on one day. Reminders are counted among themselves: no campaign can crowd one out."""
CALLS_A_WEEK: Final = 3
"""Outreach calls to one person in seven days, counted alike."""

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
    "hung_up": (timedelta(minutes=10),),
    "not_taken": (AT_ONCE, timedelta(minutes=10), timedelta(hours=1)),
}
"""After the first, second … attempt: how long to wait. A reason that is not here, or a ladder at its end, is final."""
PAUSE: Final[Mapping[str, timedelta]] = {
    "account": timedelta(minutes=10),
    "carrier_down": timedelta(minutes=1),
}
"""Trouble that is not the message's (password, balance, network): all sending rests, and nothing is given up for it."""
MOST_CALLS: Final = 3
"""About one thing, whatever came of them."""
CALLS: Final = frozenset({"busy", "no_answer", "switched_off", "hung_up"})
"""Reasons why a call, and only a call, reached nobody."""
CALL_BACK_WITHIN: Final = timedelta(hours=24)
LONGEST_LOOK_AHEAD_DAYS: Final = 30


Window = tuple[time, time]
"""A person's own hours, from and until, in Gansu."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast calls may be made: begun in one second, and under way at once."""

    calls_a_second: int = 1
    calls_at_once: int = 10


@dataclass(frozen=True, slots=True)
class Send:
    """By all means, now."""


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

    ``agreed``, ``withdrawn``: scopes of consents in force, and of those that were. ``textable``, ``callable``: is
    the number one of that sort? ``had``: messages (or calls) of ``counted_with(scope)`` today; ``had_week``: in seven
    days. ``window``: their own hours.
    """

    agreed: frozenset[str] = frozenset()
    withdrawn: frozenset[str] = frozenset()
    textable: bool = True
    callable: bool = True
    had: int = 0
    had_week: int = 0
    window: Window | None = None


def decide(scope: str, channel: Channel, to: Recipient, now: datetime, expires_at: datetime) -> Decision:
    """May it be sent now? ``now`` < ``expires_at``, both aware."""
    unasked = scope not in (SERVICE, CALL_BACK)
    if unasked and scope not in to.agreed:
        return Skip("opted_out" if scope in to.withdrawn else "no_consent")
    if channel == "sms" and not to.textable:
        return Skip("landline")
    if channel == "voice" and not to.callable:
        return Skip("invalid_number")
    if scope == SERVICE:
        return Send()
    window = to.window if unasked else None
    at = opening(channel, scope, now, window)
    if at is None or at >= expires_at:
        return Skip("quiet_hours_until_end")
    if at > now:
        return Wait(at, "quiet_hours")
    full = to.had >= CAP[channel] or (channel == "voice" and to.had_week >= CALLS_A_WEEK)
    if not unasked or not full:
        return Send()
    tomorrow = opening(channel, scope, midnight(now) + timedelta(days=1), window)
    if tomorrow is None or tomorrow >= expires_at:
        return Skip("cap")
    return Wait(tomorrow, "cap")


def channel_of(wish: Channel | None, textable: bool) -> Channel:
    """How somebody is reached who did not come to us: as they chose, by text if they chose nothing and texts arrive."""
    return "voice" if wish == "voice" or not textable else "sms"


def counted_with(scope: str) -> tuple[str, ...]:
    """The scopes whose messages use up the same day's allowance."""
    return (REMINDERS,) if scope == REMINDERS else OUTREACH


def opening(channel: Channel, scope: str, now: datetime, window: Window | None = None) -> datetime | None:
    """``now`` if outreach may go out now, else when it next may. None: not within a month, so never.

    ``window``: a person's own hours, inside ours; where the two have no minute in common, ours are kept.
    """
    local = now.astimezone(LOCAL)
    hours = _common(HOURS[channel], window)
    for offset in range(LONGEST_LOOK_AHEAD_DAYS):
        day = local.date() + timedelta(days=offset)
        if days.festival(day) or (scope not in OWN_DAYS and days.public_holiday(day)):
            continue
        for begins, ends in hours:
            first = datetime.combine(day, begins, LOCAL)
            if local < datetime.combine(day, ends, LOCAL):
                return now if first <= local else first.astimezone(now.tzinfo)
    return None


def _common(hours: tuple[Window, ...], window: Window | None) -> tuple[Window, ...]:
    if window is None:
        return hours
    inside = ((max(begins, window[0]), min(ends, window[1])) for begins, ends in hours)
    return tuple((begins, ends) for begins, ends in inside if begins < ends) or hours


def day_of(moment: datetime) -> tuple[datetime, datetime]:
    """From and until of its day in Gansu."""
    begins = midnight(moment)
    return begins, begins + timedelta(days=1)


def midnight(now: datetime) -> datetime:
    """The beginning of the day in Gansu."""
    local = now.astimezone(LOCAL)
    return datetime.combine(local.date(), time(0), LOCAL).astimezone(now.tzinfo)


def again(
    reason: str,
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
        if attempts > len(steps) or (reason in CALLS and attempts >= MOST_CALLS):
            return None
        wait = steps[attempts - 1]
    at = now + max(wait, timedelta(seconds=retry_after_seconds or 0))
    return at if at < expires_at else None
