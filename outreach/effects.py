"""What becomes of a page's effects: rows, in the transaction of the turn (or the timer) that caused them.

A transfer is the call's own affair: ``conversation.py`` keeps it. Nothing is sent from here.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert

from outreach.delivery import outbox, timers
from outreach.dialogue.page import Alert, Forget, Later, Profile, Remind, Text
from outreach.store.schema import recordings

MESSAGE_KEPT = timedelta(days=30)
KEPT = {"case": timedelta(days=365), "produce": timedelta(days=90)}
"""What is left with a case is its evidence (labour claims lapse after a year); an offer lasts a season."""
TEXT_WITHIN = timedelta(hours=24)
"""A text that somebody asked for is of no use a day later."""


Queued = Text | Alert | Remind | Later | Forget


def queue(
    db: Connection, effect: Queued, source: str, profile: Profile, signature: str, now: datetime
) -> None:
    """Write down one effect. ``source``: the call (or message, or timer) it comes from; ``profile``: whose it is."""
    match effect:
        case Text(purpose, body, scope, to):
            address = to or profile.number
            if address is None:
                raise AssertionError("a page must ask for a number before it sends a text")
            outbox.queue_text(
                db,
                purpose=purpose,
                person_id=profile.person_id,
                address=address,
                body=f"【{signature}】{body}",
                scope=scope,
                now=now,
                expires_at=now + TEXT_WITHIN,
            )
        case Alert():
            outbox.queue_task(
                db,
                kind=effect.kind,
                purpose=effect.purpose,
                person_id=profile.person_id,
                phone=effect.phone or profile.number,
                counselor_id=effect.counselor_id,
                opening_id=effect.opening_id,
                recording_id=_keep_recording(db, source, profile, effect, now) if effect.recording else None,
                call_id=source,
                now=now,
            )
        case Remind(occasion, page, data, at, until, person_id, escalate, matters):
            whom = profile.person_id if person_id is None else person_id
            if whom is None:
                raise AssertionError("a page must ask for consent before it reminds")
            timers.remind(db, occasion, page, data, at, until, whom, now, escalate=escalate, matters=matters)
        case Later(occasion, handler, data, moment):
            timers.later(db, occasion, handler, data, moment, now)
        case Forget(occasion):
            timers.forget(db, occasion, now)


def _keep_recording(db: Connection, call_id: str, profile: Profile, alert: Alert, now: datetime) -> int:
    values = {
        "call_id": call_id,
        "person_id": profile.person_id,
        "purpose": alert.kind if alert.kind in KEPT else "message",
        "file": alert.recording,
        "seconds": alert.seconds,
        "created_at": now,
        "expires_at": now + KEPT.get(alert.kind, MESSAGE_KEPT),
    }
    return int(db.execute(insert(recordings).values(values).returning(recordings.c.id)).scalar_one())
