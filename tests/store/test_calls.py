import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import permutations

import pytest
from sqlalchemy import Connection, select

from outreach.store import calls, people
from outreach.store.calls import Call
from outreach.store.database import Database
from outreach.store.schema import calls as rows
from outreach.wire import CallIn, CallState

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
NUMBER = "+8619900000001"
RINGS = CallIn("twilio", "CA1", NUMBER, "+8693512345")


def opened(database: Database, call_in: CallIn = RINGS, call_id: str = "c1", now: datetime = NOW) -> Call:
    return database.write_now(lambda db: calls.open_call(db, call_in, call_id, now))


def now_is(database: Database, call_id: str = "c1") -> Call:
    call = database.read_now(lambda db: calls.get(db, call_id))
    assert call is not None
    return call


def kept_person(db: Connection) -> int:
    person = people.create(db, NUMBER, NOW, "en")
    people.give_consent(db, person.id, "service", "home.welcome/1", "voice", None, NOW)
    return person.id


def test_a_call_is_opened_once(database: Database) -> None:
    call = opened(database)
    assert (call.id, call.state, call.mode, call.number) == ("c1", "ringing", "stream", NUMBER)
    assert (call.session_id, call.person_id, call.next_step) == ("call:c1", None, None)
    assert opened(database, call_id="c2", now=NOW + timedelta(seconds=5)) == call
    assert database.read_now(lambda db: calls.by_carrier_id(db, "twilio", "CA1")) == call
    assert database.read_now(lambda db: calls.by_carrier_id(db, "asterisk", "CA1")) is None
    assert database.read_now(lambda db: calls.get(db, "c2")) is None


def test_an_id_of_another_call_is_an_error(database: Database) -> None:
    opened(database)
    with pytest.raises(ValueError, match="another call's"):
        opened(database, CallIn("twilio", "CA2", None, None))


def test_a_call_of_somebody_we_keep_is_theirs(database: Database) -> None:
    person_id = database.write_now(kept_person)
    call = opened(database)
    assert (call.person_id, call.session_id, call.language) == (person_id, f"person:{person_id}", "en")


def test_who_withdrew_consent_is_a_stranger_again(database: Database) -> None:
    person_id = database.write_now(kept_person)
    database.write_now(lambda db: people.withdraw(db, person_id, "service", NOW))
    assert opened(database).session_id == "call:c1"


def test_a_caller_who_becomes_known(database: Database) -> None:
    opened(database)
    person_id = database.write_now(kept_person)
    database.write_now(lambda db: calls.attach(db, "c1", person_id, f"person:{person_id}"))
    call = now_is(database)
    assert (call.person_id, call.session_id) == (person_id, f"person:{person_id}")


def claim(database: Database, token: str, carrier_id: str = "CA1") -> Call | None:
    return database.write_now(lambda db: calls.claim_stream(db, "twilio", carrier_id, token, "node-1"))


def test_a_token_opens_one_stream(database: Database) -> None:
    opened(database)
    assert claim(database, "hash") is None
    assert database.write_now(lambda db: calls.issue_token(db, "c1", "hash"))
    assert claim(database, "other") is None
    assert claim(database, "hash", "CA2") is None
    call = claim(database, "hash")
    assert call is not None
    assert (call.state, call.node, call.streams) == ("live", "node-1", 1)
    assert claim(database, "hash") is None


def test_a_token_shown_many_times_at_once_opens_one_stream(database: Database) -> None:
    opened(database)
    database.write_now(lambda db: calls.issue_token(db, "c1", "hash"))

    def show(db: Connection) -> bool:
        return calls.claim_stream(db, "twilio", "CA1", "hash", "node") is not None

    async def all_at_once() -> list[bool]:
        return await asyncio.gather(*(database.write(show) for _ in range(12)))

    assert sum(asyncio.run(all_at_once())) == 1


def test_a_new_token_voids_the_old_one(database: Database) -> None:
    opened(database)
    for token in ("first", "second"):
        database.write_now(partial(calls.issue_token, call_id="c1", token_hash=token))
    assert claim(database, "first") is None
    assert claim(database, "second") is not None


