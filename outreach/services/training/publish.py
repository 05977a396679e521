"""What a counselor does to a session: what is rendered ahead, and (below) who has to be told of a change."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from outreach.dialogue.page import Phrase
from outreach.dialogue.prompts import Prompts
from outreach.services.training import rules, store


def phrases(db: Connection, prompts: Prompts, now: datetime) -> Iterator[Phrase]:
    """What callers can hear of the sessions that are offered, but for what depends on the day or the person."""
    say = prompts.bound[2, "voice"]
    for session in store.all_offered(db, now):
        yield from rules.headline(say, session)
        yield from rules.details(say, session)
        yield from rules.slowly(rules.numbers(say, session))
        yield say("training.register.ask", name=session.name, when=rules.when(say, session))
        yield say("training.wait.ask", name=session.name)
