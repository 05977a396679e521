"""While no text can be sent, whoever is promised one in a call is told that it will be a while."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, update

from outreach.delivery import outbox
from outreach.store.database import Database
from outreach.store.schema import deliveries
from tests.scenario import Talk

CALL = (
    "caller +8613893500001",
    "knows liangzhou",
    "opening massage liangzhou 凉州区康复按摩店 按摩师",
    "> 拨打",
    "> 1",
    "> 8",
)


@pytest.mark.parametrize(
    ("reason", "told"), [("carrier_down", True), ("account", True), ("quiet_hours", False)]
)
def test_the_caller_is_told_what_will_come(database: Database, reason: str, told: bool) -> None:
    talk = Talk(database, "held")

    def hold(db: Connection) -> None:
        outbox.queue_text(
            db,
            purpose="somebody's",
            person_id=None,
            address="+8613893500002",
            body="x",
            scope="service",
            now=talk.now,
            due_at=talk.now + timedelta(minutes=1),
            expires_at=talk.now + timedelta(hours=1),
        )
        db.execute(update(deliveries).values(reason=reason))

    database.write_now(hold)
    talk.play(iter(CALL))
    assert ("短信现在发不出去，线路一通就发给您" in "".join(talk.said)) is told, talk.said
    talk.play(iter(["? texts 2"]))
