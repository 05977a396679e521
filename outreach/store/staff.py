"""Counselors on the telephone: known by their number on the duty roster, and by their PIN."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from outreach.store import pins
from outreach.store.audit import Audit
from outreach.store.schema import counselors
from outreach.store.tables.console import users
from outreach.store.tables.staff import staff_pins

PIN_DIGITS = 6
"""They hear of many people: longer than a person's own."""
ROLES = ("admin", "counselor")


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody who may ring in. ``phone``: their own."""

    user_id: int
    counselor_id: int
    login: str
    name: str
    phone: str
    pin_hash: str | None


_STAFF = (
    select(
        users.c.id, counselors.c.id, users.c.login, users.c.name, counselors.c.phone, staff_pins.c.pin_hash
    )
    .join(counselors, counselors.c.id == users.c.counselor_id)
    .outerjoin(staff_pins, staff_pins.c.user_id == users.c.id)
    .where(users.c.active, counselors.c.active, users.c.role.in_(ROLES))
    .order_by(users.c.id)
)


def at(db: Connection, number: str) -> Staff | None:
    """Whose telephone this is, if they ring in with a PIN."""
    row = db.execute(_STAFF.where(counselors.c.phone == number, staff_pins.c.pin_hash.is_not(None))).first()
    return Staff(*row) if row else None


def get(db: Connection, user_id: int) -> Staff | None:
    """The user, if they have a telephone on the roster."""
    row = db.execute(_STAFF.where(users.c.id == user_id)).first()
    return Staff(*row) if row else None


def right(who: Staff, pin: str) -> bool:
    """Is it theirs?"""
    return who.pin_hash is not None and pins.fits(who.pin_hash, pin)


def set_pin(audit: Audit, user_id: int, pin: str | None) -> None:
    """From now on this PIN is asked for; None: they ring in no more. Raises LookupError for an unknown user."""
    db = audit.db
    if db.scalar(select(users.c.id).where(users.c.id == user_id).with_for_update()) is None:
        raise LookupError(f"no user {user_id}")
    db.execute(delete(staff_pins).where(staff_pins.c.user_id == user_id))
    if pin is not None:
        db.execute(insert(staff_pins).values(user_id=user_id, pin_hash=pins.hashed(pin)))
    audit.record("user.pin", "users", user_id, after={"pin": "***" if pin else None})
