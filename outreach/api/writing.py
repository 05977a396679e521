"""Openings from other systems: published and changed, by the same rules as by a counselor's hand."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import Connection, RowMapping, select

from outreach.services.phones import e164
from outreach.services.places import today
from outreach.store.audit import Audit
from outreach.store.schema import openings

Kind = Literal["massage", "hospital", "public", "factory", "farm", "service", "online", "supported"]
County = Literal["liangzhou", "minqin", "gulang", "tianzhu"]


def _phone(value: str) -> str:
    if e164(value) is None:
        raise ValueError(
            "不是国内能拨的电话，要写成 0935-2212345 或 13893512345"
            " / not a number that can be dialled in China: 0935-2212345 or 13893512345"
        )
    return value


Short = Annotated[str, Field(max_length=120)]
Long = Annotated[str, Field(max_length=200)]
Phone = Annotated[str, AfterValidator(_phone), Field(max_length=20)]


class Change(BaseModel):
    """What may be changed of an opening; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=80)] = ""
    employer: Annotated[str, Field(min_length=1, max_length=120)] = ""
    kind: Kind = "massage"
    county: County = "liangzhou"
    place: Long = ""
    places: Annotated[int, Field(ge=1, le=9999)] = 1
    pay: Annotated[str, Field(min_length=1, max_length=120)] = ""
    shifts: Short = ""
    lodging: Short = ""
    requirements: Long = ""
    access: Long = ""
    exam: Long = ""
    contact: Annotated[str, Field(max_length=40)] = ""
    phone: Phone = ""
    source: Short = ""
    expires_on: date | None = None
    filled: bool = False


class New(Change):
    """A new opening. ``source``: which system it comes from, and its number there."""

    title: Annotated[str, Field(min_length=1, max_length=80)]
    employer: Annotated[str, Field(min_length=1, max_length=120)]
    kind: Kind
    county: County
    pay: Annotated[str, Field(min_length=1, max_length=120)]
    phone: Phone
    source: Annotated[str, Field(min_length=1, max_length=120)]
    expires_on: date


Publish = Callable[[Connection, int, datetime], object]
"""Tells those who asked to be told of such openings."""


def add(audit: Audit, new: New, announce: Publish) -> tuple[int, bool]:
    """The opening's id, and whether it had to be added: one of the same source is there only once."""
    db, now = audit.db, audit.now
    same = select(openings.c.id).where(openings.c.source == new.source, openings.c.employer == new.employer)
    if (known := db.execute(same.limit(1)).scalar_one_or_none()) is not None:
        return int(known), False
    values = new.model_dump(exclude={"filled"}) | {
        "published_at": now,
        "checked_on": today(now),
        "filled_at": now if new.filled else None,
    }
    opening_id = audit.add(openings, values)
    if not new.filled:
        announce(db, opening_id, now)
    return opening_id, True


def change(audit: Audit, opening_id: int, wanted: Change, version: int) -> bool:
    """Change it, if it is still as it was at ``version``. False: it is not."""
    now = audit.now
    values: dict[str, Any] = wanted.model_dump(exclude_unset=True)
    if "filled" in values:
        values["filled_at"] = now if values.pop("filled") else None
    still = select(openings.c.id).where(openings.c.id == opening_id, openings.c.version == version)
    if audit.db.execute(still.with_for_update()).first() is None:
        return False
    audit.change(openings, opening_id, values | {"version": version + 1, "checked_on": today(now)})
    return True


def shown(db: Connection, opening_id: int, columns: tuple[str, ...]) -> RowMapping | None:
    """The opening as it is read."""
    query = select(*(openings.c[name] for name in columns)).where(openings.c.id == opening_id)
    return db.execute(query).mappings().one_or_none()
