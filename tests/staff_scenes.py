"""What scenarios of counselors who ring in need: themselves, what there is to do, and what became of it."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select

from outreach.delivery import outbox
from outreach.store import bridges, staff
from outreach.store.audit import Audit
from outreach.store.schema import counselors, recordings, tasks
from outreach.store.tables.campaigns import campaigns
from outreach.store.tables.console import audit, users
from outreach.store.tables.staff import bridges as bridge_rows
from tests.scene_words import split


def counselor(db: Connection, rest: str, now: datetime) -> None:
    """``staff 马老师 +8613893500001 pin=482915``: a user on the duty roster, who rings in if they have a PIN."""
    (name, phone), given = split(rest)
    row = insert(counselors).values(name=name, phone=phone).returning(counselors.c.id)
    values = {"login": name, "name": name, "password_hash": "-", "role": "counselor", "created_at": now}
    user = insert(users).values(**values, counselor_id=db.execute(row).scalar_one()).returning(users.c.id)
    user_id = db.execute(user).scalar_one()
    if "pin" in given:
        staff.set_pin(Audit(db, None, now, "terminal"), user_id, given["pin"])


def to_do(db: Connection, rest: str, now: datetime) -> None:
    """``todo message +8613893501234 [said]``: an hour old; ``said``: with a recording."""
    kind, phone, *said = rest.split()
    at = now - timedelta(hours=1)
    recording_id = None
    if said:
        values = {"file": f"test/{kind}.wav", "purpose": "message", "seconds": 9, "created_at": at}
        row = insert(recordings).values(**values, expires_at=now + timedelta(days=30))
        recording_id = db.execute(row.returning(recordings.c.id)).scalar_one()
    outbox.queue_task(
        db,
        kind=kind,  # type: ignore[arg-type]
        purpose=rest,
        phone=None if phone == "-" else phone,
        recording_id=recording_id,
        now=at,
    )


def bridge(db: Connection, rest: str, now: datetime) -> None:
    """``bridge 1``: the first user has asked to be connected about task 1."""
    bridges.add(db, int(rest), 1, now)


def done_are(db: Connection, wanted: str) -> None:
    """``? done message case``; ``-``: nothing."""
    found = db.scalars(select(tasks.c.kind).where(tasks.c.done).order_by(tasks.c.id)).all()
    assert list(found) == [word for word in wanted.split() if word != "-"], found


def audit_is(db: Connection, wanted: str) -> None:
    """``? audit sign_in task.take``: by telephone, in this order."""
    query = select(audit.c.action).where(audit.c.via == "telephone").order_by(audit.c.id)
    found = list(db.scalars(query))
    assert found == wanted.split(), found


def campaign_is(db: Connection, wanted: str) -> None:
    """``? runs paused``."""
    assert db.scalars(select(campaigns.c.state)).all() == [wanted]


def outcome_is(db: Connection, wanted: str) -> None:
    """``? bridged dialled``: how the latest call to a person stands."""
    task_id = db.scalar(select(bridge_rows.c.task_id).order_by(bridge_rows.c.id.desc()).limit(1))
    assert task_id is not None
    now = db.scalar(select(bridge_rows.c.asked_at).limit(1))
    assert now is not None
    assert bridges.of_task(db, task_id, now)[-1].stands == wanted


def settled(db: Connection, args: list[str], now: datetime) -> None:
    """``@ bridged busy``: what the carrier says of the call to the person, before it comes back."""
    call_id = db.scalar(select(bridge_rows.c.call_id).order_by(bridge_rows.c.id.desc()).limit(1))
    assert call_id is not None
    assert bridges.settle(db, call_id, args[0], now)


SETTINGS: Mapping[str, Callable[[Connection, str, datetime], None]] = {
    "staff": counselor,
    "todo": to_do,
    "bridge": bridge,
}
CHECKS: Mapping[str, Callable[[Connection, str], None]] = {
    "done": done_are,
    "audit": audit_is,
    "runs": campaign_is,
    "bridged": outcome_is,
}
EVENTS: Mapping[str, Callable[[Connection, list[str], datetime], None]] = {"bridged": settled}