def test_no_stream_opens_for_a_call_that_is_over(database: Database) -> None:
    opened(database)
    database.write_now(lambda db: calls.issue_token(db, "c1", "hash"))
    database.write_now(lambda db: calls.end(db, "c1", "completed", NOW))
    assert claim(database, "hash") is None
    assert not database.write_now(lambda db: calls.issue_token(db, "c1", "hash"))


def test_the_next_step_is_kept_until_a_stream_opens(database: Database) -> None:
    opened(database)
    step = {"dial": "+8693512345", "seconds": 25}
    assert database.write_now(lambda db: calls.set_next_step(db, "c1", step))
    assert now_is(database).next_step == step
    database.write_now(lambda db: calls.set_next_step(db, "c1", None))
    assert (
        database.read_now(lambda db: db.scalar(select(rows.c.id).where(rows.c.next_step.is_(None)))) == "c1"
    )
    database.write_now(lambda db: (calls.set_next_step(db, "c1", step), calls.issue_token(db, "c1", "hash")))
    claim(database, "hash")
    assert now_is(database).next_step is None


def test_what_the_console_sees(database: Database) -> None:
    opened(database, CallIn("twilio", "CA2", None, None), "c2", NOW + timedelta(seconds=1))
    opened(database)
    opened(database, CallIn("twilio", "CA3", None, None), "c3")
    database.write_now(lambda db: calls.end(db, "c3", "busy", NOW))
    assert database.write_now(lambda db: calls.where(db, "c2", "jobs.list"))
    assert database.write_now(lambda db: calls.keys_only(db, "c2"))
    shown = [(call.id, call.page, call.mode) for call in database.read_now(calls.live)]
    assert shown == [
        ("c1", None, "stream"),
        ("c2", "jobs.list", "keys"),
    ]


def stream(database: Database, token: str) -> None:
    assert database.write_now(lambda db: calls.issue_token(db, "c1", token))
    assert claim(database, token) is not None


def broke(database: Database, streams: int) -> int:
    return database.write_now(lambda db: calls.broke(db, "c1", streams))


def test_a_break_is_counted_once_whoever_tells_of_it(database: Database) -> None:
    opened(database)
    stream(database, "first")
    assert broke(database, 1) == 1
    assert now_is(database).node is None
    assert broke(database, 1) == 1
    stream(database, "second")
    assert broke(database, 1) == 1  # told late: another stream is open by now
    assert now_is(database).node == "node-1"
    assert broke(database, 2) == 2
    with pytest.raises(LookupError):
        database.write_now(lambda db: calls.broke(db, "c9", 1))


def test_a_stream_that_never_opens_counts_as_broken(database: Database) -> None:
    """Else a call whose streams cannot be opened would be connected for ever."""
    opened(database)
    for token in ("first", "asked again"):
        database.write_now(partial(calls.issue_token, call_id="c1", token_hash=token))
    assert now_is(database).breaks == 0
    assert claim(database, "asked again") is not None
    assert broke(database, 1) == 1
    for token in ("never shown", "nor this one"):
        database.write_now(partial(calls.issue_token, call_id="c1", token_hash=token))
    assert broke(database, 1) == 2


def test_an_ended_call_stays_as_it_ended(database: Database) -> None:
    opened(database)
    assert database.write_now(lambda db: calls.end(db, "c1", "completed", NOW))
    call = now_is(database)
    assert (call.state, call.reason, call.ended_at, call.number) == ("ended", "completed", NOW, None)
    later = NOW + timedelta(minutes=1)
    assert not database.write_now(lambda db: calls.end(db, "c1", "failed", later))
    assert not database.write_now(lambda db: calls.set_next_step(db, "c1", {"dial": None}))
    assert not database.write_now(lambda db: calls.where(db, "c1", "home.menu"))
    database.write_now(lambda db: calls.advance(db, "twilio", "CA1", "live", 9, None, later))
    assert now_is(database) == call
    assert not database.write_now(lambda db: calls.end(db, "c9", "completed", NOW))


REPORTS: Sequence[tuple[CallState, int]] = (("ringing", 0), ("live", 1), ("transferring", 2), ("ended", 3))


