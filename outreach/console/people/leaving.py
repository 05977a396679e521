"""A person's record as a whole, for them to take along; and their erasing, at once or after the days of grace."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, select

from outreach import effects
from outreach.console.desk import Desk
from outreach.console.language import said
from outreach.console.people import hanging
from outreach.dialogue.page import Alert, Effect, Forget, Later, Profile, Remind, Text, Words
from outreach.services.mine.erasing import erased
from outreach.services.mine.privacy import erase_at, erasing_of
from outreach.services.registry import LEAVE
from outreach.store import people as kept
from outreach.store.audit import Audit, plain
from outreach.store.people import Person
from outreach.store.schema import calls

When = Literal["grace", "now"]
TABLES: Final[Mapping[str, str]] = {
    "people": said("档案"),
    "consents": said("同意"),
    "sessions": said("对话的进度"),
    "calls": said("来电和去电"),
    "recordings": said("录音"),
    "saved_openings": said("记下的岗位"),
    "applications": said("求职报名"),
    "job_alerts": said("新岗位通知"),
    "deliveries": said("短信和电话"),
    "call_items": said("电话里要说的事"),
    "tasks": said("待办"),
    "task_notes": said("待办的记录"),
    "timers": said("还没到的提醒"),
    "training_registrations": said("培训登记"),
    "bookings": said("预约"),
    "booking_cells": said("预约占的时间"),
    "title_entries": said("职称评审"),
    "title_ticks": said("职称评审的材料"),
    "title_wishes": said("等职称评审通知"),
    "cases": said("维权求助"),
    "case_messages": said("维权求助的话"),
    "produce_offers": said("农产品"),
    "produce_wishes": said("想买的农产品"),
    "inbound_messages": said("发来的短信"),
    "needs": said("需求"),
    "services_given": said("给出的服务"),
    "line_visits": said("用过的服务"),
    "speakers": said("说过自己是谁"),
    "person_skills": said("会做什么"),
    "event_sign_ups": said("活动报名"),
    "campaign_items": said("群发"),
    "campaign_answers": said("群发里的回答"),
    "audience_members": said("在哪些名单上"),
    "case_notes": said("维权求助的记录"),
}
"""What is kept, table by table. One that is not here is shown by its own name."""


class Impossible(Exception):
    """It cannot be done now. ``why``: a sentence."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Wish:
    """To be erased: ``when``, and for which ``reason``; who asked for it, and how we know."""

    when: When
    reason: str


def record(db: Connection, person_id: int, now: datetime) -> dict[str, Any]:
    """All that is kept, as JSON can hold it: every table with every column but secrets."""
    tables = {
        str(table.name): [plain({str(name): value for name, value in row.items()}) for row in rows]
        for table, rows in hanging.rows(db, person_id)
    }
    return {"person": person_id, "written_at": now.isoformat(), "tables": tables}


def erase(audit: Audit, desk: Desk, person_id: int, wish: Wish) -> datetime | None:
    """Have them erased; when that will be, None: it is done.

    Raises LookupError when they are no longer there, Impossible while they are on the line.
    """
    person = kept.get(audit.db, person_id)
    if person is None:
        raise LookupError(f"no person {person_id}")
    say = words_for(desk, person)
    if wish.when == "grace":
        at = erase_at(audit.now)
        kept.erase_later(audit.db, person_id, at)
        told = Profile(number=person.phone).textable
        _queue(audit, desk, person, erasing_of(say, person_id, at, told))
        audit.record("erase.ask", "people", person_id, after={"at": at, "reason": wish.reason})
        return at
    speaking = (calls.c.person_id == person_id, calls.c.state != "ended")
    if audit.db.execute(select(calls.c.id).where(*speaking)).first():
        raise Impossible(said("本人正在通话，请等通话结束以后再删。"))
    done = erased(LEAVE, audit.db, person, audit.now, say("mine.erased.text").text)
    _queue(audit, desk, None, done)
    audit.record("erase", "people", person_id, after={"reason": wish.reason})
    return None


def stay(audit: Audit, person_id: int) -> bool:
    """They thought better of it. False: they had not asked."""
    if not kept.stay(audit.db, person_id):
        return False
    audit.record("erase.stay", "people", person_id)
    return True


def words_for(desk: Desk, person: Person) -> Words:
    """The prompts in the person's language, else in the house's."""
    languages = desk.languages
    prompts = languages.get(person.language or "") or next(iter(languages.values()))
    return prompts.bound[person.wordiness, "sms"]


def _queue(audit: Audit, desk: Desk, person: Person | None, found: Any) -> None:
    profile = Profile(person_id=person.id, number=person.phone) if person else Profile()
    effect: Effect
    for effect in found:
        assert isinstance(effect, Text | Alert | Remind | Later | Forget), "nobody is on the line here"
        signature = desk.config.sms_signature
        effects.queue(audit.db, effect, "console", profile, signature, audit.now)
