"""The steps of a sending, each as work for one transaction: begin, end, take in a report, look up. No carrier here.

Between ``begin`` and ``end`` lies the one moment that no database can cover, the carrier being asked; ``look_up``
settles what was left there.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from typing import Final, TypeVar

import structlog
from phonenumbers import NumberParseException, PhoneNumberType, is_possible_number, number_type, parse
from sqlalchemy import Connection, bindparam, select

from outreach import metrics
from outreach.delivery import items, outbox, policy, timers
from outreach.delivery.outbox import NOT_TAKEN, Delivery
from outreach.delivery.policy import Recipient, Send, Skip, Wait
from outreach.store import messages
from outreach.store.schema import consents, people
from outreach.wire import CallOut, CallReport, Outcome, Refusal, Refused, Report, Taken, TextOut, Unknown

log = structlog.get_logger()
Out = TypeVar("Out", TextOut, CallOut)
Make = Callable[[Delivery, int, int], Out]
"""What a carrier is asked for, from a delivery, the attempt's number, and for how many seconds it is of use."""

RING_SECONDS: Final = 30
"""Seven rings. Longer, and the mailbox answers."""
HUNG_UP_SECONDS: Final = 4
"""Connected for less: whoever it was has not heard what it is about."""
HOME: Final = 86
"""Calls go to numbers of this country only: elsewhere a number that asks to be rung back may cost a fortune."""

OWN_WISH: Final = frozenset({"no_consent", "opted_out"})
"""Who did not want a message is not to be rung about it."""


def text_out(delivery: Delivery, attempt: int, seconds: int) -> TextOut:
    """A text message."""
    return TextOut(delivery.id, attempt, delivery.address, delivery.body, seconds)


def call_out(delivery: Delivery, attempt: int, _seconds: int) -> CallOut:
    """A call."""
    return CallOut(delivery.id, attempt, delivery.address, delivery.line, RING_SECONDS)


def begin(
    db: Connection, delivery: Delivery, owner: str, now: datetime, lease_seconds: float, make: Make[Out]
) -> Out | None:
    """Decide on a claimed delivery and mark it. None: the carrier is not to be asked; else commit first, then ask."""
    if delivery.expires_at <= now:
        return None
    to = _recipient(db, delivery, now)
    match policy.decide(delivery.scope, delivery.channel, to, now, delivery.expires_at):
        case Wait(until, reason):
            outbox.postpone(db, delivery.id, owner, until, reason, now)
            return None
        case Skip(reason):
            if outbox.skip(db, delivery.id, reason, now):
                _tell(delivery, f"skipped:{reason}")
                _unreached(db, delivery, reason, now)
            return None
        case Send():
            if not outbox.mark_sending(db, delivery.id, owner, now, lease_seconds):
                return None
            seconds = int((delivery.expires_at - now).total_seconds())
            return make(delivery, delivery.attempts + 1, seconds)


def end(db: Connection, delivery: Delivery, attempt: int, outcome: Outcome, now: datetime) -> None:
    """Write down what the carrier answered."""
    match outcome:
        case Taken(carrier_id):
            if outbox.mark_sent(db, delivery.id, attempt, carrier_id, now):
                _tell(delivery, "sent")
        case Unknown(why):
            if outbox.mark_unsure(db, delivery.id, attempt, why[:40], now):
                _tell(delivery, "unsure", why)
        case Refused(reason, code, retry_after_seconds):
            at = policy.again(reason, attempt, now, delivery.expires_at, retry_after_seconds)
            if at is not None:
                outbox.mark_again(db, delivery.id, attempt, reason, at, now)
                _tell(delivery, f"again:{reason}", code)
            elif outbox.mark_failed(db, delivery.id, attempt, reason, now):
                _given_up(db, delivery, reason, code, now)


def take_report(db: Connection, report: Report, now: datetime) -> bool:
    """Take in what the carrier says later: in any order, more than once. False: it changes nothing."""
    delivery = outbox.get(db, report.delivery_id)
    if delivery is None or delivery.attempts != report.attempt:
        return False
    # a report may come before the answer to the request it is about, or instead of it
    arrived = outbox.mark_sent(db, delivery.id, report.attempt, report.carrier_id, now)
    if arrived and outbox.disown(db, report.carrier_id, delivery.id, now):
        log.warning("delivery_mistaken_for_another", delivery=delivery.id)
    match report.state:
        case "sent":
            return arrived
        case "delivered":
            done = outbox.report(db, delivery.id, report.attempt, "delivered", None, now)
            if done:
                _tell(delivery, "delivered")
            return done
        case "failed":
            return _not_handed_over(db, delivery, report, now) or arrived


