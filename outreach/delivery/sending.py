"""The steps of a sending, each as work for one transaction: begin, end, take in a report, look up. No carrier here.

Between ``begin`` and ``end`` lies the one moment that no database can cover, the carrier being asked; ``look_up``
settles what was left there.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog
from phonenumbers import NumberParseException, PhoneNumberType, number_type, parse
from sqlalchemy import Connection, select

from outreach import metrics
from outreach.delivery import outbox, policy
from outreach.delivery.outbox import NOT_TAKEN, Delivery
from outreach.delivery.policy import Recipient, Send, Skip, Wait
from outreach.store import messages
from outreach.store.schema import consents, people
from outreach.wire import Outcome, Refusal, Refused, Report, Taken, TextOut, Unknown

log = structlog.get_logger()

OWN_WISH: Final = frozenset({"no_consent", "opted_out"})
"""Who did not want a message is not to be rung about it."""


def begin(
    db: Connection, delivery: Delivery, owner: str, now: datetime, lease_seconds: float
) -> TextOut | None:
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
            return TextOut(delivery.id, delivery.attempts + 1, delivery.address, delivery.body, seconds)


def end(db: Connection, delivery: Delivery, text: TextOut, outcome: Outcome, now: datetime) -> None:
    """Write down what the carrier answered."""
    match outcome:
        case Taken(carrier_id):
            if outbox.mark_sent(db, delivery.id, text.attempt, carrier_id, now):
                _tell(delivery, "sent")
        case Unknown(why):
            if outbox.mark_unsure(db, delivery.id, text.attempt, why[:40], now):
                _tell(delivery, "unsure", why)
        case Refused(reason, code, retry_after_seconds):
            at = policy.again(reason, text.attempt, now, delivery.expires_at, retry_after_seconds)
            if at is not None:
                outbox.mark_again(db, delivery.id, text.attempt, reason, at, now)
                _tell(delivery, f"again:{reason}", code)
            elif outbox.mark_failed(db, delivery.id, text.attempt, reason, now):
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
    """A reminder closes its loop: who cannot be reached in writing is rung by their counselor."""
    if delivery.scope != policy.REMINDERS or reason in OWN_WISH:
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


def _recipient(db: Connection, delivery: Delivery, now: datetime) -> Recipient:
    reachable = textable(delivery.address)
    if delivery.scope == policy.SERVICE or delivery.person_id is None:
        return Recipient(textable=reachable)
    # the person's row is the lock: two nodes must not both think that theirs is the day's last message
    db.execute(select(people.c.id).where(people.c.id == delivery.person_id).with_for_update())
    given = db.execute(
        select(consents.c.scope, consents.c.withdrawn_at).where(consents.c.person_id == delivery.person_id)
    ).all()
    return Recipient(
        agreed=frozenset(row.scope for row in given if row.withdrawn_at is None),
        withdrawn=frozenset(row.scope for row in given if row.withdrawn_at is not None),
        textable=reachable,
        had=outbox.reached(db, delivery.person_id, policy.midnight(now), policy.counted_with(delivery.scope)),
    )


def textable(address: str) -> bool:
    """Do text messages reach this number? One of unknown sort: try."""
    try:
        return number_type(parse(address)) is not PhoneNumberType.FIXED_LINE
    except NumberParseException:
        return False


def _tell(delivery: Delivery, result: str, code: str | None = None) -> None:
    metrics.DELIVERIES.labels(result).inc()
    log.info("delivery", delivery=delivery.id, result=result, code=code)
