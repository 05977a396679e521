"""A counselor presses the button: their telephone rings at the fake carrier, they press 1, the person is rung."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select

from outreach.console import calling_back
from outreach.delivery import outbox
from outreach.simulator.outgoing import Folk
from outreach.store import bridges
from outreach.store.audit import Audit
from outreach.store.schema import tasks
from outreach.store.tables.console import users
from tests import staff_scenes
from tests.wire.serving import in_process
from tests.wire.test_calls_out import Office, Shifted

OWN, PERSON = "+8613893500001", "+8613893501234"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    data, clock = tmp_path_factory.mktemp("bridge"), Shifted()
    with in_process(data, f"sqlite:///{data / 'outreach.db'}", clock) as served:
        served.store.write_now(lambda db: staff_scenes.counselor(db, f"马老师 {OWN}", clock()))
        yield Office(served, clock)


def press(office: Office) -> int:
    """A new task and the button; the task's id."""

    def work(db: Connection) -> int:
        now = office.clock()
        outbox.queue_task(db, kind="call_back", purpose=f"test:{now}", phone=PERSON, now=now)
        task_id = db.execute(select(func.max(tasks.c.id))).scalar_one()
        user_id = db.execute(select(users.c.id).where(users.c.login == "马老师")).scalar_one()
        calling_back.ask(Audit(db, user_id, now), task_id)
        return int(task_id)

    return office.served.store.write_now(work)


def stands(office: Office, task_id: int) -> str:
    now = office.clock()
    return office.served.stored(lambda db: bridges.of_task(db, task_id, now))[-1].stands


def test_they_are_connected_and_it_is_done(office: Office) -> None:
    office.folk(
        Folk(
            "answers",
            ("until:接通对方，请按1", "key:1", "until:通话结束了", "until:请按2", "key:1", "until:办完了"),
        )
    )
    task_id = press(office)
    office.until(lambda: stands(office, task_id) == "answered", "connected")
    done = select(tasks.c.done).where(tasks.c.id == task_id)
    office.until(lambda: office.served.stored(lambda db: db.scalar(done)), "done")
    (call,) = office.calls(OWN)
    office.until(lambda: call.status == "completed", "over")
    assert call.failure is None, call.failure
    assert "尾号1234" in call.said
    assert PERSON[3:] not in call.said


def test_who_does_not_answer_is_not_rung_again(office: Office) -> None:
    office.folk(Folk("no-answer"))
    before = len(office.calls(OWN))
    task_id = press(office)
    office.until(lambda: stands(office, task_id) == "unreached", "not answered")
    office.clock.ahead += timedelta(hours=2)
    assert len(office.calls(OWN)) == before + 1
