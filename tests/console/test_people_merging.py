"""Two files of one person become one, with all that hangs on them; or words say why not."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, select, update

from outreach.console.people import merging
from outreach.console.people.hanging import counts, tables_of_people
from outreach.delivery import timers
from outreach.services.training.notices import occasion
from outreach.store import people, schema
from outreach.store.audit import Audit
from outreach.store.database import Database
from outreach.store.tables.bookings import booking_cells, bookings, practitioners
from outreach.store.tables.console import audit
from outreach.store.tables.timers import timers as timer_rows
from outreach.store.tables.titles import title_entries, title_papers, title_ticks, title_wishes
from outreach.store.tables.training import training_registrations
from tests.console.house import NOW, House
from tests.console.test_people import NUMBER, hang_everything_on, person

PAIR = merging.Pair(1, 2)
HOUR = timedelta(hours=1)


@pytest.fixture
def house(database: Database) -> House:
    def fill(db: Connection) -> None:
        person(
            db, name="张国栋", phone=NUMBER, county="minqin", last_call_at=NOW - HOUR, created_at=NOW - HOUR
        )
        person(db, name="张国栋", phone="+8613893505678", county="minqin", speed=5, created_at=NOW - 9 * HOUR)
        hang_everything_on(db, 1)
        hang_everything_on(db, 2, 2)

    database.write_now(fill)
    return House(database)


def merged(house: House, **values: Any) -> None:
    house.database.write_now(lambda db: merging.merge(Audit(db, None, NOW), PAIR, values))


def refused(house: House) -> str | None:
    return house.database.read_now(lambda db: merging.refusal(db, PAIR))


def write(house: House, *statements: Any) -> None:
    house.database.write_now(lambda db: [db.execute(one) for one in statements] and None)


def read(house: House, query: Any) -> list[Any]:
    return house.database.read_now(lambda db: [tuple(row) for row in db.execute(query)])


def test_everything_moves_and_nothing_is_lost(house: House) -> None:
    before = house.database.read_now(lambda db: (counts(db, 1), counts(db, 2)))
    merged(house, speed=5)
    after = house.database.read_now(lambda db: counts(db, 1))
    assert house.database.read_now(lambda db: people.get(db, 2)) is None
    for name, count in before[0].items():
        assert after[name] == (1 if name == "people" else count + before[1][name]), name
    for table, column in tables_of_people():
        assert read(house, select(func.count()).select_from(table).where(column == 2)) == [(0,)], table.name
    kept = house.database.read_now(lambda db: people.get(db, 1))
    assert kept is not None
    assert (kept.speed, kept.phone) == (5, NUMBER)
    assert (kept.created_at, kept.last_call_at) == (NOW - 9 * HOUR, NOW - HOUR)


def test_it_is_written_down_with_both(house: House) -> None:
    merged(house)
    rows = read(
        house, select(audit.c.action, audit.c.entity_id, audit.c.before).where(audit.c.action == "merge")
    )
    assert [(row[0], row[1]) for row in rows] == [("merge", "1"), ("merge", "2")]
    assert rows[0][2]["id"] == 2
    assert rows[0][2]["speed"] == 5
    assert rows[1][2] is None  # what was in the file is told with the one that stays


@pytest.mark.parametrize(
    ("mine", "others", "stays"),
    [
        ("cancelled", "registered", "registered"),
        ("registered", "cancelled", "registered"),
        ("waiting", "lapsed", "waiting"),
        ("cancelled", "attended", "attended"),
        ("cancelled", "cancelled", "cancelled"),
    ],
)
def test_of_two_registrations_in_one_session_the_living_one_stays(
    house: House, mine: str, others: str, stays: str
) -> None:
    own = training_registrations
    seated = ("registered", "offered", "attended")
    for person_id, state in ((1, mine), (2, others)):
        seat = person_id if state in seated else None
        values = {"state": state, "seat": seat, "session_id": 1}
        write(house, update(own).where(own.c.person_id == person_id).values(values))
    merged(house)
    assert read(house, select(own.c.state, own.c.person_id)) == [(stays, 1)]


def test_a_seat_that_is_offered_runs_out_and_is_reminded_of_under_its_new_name(house: House) -> None:
    own = training_registrations

    def offer(db: Connection) -> None:
        values = {"state": "offered", "offer_until": NOW + HOUR}
        db.execute(update(own).where(own.c.person_id == 2).values(values))
        data = {"session": 2, "person": 2}
        timers.later(db, occasion(2, 2, "offer_end"), "training.offer_expired", data, NOW + HOUR, NOW)

    house.database.write_now(offer)
    merged(house)
    query = select(timer_rows.c.occasion, timer_rows.c.data).where(timer_rows.c.handler.is_not(None))
    assert read(house, query) == [(occasion(2, 1, "offer_end"), {"session": 2, "person": 1})]


def test_of_two_applications_the_one_further_on_stays(house: House) -> None:
    own = schema.applications
    write(house, update(own).where(own.c.person_id == 2).values(opening_id=1, state="interview"))
    merged(house)
    assert read(house, select(own.c.person_id, own.c.opening_id, own.c.state)) == [(1, 1, "interview")]


def test_papers_ready_by_either_entry_are_ready(house: House) -> None:
    own = title_entries
    write(
        house,
        update(own).where(own.c.person_id == 2).values(round_id=1, state="handed_in"),
        insert(title_papers).values(round_id=1, position=1, name="学历"),
        insert(title_papers).values(round_id=1, position=2, name="论文"),
        insert(title_ticks).values(entry_id=1, paper_id=1, ready=True, ticked_at=NOW),
        insert(title_ticks).values(entry_id=2, paper_id=2, ready=True, ticked_at=NOW),
    )
    merged(house)
    assert read(house, select(own.c.id, own.c.person_id)) == [(2, 1)]
    ticks = select(title_ticks.c.entry_id, title_ticks.c.paper_id).order_by(title_ticks.c.paper_id)
    assert read(house, ticks) == [(2, 1), (2, 2)]


def test_what_both_keep_is_kept_once(house: House) -> None:
    for person_id in (1, 2):
        write(
            house,
            insert(schema.saved_openings).values(person_id=person_id, opening_id=1, saved_at=NOW),
            insert(schema.job_alerts).values(person_id=person_id, county="", kind="", created_at=NOW),
            insert(title_wishes).values(person_id=person_id, level="middle", created_at=NOW),
            insert(schema.sessions).values(
                id=f"person:{person_id}", person_id=person_id, state="{}", turn=1, updated_at=NOW
            ),
        )
    write(house, insert(schema.saved_openings).values(person_id=2, opening_id=2, saved_at=NOW))
    merged(house)
    assert read(
        house, select(schema.saved_openings.c.opening_id).order_by(schema.saved_openings.c.opening_id)
    ) == [
        (1,),
        (2,),
    ]
    assert read(house, select(schema.job_alerts.c.person_id)) == [(1,)]
    assert read(house, select(title_wishes.c.person_id)) == [(1,)]
    assert read(house, select(schema.sessions.c.id)) == [("person:1",)]


@pytest.mark.parametrize(
    ("mine", "others", "in_force"),
    [
        ((5, None), (4, None), True),
        ((5, None), (4, 3), False),  # the other took it back later
        ((2, None), (4, 3), True),  # and gave it again after that
        ((5, 4), (3, None), True),
        ((5, 4), (3, 2), False),
    ],
)
def test_their_latest_word_counts(
    house: House, mine: tuple[int, int | None], others: tuple[int, int | None], in_force: bool
) -> None:
    """Hours ago: given, withdrawn."""

    def happen(db: Connection) -> None:
        for person_id, (given, withdrawn) in ((1, mine), (2, others)):
            people.give_consent(db, person_id, "jobs", "x/1", "voice", None, NOW - given * HOUR)
            if withdrawn is not None:
                people.withdraw(db, person_id, "jobs", NOW - withdrawn * HOUR)

    house.database.write_now(happen)
    merged(house)
    assert house.database.read_now(lambda db: people.consents(db, 1)) == ({"jobs"} if in_force else set())
    assert read(house, select(func.count()).select_from(schema.consents)) == [(2,)]  # as it was given, both


def seats_of_both(house: House) -> None:
    own = training_registrations
    write(house, update(own).where(own.c.person_id == 2).values(session_id=1, seat=2))


def same_time(house: House) -> None:
    for person_id in (1, 2):
        cell = {"person_id": person_id, "practitioner_id": person_id, "cell": NOW, "booking_id": person_id}
        if person_id == 2:
            write(house, insert(practitioners).values(provider_id=1, name="李师傅"))
            write(house, update(bookings).where(bookings.c.person_id == 2).values(practitioner_id=2))
        write(house, insert(booking_cells).values(cell))


def erased_soon(house: House) -> None:
    house.database.write_now(lambda db: people.erase_later(db, 2, NOW + HOUR))


def on_the_line(house: House) -> None:
    write(house, update(schema.calls).where(schema.calls.c.person_id == 2).values(state="live"))


@pytest.mark.parametrize(
    ("happen", "why"),
    [
        (seats_of_both, "占着同一期培训的名额"),
        (same_time, "约了同一个时间"),
        (erased_soon, "已经要求删除"),
        (on_the_line, "正在通话"),
    ],
)
def test_what_cannot_be_is_refused_with_words_and_nothing_is_changed(
    house: House, happen: Any, why: str
) -> None:
    happen(house)
    assert why in (refused(house) or "")
    before = house.database.read_now(lambda db: (counts(db, 1), counts(db, 2)))
    lan = house.signed_in()
    page = lan.get("/console/people/1/merge?with=2").text
    assert why in page
    assert '<button class="main">合并' not in page
    marks = dict(re.findall(r'name="(_mark|_other)" value="(\w+)"', page))
    answer = lan.post("/console/people/1/merge", {"with": "2", **marks})
    assert answer.status_code == 409
    assert why in answer.text
    assert house.database.read_now(lambda db: (counts(db, 1), counts(db, 2))) == before


def test_a_counselor_chooses_field_by_field(house: House) -> None:
    lan = house.signed_in()
    assert "姓名和县区一样" in lan.get("/console/people/1/merge").text
    page = lan.get("/console/people/1/merge?with=2").text
    assert "尾号 1234" in page
    assert "尾号 5678" in page
    marks = dict(re.findall(r'name="(_mark|_other)" value="(\w+)"', page))
    chosen = {"with": "2", "phone": "goes", "speed": "stays", **marks}
    write(house, update(schema.people).where(schema.people.c.id == 2).values(county="gulang"))
    stale = lan.post("/console/people/1/merge", chosen)
    assert stale.status_code == 409
    assert "别人刚刚改过" in stale.text
    marks = dict(re.findall(r'name="(_mark|_other)" value="(\w+)"', stale.text))
    done = lan.follow(lan.post("/console/people/1/merge", {**chosen, **marks}))
    assert "现在是一份档案" in done.text
    kept = house.database.read_now(lambda db: people.get(db, 1))
    assert kept is not None
    assert (kept.phone, kept.speed, kept.county) == ("+8613893505678", 3, "minqin")
    assert lan.get("/console/people/2").status_code == 404
    assert lan.post("/console/people/1/merge", {**chosen, **marks}).status_code == 404


def test_a_file_is_not_merged_with_itself_nor_with_nobody(house: House) -> None:
    lan = house.signed_in()
    assert "同一份档案" in lan.get("/console/people/1/merge?with=1").text
    assert lan.get("/console/people/1/merge?with=99").status_code == 404
    assert lan.get("/console/people/1/merge?with=x").status_code == 200
    assert lan.post("/console/people/1/merge", {"with": "x"}).status_code == 404
