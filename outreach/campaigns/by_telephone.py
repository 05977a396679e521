"""What a counselor asks of a campaign by telephone: done by the scheduler, a moment after they have hung up."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from outreach.campaigns import progress
from outreach.campaigns.life import MoveError
from outreach.dialogue.page import Data, Effect
from outreach.services.registry import Handler
from outreach.store import staff
from outreach.store.audit import Audit


def pause(db: Connection, now: datetime, data: Data) -> list[Effect]:
    """Stop a campaign; nothing when it has stopped by itself, or nobody may any more."""
    who = staff.get(db, data["user"])
    if who is None:
        return []
    audit = Audit(db, who.user_id, now, "telephone")
    with suppress(MoveError, LookupError):
        progress.pause(db, data["campaign"], who.login, now, audit=audit)
    return []


HANDLERS: Final[Mapping[str, Handler]] = {"campaigns.pause": pause}
"""Named by a ``Later`` of the counselors' line."""
