"""What a counselor does to a case: its state, and what its person is told of it. Audited by whoever calls."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, update

from outreach.dialogue.page import Profile, Text
from outreach.dialogue.prompts import Prompts
from outreach.services.places import LOCAL
from outreach.services.rights import store
from outreach.store import people
from outreach.store.tables.community import cases


def change_state(
    db: Connection, case_id: int, state: str, languages: Mapping[str, Prompts], now: datetime
) -> Sequence[Text]:
    """From now on the case is in this state, one of ``rules.STATES``; what its person is to be told.

    The text says when they reported, never what: others may read the same telephone. Nothing is told when the state
    is the old one, when nobody knows whose case it is, and where no text arrives: they hear of it when they ring.
    Raises LookupError when there is no such case.
    """
    case = store.get(db, case_id)
    if case is None:
        raise LookupError(f"no case {case_id}")
    if case.state == state:
        return ()
    db.execute(update(cases).where(cases.c.id == case_id).values(state=state, updated_at=now))
    person = people.get(db, case.person_id) if case.person_id is not None else None
    if person is None or not Profile(number=person.phone).textable:
        return ()
    prompts = languages.get(person.language or "") or next(iter(languages.values()))
    say = prompts.bound[2, "sms"]
    reported, changed = case.created_at.astimezone(LOCAL), now.astimezone(LOCAL)
    news = say(f"rights.state.{state}", month=changed.month, day=changed.day).text
    body = say("rights.news", month=reported.month, day=reported.day, state=news).text
    return (Text(f"case:{case_id}:{state}:{now:%Y%m%d%H%M%S}", body, to=person.phone),)