def take_call(db: Connection, report: CallReport, now: datetime) -> bool:
    """Take in what the carrier says of a call it makes for us, in any order. False: it changes nothing."""
    delivery = outbox.get(db, report.delivery_id)
    if delivery is None or delivery.channel != "voice" or delivery.attempts != report.attempt:
        return False
    arrived = outbox.mark_sent(db, delivery.id, report.attempt, report.carrier_id, now)
    if arrived and outbox.disown(db, report.carrier_id, delivery.id, now):
        log.warning("delivery_mistaken_for_another", delivery=delivery.id)
    if report.ending is None:
        return arrived
    reason = _came_of(db, delivery, report)
    if reason is not None:
        return _rung_in_vain(db, delivery, reason, report.code, now) or arrived
    done = outbox.report(db, delivery.id, report.attempt, "delivered", None, now)
    if done:
        _tell(delivery, "delivered")
    return done


def machine_answered(db: Connection, delivery_id: int, attempt: int, now: datetime) -> bool:
    """A machine has the call, or had it: nothing that was said counts as told. False: known, or of another attempt."""
    delivery = outbox.get(db, delivery_id)
    if delivery is None or delivery.attempts != attempt:
        return False
    if not outbox.report(db, delivery_id, attempt, "failed", "voicemail", now):
        return False
    items.unhear(db, delivery_id, delivery.begun_at or delivery.created_at)
    _given_up(db, delivery, "voicemail", None, now)
    return True


def _came_of(db: Connection, delivery: Delivery, report: CallReport) -> str | None:
    """Why a call that ended has not told all it was for. None: it has."""
    if report.ending != "completed":
        return report.ending
    told, left = items.told(db, delivery.id)
    if told + left == 0:  # ringing back who rang us is all there was to do
        return None
    short = report.seconds is not None and report.seconds < HUNG_UP_SECONDS
    if short and delivery.reason != outbox.ANSWERED:
        items.unhear(db, delivery.id, delivery.begun_at or delivery.created_at)
        return "hung_up"
    return "hung_up" if left else None


def _rung_in_vain(db: Connection, delivery: Delivery, reason: str, code: str | None, now: datetime) -> bool:
    at = policy.again(reason, delivery.attempts, now, delivery.expires_at)
    if at is not None:
        again = outbox.undelivered(db, delivery.id, delivery.attempts, reason, at, now)
        if again:
            _tell(delivery, f"again:{reason}", code)
        return again
    failed = outbox.report(db, delivery.id, delivery.attempts, "failed", reason, now)
    if failed:
        _given_up(db, delivery, reason, code, now)
    return failed


def reap(db: Connection, now: datetime) -> outbox.Reaped:
    """Settle what was left lying; whoever was not reached in time is not forgotten."""
    reaped = outbox.reap(db, now)
    for delivery in reaped.expired:
        _unreached(db, delivery, "expired", now)
    return reaped


def look_up(db: Connection, delivery: Delivery, found: Sequence[str], now: datetime) -> None:
    """Settle what was unsure by the carrier's own list: ``found`` are the ids there that it may have."""
    attempt = delivery.attempts
    outbox.hold_unsure(db, delivery.address)
    others = outbox.known(db, found)
    mine = next((carrier_id for carrier_id in found if carrier_id not in others), None)
    if mine is not None:
        if outbox.mark_sent(db, delivery.id, attempt, mine, now):
            _tell(delivery, "found")
        return
    at = policy.again(NOT_TAKEN, attempt, now, delivery.expires_at)
    if at is not None:
        outbox.mark_again(db, delivery.id, attempt, NOT_TAKEN, at, now)
        _tell(delivery, f"again:{NOT_TAKEN}")
    elif outbox.mark_failed(db, delivery.id, attempt, NOT_TAKEN, now):
        _given_up(db, delivery, NOT_TAKEN, None, now)


def give_up(db: Connection, delivery: Delivery, now: datetime) -> None:
    """Something unsure that cannot be looked up: better not at all than twice."""
    if outbox.mark_failed(db, delivery.id, delivery.attempts, "unknown_outcome", now):
        _given_up(db, delivery, "unknown_outcome", None, now)


