"""Publishing a round: what is rendered ahead, who is told of it, and reminders after its dates have changed."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from outreach.delivery import outbox
from outreach.dialogue.page import Effect, Forget, Phrase, Remind
from outreach.dialogue.prompts import Prompts
from outreach.services.titles import pages, rules, store, wording
from outreach.store import people

TOLD_WITHIN = timedelta(days=7)


def phrases(db: Connection, prompts: Prompts, today: date) -> Iterator[Phrase]:
    """What callers can hear of the rounds that run today, but for what depends on the day or the person."""
    say = prompts.bound[2, "voice"]
    for this in filter(None, (store.current(db, level, today) for level in rules.LEVELS)):
        yield from wording.opens_and_closes(say, this, today)
        yield from (say("titles.rules.paragraph", words=words) for words in store.rules_of(db, this.id))
        yield from wording.dates(say, this)
        for found in store.papers_of(db, this.id):
            yield wording.paper(say, found)
            yield say("titles.check", name=found.name)


def announce(
    db: Connection, round_id: int, languages: Mapping[str, Prompts], signature: str, now: datetime
) -> int:
    """Queue a text to everybody who asked to be told of such a round and still agrees; how many.

    Each person once for each round, however often it is published. Raises LookupError: no such round.
    """
    this = store.get(db, round_id)
    if this is None:
        raise LookupError(f"no round {round_id}")
    told = 0
    for waiting in store.wishes(db, this.level):
        if "service" not in people.consents(db, waiting.person_id):
            continue
        prompts = languages.get(waiting.language or "") or next(iter(languages.values()))
        say = prompts.bound[2, "sms"]
        body = say("titles.wish.text", closes=wording.day(say, this.closes_on)).text
        told += outbox.queue_text(
            db,
            purpose=f"titles:{this.id}:new:{waiting.person_id}",
            person_id=waiting.person_id,
            address=waiting.phone,
            body=f"【{signature}】{body}",
            scope="service",
            now=now,
            expires_at=now + TOLD_WITHIN,
        )
    return told


def reminders(db: Connection, round_id: int, now: datetime) -> list[Remind]:
    """For all who take part, after the dates or somebody's state have changed; each takes the old one's place."""
    this = store.get(db, round_id)
    if this is None:
        raise LookupError(f"no round {round_id}")
    return [pages.remind(this, entry, now) for entry in store.taking_part(db, round_id)]


def decide(db: Connection, entry_id: int, state: str, now: datetime) -> list[Effect]:
    """How somebody stands from now on: reminders follow; of what is over, nobody is reminded.

    Raises LookupError: no such entry; IntegrityError: no such state.
    """
    store.stand(db, entry_id, state, now)
    entry = store.entry(db, entry_id)
    this = store.get(db, entry.round_id) if entry else None
    if entry is None or this is None:
        raise LookupError(f"no entry {entry_id}")
    return [pages.remind(this, entry, now) if entry.active else Forget(pages.occasion(entry.id))]
