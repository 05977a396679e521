"""What the console's doings set off: a service line's effects, queued in the transaction of what was done."""

from collections.abc import Iterable

from outreach import effects as outbox
from outreach.console.desk import Desk
from outreach.dialogue.page import Effect, Profile, Transfer
from outreach.store.audit import Audit


def tell(audit: Audit, desk: Desk, effects: Iterable[Effect]) -> None:
    """Queue them. Each names its person: nobody is on the line."""
    for effect in effects:
        assert not isinstance(effect, Transfer), "only a call can be transferred"
        outbox.queue(audit.db, effect, "console", Profile(), desk.config.sms_signature, audit.now)