def _not_handed_over(db: Connection, delivery: Delivery, report: Report, now: datetime) -> bool:
    reason: Refusal = report.reason or "carrier_refused"
    at = policy.again(reason, report.attempt, now, delivery.expires_at)
    if at is not None and reason not in policy.PAUSE:  # it was taken: no pause of ours has helped it
        again = outbox.undelivered(db, delivery.id, report.attempt, reason, at, now)
        if again:
            _tell(delivery, f"again:{reason}", report.code)
        return again
    failed = outbox.report(db, delivery.id, report.attempt, "failed", reason, now)
    if failed:
        _given_up(db, delivery, reason, report.code, now)
    return failed


def _given_up(db: Connection, delivery: Delivery, reason: str, code: str | None, now: datetime) -> None:
    _tell(delivery, f"failed:{reason}", code)
    if reason == "opted_out":  # told to the carrier, not to us: it counts all the same
        messages.opt_out(db, delivery.address, now)
    _unreached(db, delivery, reason, now)


def _unreached(db: Connection, delivery: Delivery, reason: str, now: datetime) -> None:
    """What could not be told by telephone goes as a text; a reminder that did not arrive at all, to a counselor."""
    if reason in OWN_WISH:
        return
    if delivery.channel == "voice" and _as_texts(db, delivery, now):
        return
    if delivery.scope != policy.REMINDERS:
        return
    counselor = select(people.c.counselor_id).where(people.c.id == delivery.person_id)
    outbox.queue_task(
        db,
        kind="call_back",
        purpose=f"unreached:{delivery.id}",
        person_id=delivery.person_id,
        phone=delivery.address,
        counselor_id=db.scalar(counselor),
        now=now,
    )


def _as_texts(db: Connection, delivery: Delivery, now: datetime) -> bool:
    """Have what a call was about told as texts. False: none can be, or nothing is left to tell in time."""
    if not delivery.fallback or delivery.person_id is None or not textable(delivery.address):
        return False
    left = items.to_tell(db, delivery.id, now)
    for item in left:
        timers.lead(
            db,
            items.as_text(item.id),
            item.page,
            item.data,
            now,
            item.expires_at,
            delivery.person_id,
            now,
            rung="sms",
            scope=item.scope,
        )
    return bool(left)


def _recipient(db: Connection, delivery: Delivery, now: datetime) -> Recipient:
    can_text, can_call = textable(delivery.address), callable_(delivery.address)
    if delivery.scope in (policy.SERVICE, policy.CALL_BACK) or delivery.person_id is None:
        return Recipient(textable=can_text, callable=can_call)
    # the person's row is the lock: two nodes must not both think that theirs is the day's last message
    person = db.execute(_HOURS_OF, {"person": delivery.person_id}).one()
    given = db.execute(_CONSENTS_OF, {"person": delivery.person_id}).all()
    counted, channel = policy.counted_with(delivery.scope), delivery.channel
    week = now - timedelta(days=7)
    return Recipient(
        agreed=frozenset(row.scope for row in given if row.withdrawn_at is None),
        withdrawn=frozenset(row.scope for row in given if row.withdrawn_at is not None),
        textable=can_text,
        callable=can_call,
        had=outbox.reached(db, delivery.person_id, policy.midnight(now), counted, channel),
        had_week=outbox.reached(db, delivery.person_id, week, counted, channel) if channel == "voice" else 0,
        window=window(person.contact_from, person.contact_until),
    )


_HOURS_OF = (
    select(people.c.contact_from, people.c.contact_until)
    .where(people.c.id == bindparam("person"))
    .with_for_update()
)
_CONSENTS_OF = select(consents.c.scope, consents.c.withdrawn_at).where(
    consents.c.person_id == bindparam("person")
)


def window(begins: str | None, ends: str | None) -> policy.Window | None:
    """A person's own hours, as they are kept. None: they have none."""
    return (time.fromisoformat(begins), time.fromisoformat(ends)) if begins and ends else None


def callable_(address: str) -> bool:
    """May this number be rung? Only possible numbers of our own country."""
    try:
        number = parse(address)
    except NumberParseException:
        return False
    return number.country_code == HOME and is_possible_number(number)


def textable(address: str) -> bool:
    """Do text messages reach this number? One of unknown sort: try."""
    try:
        return number_type(parse(address)) is not PhoneNumberType.FIXED_LINE
    except NumberParseException:
        return False


def _tell(delivery: Delivery, result: str, code: str | None = None) -> None:
    metrics.DELIVERIES.labels(result).inc()
    log.info("delivery", delivery=delivery.id, result=result, code=code)
