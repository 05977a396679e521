"""A campaign with a recording: calls play it, texts are sent as written, and a file that is gone is read aloud."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import Connection, insert, select, update

from outreach.dialogue.page import Turn
from outreach.services.campaigns import content, pages
from outreach.store.database import Database
from outreach.store.schema import recordings
from outreach.store.tables.campaigns import campaign_items, campaigns
from tests.campaigns.office import HELLO, NOW, Office
from tests.scenario import LANGUAGES


@pytest.mark.parametrize(
    ("channel", "purpose", "sound"),
    [("voice", "prompt", "202611/a.wav"), ("sms", "prompt", ""), ("voice", "message", "")],
)
def test_a_recording_is_heard_in_calls_only(
    database: Database, channel: str, purpose: str, sound: str
) -> None:
    office = Office(database)
    (person,) = office.people(1)
    made = office.campaign()
    office.tick()

    def work(db: Connection) -> Any:
        values = {
            "purpose": purpose,
            "file": "202611/a.wav",
            "seconds": 2,
            "created_at": NOW,
            "expires_at": NOW,
        }
        recording = db.execute(insert(recordings).values(values).returning(recordings.c.id)).scalar_one()
        said = content.read(HELLO)
        said = replace(said, variants=(replace(said.variants[0], recording=recording),))
        change = update(campaigns).where(campaigns.c.id == made)
        db.execute(change.values(content=content.plain(said)))
        turn = SimpleNamespace(
            db=db,
            data={"item": db.scalar(select(campaign_items.c.id))},
            profile=SimpleNamespace(person_id=person, language="zh-CN"),
            now=NOW,
            channel=channel,
            say=LANGUAGES["zh-CN"].bound[2, "voice"],
        )
        return pages._message(cast(Turn, turn))[1]

    phrase = database.write_now(work)
    assert phrase.sound == sound
    assert phrase.text == "下月办培训班。"
