"""Publishing an opening: what is to be rendered before anybody rings, and who is told of it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from outreach.delivery import outbox
from outreach.dialogue.page import Phrase
from outreach.dialogue.prompts import Prompts
from outreach.services.jobs import rules, store
from outreach.store import people

TOLD_WITHIN = timedelta(days=2)


def phrases(db: Connection, prompts: Prompts, today: date) -> Iterator[Phrase]:
    """Everything a caller can hear of every opening that is offered today."""
    say = prompts.bound[2, "voice"]
    for opening in store.all_offered(db, today):
        yield from rules.headline(say, opening)
        yield from rules.details(say, opening)
        yield from rules.slowly(rules.numbers(say, opening))
        yield say("jobs.apply.ask", employer=opening.employer, title=opening.title)


def announce(
    db: Connection, opening_id: int, languages: dict[str, Prompts], signature: str, now: datetime
) -> int:
    """Queue a text to everybody who asked to be told of such an opening and still agrees to it; how many.

    Each person once for each opening, however often it is published.
    """
    opening = store.get(db, opening_id)
    if opening is None:
        raise LookupError(f"no opening {opening_id}")
    told = 0
    for subscriber in store.subscribers(db, opening):
        if "service" not in people.consents(db, subscriber.person_id):
            continue
        prompts = languages.get(subscriber.language or "") or next(iter(languages.values()))
        say = prompts.bound[2, "sms"]
        county = say(f"county.{opening.county}").text
        text = say("jobs.alert.text", county=county, employer=opening.employer, title=opening.title).text
        told += outbox.queue_text(
            db,
            purpose=f"alert:{opening.id}:{subscriber.person_id}",
            person_id=subscriber.person_id,
            address=subscriber.phone,
            body=f"【{signature}】{text}",
            scope="jobs",
            now=now,
            expires_at=now + TOLD_WITHIN,
        )
    return told