def test_reports_in_any_order_and_twice_end_the_same(database: Database) -> None:
    def take_in(db: Connection, order: tuple[int, ...]) -> None:
        carrier_id = f"CA{order}"
        calls.open_call(db, CallIn("twilio", carrier_id, None, None), carrier_id, NOW)
        furthest = 0
        for step in (*order, *order):
            call = calls.advance(db, "twilio", carrier_id, *REPORTS[step], None, NOW)
            furthest = max(furthest, step)
            assert call is not None
            assert call.state == REPORTS[furthest][0]
        assert call is not None
        assert call.reason == "completed"

    for order in permutations(range(4)):
        database.write_now(partial(take_in, order=order))


def test_a_stale_report_does_not_undo_a_return_from_a_transfer(database: Database) -> None:
    opened(database)
    database.write_now(lambda db: calls.advance(db, "twilio", "CA1", "transferring", 2, None, NOW))
    database.write_now(lambda db: calls.issue_token(db, "c1", "hash"))
    claim(database, "hash")
    database.write_now(lambda db: calls.advance(db, "twilio", "CA1", "transferring", 2, None, NOW))
    assert now_is(database).state == "live"


def test_a_report_of_an_unknown_call(database: Database) -> None:
    assert database.write_now(lambda db: calls.advance(db, "twilio", "CA9", "live", 1, None, NOW)) is None


def test_a_number_is_kept_while_its_person_agrees(database: Database) -> None:
    person_id = database.write_now(kept_person)
    opened(database)
    database.write_now(lambda db: calls.end(db, "c1", "completed", NOW))
    assert now_is(database).number == NUMBER
    assert database.write_now(calls.erase_numbers) == 0
    database.write_now(lambda db: people.withdraw(db, person_id, "service", NOW))
    assert database.write_now(calls.erase_numbers) == 1
    assert now_is(database).number is None


def test_a_number_in_use_is_not_erased(database: Database) -> None:
    opened(database)
    assert database.write_now(calls.erase_numbers) == 0


def test_the_last_call_is_noted_when_it_ends(database: Database) -> None:
    """Not when it begins: "new since your last call" is asked for in between."""
    person_id = database.write_now(kept_person)

    def last(db: Connection) -> datetime | None:
        person = people.get(db, person_id)
        return person.last_call_at if person else None

    later = NOW + timedelta(hours=1)
    opened(database)
    opened(database, CallIn("twilio", "CA2", NUMBER, None), "c2", later)
    assert database.read_now(last) is None
    database.write_now(lambda db: calls.end(db, "c2", "completed", later))
    database.write_now(lambda db: calls.end(db, "c1", "completed", later))
    assert database.read_now(last) == later


def test_calls_nobody_ended_are_ended(database: Database) -> None:
    opened(database)
    opened(database, CallIn("twilio", "CA2", None, None), "c2", NOW + timedelta(minutes=1))
    assert database.write_now(lambda db: calls.end_forgotten(db, NOW + calls.LONGEST_CALL)) == 1
    assert now_is(database).reason == "failed"
    assert [call.id for call in database.read_now(calls.live)] == ["c2"]


def test_live_calls_are_found_by_their_index(sqlite_url: str) -> None:
    """Among a million past ones."""
    database = Database.open(sqlite_url)

    def plan(db: Connection) -> str:
        query = select(rows.c.id).where(calls.OPEN).order_by(rows.c.started_at)
        compiled = query.compile(db, compile_kwargs={"render_postcompile": True})
        return str(db.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}").all())

    assert "ix_calls_open" in database.read_now(plan)
    database.close_now()


def test_a_call_of_ours_is_no_call_of_theirs(database: Database) -> None:
    """What is new since they last rang stays new; and it belongs to whom it is for, not to whoever has the number."""
    person_id = database.write_now(kept_person)
    database.write_now(kept_person)  # rang later, so would be taken for the one who has the number
    later = NOW + timedelta(hours=1)
    call = database.write_now(lambda db: calls.open_call(db, RINGS, "c1", later, rung=(7, person_id)))
    assert (call.person_id, call.delivery_id) == (person_id, 7)
    database.write_now(lambda db: calls.end(db, "c1", "completed", later))
    person = database.read_now(lambda db: people.get(db, person_id))
    assert person is not None
    assert person.last_call_at is None
