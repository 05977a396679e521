"""Dry run, applying, undoing: against both databases."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select, update

from outreach.exchange import applying, forgetting, staging
from outreach.exchange.staging import WrongState
from outreach.exchange.words import say
from outreach.store import people
from outreach.store.database import Database
from outreach.store.schema import openings
from outreach.store.schema import people as person_rows
from outreach.store.tables.bookings import booking_hours, booking_providers, booking_services, practitioners
from outreach.store.tables.imports import import_rows
from outreach.store.tables.titles import title_papers, title_rounds, title_rules
from outreach.store.tables.training import training_courses, training_registrations, training_sessions
from tests.exchange.files import NOW, applied, checked, csv_file, found, rows, undone

HEAD = "姓名,电话,县区"
ZHANG, LI = "张三,13993500001,凉州", "李四,13993500002,民勤"
OPENING_HEAD = "单位,岗位,种类,县区,工资,电话,截止日期"
OPENING = "武威市康复医院,推拿师,医疗按摩,凉州区,每月四千元,0935-2212345,2026-12-31"
SESSION_HEAD = "课程,类别,主办,县区,地点,开课日期,名额,电话"
SESSION = "盲人保健按摩班,按摩,市残联,凉州区,市残联三楼,2026-12-14,20,0935-2212345"


def names(database: Database) -> list[tuple[str | None, str | None]]:
    query = select(person_rows.c.name, person_rows.c.county).order_by(person_rows.c.id)
    return [(row[0], row[1]) for row in database.read_now(lambda db: db.execute(query).all())]


def how_many(database: Database, table: object) -> int:
    return int(database.read_now(lambda db: db.execute(select(func.count()).select_from(table)).scalar_one()))  # type: ignore[arg-type]


def person(database: Database, phone: str, name: str | None, county: str | None = None) -> int:
    def work(db: Connection) -> int:
        values = {"phone": phone, "name": name, "county": county, "created_at": NOW}
        return int(db.execute(insert(person_rows).values(values).returning(person_rows.c.id)).scalar_one())

    return database.write_now(work)


def test_a_dry_run_writes_no_record_and_says_what_would_happen(database: Database, tmp_path: Path) -> None:
    person(database, "+8613993500002", "李四", "gulang")
    person(database, "+8613993500003", "王五", "liangzhou")
    file = csv_file(
        tmp_path,
        HEAD,
        ZHANG,
        LI,
        "王五,13993500003,凉州",
        "张三,139 9350 0001,凉州",
        "赵六,1.38E+10,天祝",
        ",,",
    )
    one = checked(database, file)
    assert (one.state, one.lines) == ("checked", 5)
    assert (one.fresh, one.changed, one.same, one.repeated, one.refused) == (1, 1, 1, 1, 1)
    assert names(database) == [("李四", "gulang"), ("王五", "liangzhou")]
    fresh, change, same, repeated, refused = rows(database, one.id)
    assert [row.line for row in (fresh, change, same, repeated, refused)] == [2, 3, 4, 5, 6]
    assert change.before == {"county": "gulang"}
    assert change.understood == {"name": "李四", "phone": "+8613993500002", "county": "minqin"}
    assert say(repeated.remarks[-1][1]) == "与第 2 行重复"
    assert refused.cells == ["赵六", "1.38E+10", "天祝"]
    assert "科学计数法" in say(refused.remarks[0][1])


def test_all_or_nothing(database: Database, tmp_path: Path) -> None:
    one = checked(database, csv_file(tmp_path, HEAD, ZHANG, "李四,不知道,民勤"))
    with pytest.raises(WrongState):
        applied(database, one.id)
    assert names(database) == []
    after = applied(database, one.id, good_rows=True)
    assert (after.state, after.done, after.refused) == ("applied", 1, 1)
    assert names(database) == [("张三", "liangzhou")]


def test_applied_once_only(database: Database, tmp_path: Path) -> None:
    one = checked(database, csv_file(tmp_path, HEAD, ZHANG))
    applied(database, one.id)
    with pytest.raises(WrongState):
        applied(database, one.id)
    with pytest.raises(WrongState):
        applied(database, 4711)
    assert names(database) == [("张三", "liangzhou")]


def test_the_same_file_again_changes_nothing(database: Database, tmp_path: Path) -> None:
    file = csv_file(tmp_path, HEAD, ZHANG, LI)
    applied(database, checked(database, file).id)
    again = checked(database, file)
    assert (again.fresh, again.same) == (0, 2)
    assert applied(database, again.id).done == 0
    assert len(names(database)) == 2


def test_someone_known_by_number_only_gets_a_name(database: Database, tmp_path: Path) -> None:
    person(database, "+8613993500001", None)
    one = checked(database, csv_file(tmp_path, HEAD, ZHANG))
    assert (one.fresh, one.changed) == (0, 1)
    applied(database, one.id)
    assert names(database) == [("张三", "liangzhou")]


def test_a_number_that_several_share_needs_a_name(database: Database, tmp_path: Path) -> None:
    person(database, "+8613993500001", "张三")
    person(database, "+8613993500001", "张母")
    one = checked(database, csv_file(tmp_path, HEAD, ",13993500001,凉州"))
    assert one.refused == 1
    assert "2 个人共用" in say(rows(database, one.id)[0].remarks[-1][1])


def test_an_empty_cell_changes_nothing(database: Database, tmp_path: Path) -> None:
    person(database, "+8613993500001", "张三", "gulang")
    one = checked(database, csv_file(tmp_path, HEAD, "张三,13993500001,"))
    assert one.same == 1


def test_what_changed_since_the_dry_run_is_not_overwritten(database: Database, tmp_path: Path) -> None:
    number = person(database, "+8613993500001", "张三", "gulang")
    one = checked(database, csv_file(tmp_path, HEAD, ZHANG, LI))
    database.write_now(lambda db: people.change(db, number, county="tianzhu"))
    after = applied(database, one.id)
    assert after.state == "failed"
    assert names(database) == [("张三", "tianzhu")]
    assert "又变了" in say(rows(database, one.id)[0].remarks[0][1])


def test_with_good_rows_only_the_touched_line_is_left_out(database: Database, tmp_path: Path) -> None:
    number = person(database, "+8613993500001", "张三", "gulang")
    one = checked(database, csv_file(tmp_path, HEAD, ZHANG, LI))
    database.write_now(lambda db: people.change(db, number, county="tianzhu"))
    after = applied(database, one.id, good_rows=True)
    assert (after.state, after.done, after.refused) == ("applied", 1, 1)
    assert names(database) == [("张三", "tianzhu"), ("李四", "minqin")]


def test_undone_it_is_as_before(database: Database, tmp_path: Path) -> None:
    person(database, "+8613993500002", "李四", "gulang")
    one = checked(database, csv_file(tmp_path, HEAD, ZHANG, LI))
    applied(database, one.id)
    assert names(database) == [("李四", "minqin"), ("张三", "liangzhou")]
    after = undone(database, one.id)
    assert (after.state, after.done, after.kept) == ("undone", 0, 0)
    assert names(database) == [("李四", "gulang")]
    with pytest.raises(WrongState):
        undone(database, one.id)


def test_what_was_touched_since_stays_and_is_named(database: Database, tmp_path: Path) -> None:
    changed = person(database, "+8613993500003", "王五", "gulang")
    file = csv_file(
        tmp_path, HEAD, ZHANG, LI, "王五,13993500003,凉州", "赵六,13993500004,凉州", "孙七,13993500005,凉州"
    )
    one = checked(database, file)
    applied(database, one.id)
    ids = {row.line: row.record_id for row in rows(database, one.id)}

    def touch(db: Connection) -> None:
        people.give_consent(db, ids[2] or 0, "service", "hello/1", "voice", None, NOW)
        people.change(db, ids[3] or 0, speed=5)
        people.change(db, changed, county="tianzhu")
        db.execute(person_rows.delete().where(person_rows.c.id == ids[5]))

    database.write_now(touch)
    after = undone(database, one.id)
    assert (after.state, after.kept) == ("undone", 3)
    assert {name for name, _ in names(database)} == {"张三", "李四", "王五"}
    why = {
        row.line: (row.outcome, row.remarks[0][1].code if row.remarks else "")
        for row in rows(database, one.id)
    }
    assert why == {
        2: ("kept", "undo_used"),
        3: ("kept", "undo_changed"),
        4: ("kept", "undo_changed"),
        5: ("undone", "undo_gone"),
        6: ("undone", ""),
    }


def test_a_cut_off_import_goes_on_where_it_stopped(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "BATCH", 2)
    people_of = [f"人{n},139935000{n:02},凉州" for n in range(7)]
    one = checked(database, csv_file(tmp_path, HEAD, *people_of))

    class Killed(BaseException):
        pass

    def kill(done: int) -> None:
        if done >= 4:
            raise Killed

    with pytest.raises(Killed):
        applying.apply(database, one.id, good_rows=False, clock=lambda: NOW, progress=kill)
    assert found(database, one.id).state == "applying"
    assert len(names(database)) == 4
    after = applied(database, one.id)
    assert (after.state, after.done) == ("applied", 7)
    assert [name for name, _ in names(database)] == [f"人{n}" for n in range(7)]


def test_a_cut_off_import_can_be_undone(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "BATCH", 1)
    one = checked(database, csv_file(tmp_path, HEAD, ZHANG, LI))

    def kill(_done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        applying.apply(database, one.id, good_rows=False, clock=lambda: NOW, progress=kill)
    assert undone(database, one.id).state == "undone"
    assert names(database) == []


def test_a_large_one_that_fails_late_leaves_nothing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "BATCH", 1)
    number = person(database, "+8613993500002", "李四", "gulang")
    one = checked(database, csv_file(tmp_path, HEAD, ZHANG, LI))
    database.write_now(lambda db: people.change(db, number, county="tianzhu"))
    assert applied(database, one.id).state == "failed"
    assert names(database) == [("李四", "tianzhu")]


def test_openings(database: Database, tmp_path: Path) -> None:
    file = csv_file(
        tmp_path, OPENING_HEAD, OPENING, OPENING.replace("推拿师", "护工").replace("2026-12-31", "")
    )
    one = checked(database, file, "openings")
    assert one.fresh == 2
    applied(database, one.id)
    query = select(openings).order_by(openings.c.id)
    first, second = database.read_now(lambda db: db.execute(query).all())
    assert (first.kind, first.county, first.phone) == ("hospital", "liangzhou", "0935-2212345")
    assert str(first.expires_on) == "2026-12-31"
    assert second.published_at == NOW
    assert str(second.expires_on) == "2026-12-24"
    assumed = [word for field, word in rows(database, one.id)[1].remarks if field == "expires_on"]
    assert say(assumed[0]) == "没有填，按“2026-12-24”处理"


def test_a_changed_opening_gets_a_new_version_also_when_it_is_undone(
    database: Database, tmp_path: Path
) -> None:
    applied(database, checked(database, csv_file(tmp_path, OPENING_HEAD, OPENING), "openings").id)
    one = checked(database, csv_file(tmp_path, OPENING_HEAD, OPENING.replace("四千", "五千")), "openings")
    assert rows(database, one.id)[0].before == {"pay": "每月四千元"}
    applied(database, one.id)
    undone(database, one.id)
    query = select(openings.c.pay, openings.c.version)
    assert tuple(database.read_now(lambda db: db.execute(query).one())) == ("每月四千元", 3)


def test_sessions_share_their_course(database: Database, tmp_path: Path) -> None:
    file = csv_file(tmp_path, SESSION_HEAD, SESSION, SESSION.replace("12-14", "12-28"))
    one = checked(database, file, "training")
    applied(database, one.id)
    assert how_many(database, training_courses) == 1
    query = select(training_sessions).order_by(training_sessions.c.id)
    first, second = database.read_now(lambda db: db.execute(query).all())
    assert first.course_id == second.course_id
    assert (str(first.deadline_on), str(first.ends_on), first.begins) == ("2026-12-13", "2026-12-14", "09:00")
    undone(database, one.id)
    assert how_many(database, training_sessions) == how_many(database, training_courses) == 0


def test_a_session_people_registered_for_is_not_changed_behind_their_backs(
    database: Database, tmp_path: Path
) -> None:
    applied(database, checked(database, csv_file(tmp_path, SESSION_HEAD, SESSION), "training").id)
    number = person(database, "+8613993500001", "张三")

    def register(db: Connection) -> None:
        session = db.execute(select(training_sessions)).one()
        values = {"person_id": number, "session_id": session.id, "session_seats": 20, "state": "registered"}
        times = dict.fromkeys(("queued_at", "created_at", "updated_at"), NOW)
        db.execute(insert(training_registrations).values(values | times | {"seat": 1}))

    database.write_now(register)
    one = checked(database, csv_file(tmp_path, SESSION_HEAD, SESSION.replace(",20,", ",30,")), "training")
    assert one.refused == 1
    assert "没人通知他们" in say(rows(database, one.id)[0].remarks[-1][1])


def test_dates_out_of_order_are_refused(database: Database, tmp_path: Path) -> None:
    head, late = f"{SESSION_HEAD},报名截止", f"{SESSION},2026-12-20"
    one = checked(database, csv_file(tmp_path, head, late), "training")
    assert [say(word) for _, word in rows(database, one.id)[0].remarks][:1] == ["“开课日期”早于“报名截止”"]


PROVIDER_HEAD = "名称,种类,县区,电话,上门,服务,人员,服务时间"
PROVIDER = "陇原金手指,按摩,凉州区,0935-2212345,否,推拿 60分钟 80元；足疗 45分钟,王师傅、李师傅,周一至周五 9:00-18:00"


def test_a_provider_comes_with_services_people_and_hours(database: Database, tmp_path: Path) -> None:
    one = checked(database, csv_file(tmp_path, PROVIDER_HEAD, PROVIDER), "providers")
    applied(database, one.id)
    counts = [how_many(database, table) for table in (booking_services, practitioners, booking_hours)]
    assert counts == [2, 2, 5]
    undone(database, one.id)
    tables = (booking_providers, booking_services, practitioners, booking_hours)
    assert [how_many(database, table) for table in tables] == [0, 0, 0, 0]


def test_a_provider_whose_people_changed_since_stays(database: Database, tmp_path: Path) -> None:
    one = checked(database, csv_file(tmp_path, PROVIDER_HEAD, PROVIDER), "providers")
    applied(database, one.id)
    database.write_now(
        lambda db: db.execute(
            update(practitioners).values(active=False).where(practitioners.c.name == "李师傅")
        )
    )
    assert undone(database, one.id).kept == 1
    assert how_many(database, booking_services) == 2


def test_a_round_comes_with_rules_and_papers(database: Database, tmp_path: Path) -> None:
    head = "级别,评审单位,通知日期,市级截止,电话,来源,材料,规定"
    line = (
        '初级,省评委会,2026-11-01,2026-12-15,0935-2212345,甘残联发〔2026〕8号,身份证；照片,"四年。\n无事故。"'
    )
    one = checked(database, csv_file(tmp_path, head, line), "rounds")
    applied(database, one.id)
    round_ = database.read_now(lambda db: db.execute(select(title_rounds)).one())
    assert (round_.level, round_.year) == ("initial", 2026)
    assert (how_many(database, title_rules), how_many(database, title_papers)) == (2, 2)


def test_what_the_database_refuses_is_one_line_with_a_reason(database: Database, tmp_path: Path) -> None:
    """A rule that only the database knows: the dates of a round among themselves, here broken by a second importer."""
    one = checked(
        database, csv_file(tmp_path, OPENING_HEAD, OPENING, OPENING.replace("推拿师", "护工")), "openings"
    )

    def spoil(db: Connection) -> None:
        kept = staging.waiting(db, one.id, 10)[1]
        broken = dict(kept.understood or {}) | {"places": 0}
        change = update(import_rows).where(import_rows.c.import_id == one.id, import_rows.c.line == kept.line)
        db.execute(change.values(understood=broken))

    database.write_now(spoil)
    after = applied(database, one.id, good_rows=True)
    assert (after.state, after.done, after.refused) == ("applied", 1, 1)
    assert "places_positive" in say(rows(database, one.id)[1].remarks[0][1])


def test_old_lines_are_forgotten(database: Database, tmp_path: Path) -> None:
    one = checked(database, csv_file(tmp_path, HEAD, ZHANG))
    assert database.write_now(lambda db: staging.forget(db, NOW + timedelta(days=29))) == 0
    kept, left = tmp_path / "imports" / "7", tmp_path / "imports" / "8"
    kept.parent.mkdir()
    for path, days in ((kept, 31), (left, 29)):
        path.touch()
        os.utime(path, times=2 * ((NOW + timedelta(days=days)).timestamp(),))
    assert asyncio.run(forgetting.forget(database, tmp_path, NOW + timedelta(days=31))) == 1
    assert list(kept.parent.iterdir()) == [kept]
    assert found(database, one.id).lines == 1
    assert rows(database, one.id) == []
