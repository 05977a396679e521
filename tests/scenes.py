"""What single lines need for their scenarios: settings, checks and events, found here by the first word of a line.

``tests/scenario.py`` plays them. A setting gets the rest of its line; dates are days from the scenario's today.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, func, insert, select, update

from outreach import effects
from outreach.campaigns import plan
from outreach.campaigns import store as campaigns
from outreach.campaigns.audience import Audience
from outreach.campaigns.schedule import Schedule
from outreach.campaigns.store import Draft
from outreach.dialogue.page import Effect, Profile, Transfer
from outreach.services.campaigns import content
from outreach.services.events import publish as event_publish
from outreach.services.events import store as events
from outreach.services.jobs import store as jobs
from outreach.services.jobs.rules import Filter
from outreach.services.policies import store as policies
from outreach.services.produce import store as produce
from outreach.services.titles import store as titles
from outreach.services.training import notices as training_notices
from outreach.services.training import publish as training_publish
from outreach.services.training import store as training
from outreach.store import households, pins
from outreach.store import people as store_people
from outreach.store.schema import counselors, deliveries, people, recordings
from outreach.store.tables.campaigns import campaign_answers, campaign_items
from outreach.store.tables.campaigns import campaigns as campaign_rows
from outreach.store.tables.community import case_messages, cases, event_sign_ups, produce_offers
from outreach.store.tables.community import policies as policy_rows
from outreach.store.tables.titles import title_entries, title_rounds, title_ticks, title_wishes
from outreach.store.tables.training import training_courses, training_registrations, training_sessions
from tests import booking_scenes, staff_scenes
from tests.scene_words import day, split

Setting = Callable[[Connection, str, datetime], None]
Check = Callable[[Connection, str], None]
Event = Callable[[Connection, list[str], datetime], None]


# --- Campaigns ------------------------------------------------------------------------------------------------


def campaign(db: Connection, rest: str, now: datetime) -> None:
    """``campaign questions [target=1]``: one that runs, everybody we keep in it; items are numbered from 1."""
    (action,), given = split(rest)
    said: dict[str, object] = {
        "variants": [{"words": {"zh-CN": {"sms": "{name}您好，这个月有新消息。"}}}],
        "subject": {"zh-CN": "本月的安排", "en": "this month"},
        "action": action,
    }
    if action == "questions":
        said["questions"] = [
            {
                "words": {"zh-CN": "您想参加吗？", "en": "Will you take part?"},
                "options": [{"zh-CN": "想参加", "en": "Yes I will"}, {"zh-CN": "不参加", "en": "Not now"}],
            },
            {
                "words": {"zh-CN": "什么时候方便？", "en": "When is it best?"},
                "options": [{"zh-CN": "上午", "en": "Morning"}, {"zh-CN": "下午", "en": "Afternoon"}],
            },
        ]
    if target := given.get("target"):
        said["target"] = int(target) if target.isdigit() else target
    draft = Draft("通知", Audience(), content.read(said), Schedule(hours=72))
    made = campaigns.create(db, draft, "test", now)
    change = {"state": "scheduled", "next_at": now}
    db.execute(update(campaign_rows).where(campaign_rows.c.id == made).values(change))
    run = plan.begin(db, made, now)
    assert run is not None
    for person_id in db.scalars(select(people.c.id)).all():
        store_people.give_consent(db, person_id, "campaigns", "test/1", "console", None, now)
    db.execute(update(people).values(name="王小龙"))
    plan.batch(db, campaigns.get(db, made), run, now)


def campaign_answers_are(db: Connection, wanted: str) -> None:
    rows = db.execute(select(campaign_answers.c.question, campaign_answers.c.answer)).all()
    assert [f"{row.question}:{row.answer}" for row in rows] == wanted.split(), rows


def campaign_stamp(db: Connection, wanted: str) -> None:
    """``? campaign heard`` or ``? campaign acted``."""
    stamp = campaign_items.c[f"{wanted}_at"]
    assert db.scalar(select(func.count()).where(stamp.is_not(None))) == 1


def campaign_ends(db: Connection, _args: list[str], _now: datetime) -> None:
    db.execute(update(campaign_rows).values(state="cancelled"))


# --- Titles -------------------------------------------------------------------------------------------------

MILESTONES = {
    "notice": "notice_on",
    "unit": "unit_by",
    "county": "county_by",
    "city": "city_by",
    "province": "province_by",
    "review": "review_from",
    "publicity": "publicity_from",
}
PAPERS = (
    ("身份证", "复印两份"),
    ("残疾人证", ""),
    ("资格证书", "原件"),
    ("考核表", "单位盖章"),
    ("学时证明", ""),
)


def title_round(db: Connection, rest: str, now: datetime) -> None:
    """``round initial notice=-10 unit=20 county=30 review=60 papers=2``."""
    (level,), given = split(rest)
    papers = PAPERS[: int(given.pop("papers", 2))]
    dates = {MILESTONES[name]: day(now, days) for name, days in given.items()}
    values = {"level": level, "body": "省盲人按摩中心", "year": now.year, "phone": "0931-8800000"}
    values |= {"contact": "省盲人按摩中心", "source": "省残联通知"}
    titles.add_round(db, {**values, **dates}, ("要有资格证书。", "在岗满四年。"), papers)


def title_entry(db: Connection, _rest: str, now: datetime) -> None:
    """``entry``: everybody we keep takes part in the first round, the first paper ready."""
    round_id = db.execute(select(func.min(title_rounds.c.id))).scalar_one()
    for person_id in list(db.execute(select(people.c.id)).scalars()):
        entry = titles.enter(db, person_id, round_id, now)
        assert entry is not None
        titles.tick(db, entry, titles.papers_of(db, round_id)[0].id, True, now)


def title_entries_are(db: Connection, wanted: str) -> None:
    found = list(db.execute(select(title_entries.c.state).order_by(title_entries.c.id)).scalars())
    assert found == wanted.split(), found


def title_ticks_are(db: Connection, wanted: str) -> None:
    query = select(title_ticks.c.ready).order_by(title_ticks.c.entry_id, title_ticks.c.paper_id)
    found = ["yes" if ready else "no" for ready in db.execute(query).scalars()]
    assert found == wanted.split(), found


def title_wishes_are(db: Connection, wanted: str) -> None:
    found = db.execute(select(func.count()).select_from(title_wishes)).scalar_one()
    assert found == int(wanted), found


def title_hand_in(db: Connection, _args: list[str], _now: datetime) -> None:
    """A counselor has the papers."""
    db.execute(update(title_entries).values(state="handed_in"))


def title_heard(db: Connection, _wanted: str) -> None:
    assert all(db.execute(select(title_entries.c.heard_at)).scalars())


def title_end(db: Connection, args: list[str], now: datetime) -> None:
    """A counselor brings the first deadline forward: ``@ deadline -1``."""
    db.execute(update(title_rounds).values(unit_by=day(now, args[0])))


# --- Policies -----------------------------------------------------------------------------------------------


def policy(db: Connection, rest: str, _now: datetime) -> None:
    """``policy employers 标题 第一段。 第二段。``"""
    topic, title, *paragraphs = rest.split()
    number, on = "武政办发〔2025〕56号", date(2025, 12, 17)
    policies.add(db, topic=topic, title=title, paragraphs=paragraphs, source=number, source_on=on)


def policy_withdrawn(db: Connection, args: list[str], _now: datetime) -> None:
    """``@ withdraw_policy 1``."""
    db.execute(update(policy_rows).values(offered=False).where(policy_rows.c.id == int(args[0])))


# --- Rights -------------------------------------------------------------------------------------------------


def case_number(db: Connection) -> str:
    """Of the latest case; drawn at random, so a conversation writes it as ``{case}``."""
    return str(db.execute(select(cases.c.number).order_by(cases.c.id.desc()).limit(1)).scalar_one())


def cases_are(db: Connection, wanted: str) -> None:
    """``? cases wages received, other working``."""
    rows = db.execute(select(cases.c.kind, cases.c.state).order_by(cases.c.id)).all()
    assert ", ".join(f"{row.kind} {row.state}" for row in rows) == wanted, rows


def case_messages_are(db: Connection, wanted: str) -> None:
    """``? said 2``: messages in all cases together; or written words."""
    rows = db.execute(select(case_messages.c.file, case_messages.c.words)).all()
    if wanted.isdigit():
        assert len(rows) == int(wanted), rows
    else:
        assert wanted in [row.words for row in rows], rows


def recording_is_kept(db: Connection, wanted: str) -> None:
    """``? kept case 365``: its purpose, and for how many days."""
    rows = db.execute(select(recordings)).all()
    found = [f"{row.purpose} {(row.expires_at - row.created_at).days}" for row in rows]
    assert found == [wanted], found


def case_moves(db: Connection, args: list[str], now: datetime) -> None:
    """``@ case passed_on``: a counselor has done something."""
    db.execute(update(cases).values(state=args[0], updated_at=now))


# --- Produce ------------------------------------------------------------------------------------------------


def offer(db: Connection, rest: str, now: datetime) -> None:
    """``offer grain minqin 小麦面粉五百斤 share=no`` of a neighbour; ``mine``: of the first we keep."""
    (kind, county, words, *whose), given = split(rest)
    if whose == ["mine"]:
        person_id = db.execute(select(func.min(people.c.id))).scalar_one()
    else:
        known = store_people.find_by_phone(db, "+8613893500077")
        person_id = (known or store_people.create(db, "+8613893500077", now)).id
        store_people.give_consent(db, person_id, "service", "test/1", "console", None, now)
    share = given.get("share") != "no"
    offer_id = produce.add(
        db, person_id, kind=kind, county=county, share_phone=share, file=None, written=words, now=now
    )
    assert produce.publish(db, offer_id, words, day(now, 0), now)


def offers_are(db: Connection, wanted: str) -> None:
    """``? offers grain minqin received``."""
    rows = db.execute(select(produce_offers).order_by(produce_offers.c.id)).all()
    assert ", ".join(f"{row.kind} {row.county} {row.state}" for row in rows) == wanted, rows


def offer_published(db: Connection, args: list[str], now: datetime) -> None:
    """``@ publish 1 小麦面粉五百斤``."""
    assert produce.publish(db, int(args[0]), args[1], day(now, 0), now)


def offer_sold(db: Connection, args: list[str], _now: datetime) -> None:
    """``@ sold 1``."""
    db.execute(update(produce_offers).values(state="sold").where(produce_offers.c.id == int(args[0])))


def neighbour_withdraws(db: Connection, _args: list[str], now: datetime) -> None:
    """``@ neighbour_withdraws``: the seller no longer agrees to be kept."""
    person = store_people.find_by_phone(db, "+8613893500077")
    assert person is not None
    assert store_people.withdraw(db, person.id, "service", now)


# --- Training -----------------------------------------------------------------------------------------------


_OF = training_registrations.c


def course(db: Connection, rest: str, now: datetime) -> None:
    """``course 中式面点班 liangzhou seats=1 waiting=10 in=20 for=5 until=10 begins=08:30``, and what callers are told.

    ``in``, ``until``: days from today to the first one, and to the last for registering; ``for``: days it takes.
    """
    (name, county), given = split(rest)
    first, last = int(given.pop("in", 20)), int(given.pop("for", 1))
    until = int(given.pop("until", min(10, first)))
    fields = ("papers", "certificate", "audience", "material")
    about = {field: given.pop(field) for field in fields if field in given}
    course_id = db.execute(
        insert(training_courses).values(name=name, field="other", **about).returning(training_courses.c.id)
    ).scalar_one()
    values: dict[str, object] = {"begins": "08:30", "place": "东大街培训中心", "phone": "0935-2212345"}
    values |= {"seats": int(given.pop("seats", 20)), "waiting_places": int(given.pop("waiting", 10))}
    values |= {
        "starts_on": day(now, first),
        "ends_on": day(now, first + last - 1),
        "deadline_on": day(now, until),
    }
    values |= {"course_id": course_id, "county": county, "published_at": now - timedelta(days=1), **given}
    db.execute(insert(training_sessions).values(values))


def others(db: Connection, rest: str, now: datetime) -> None:
    """``others 1 2``: two neighbours take seats in session 1, or wait for one where there is none."""
    session_id, count = map(int, rest.split())
    for _ in range(count):
        person = store_people.create(db, f"+86138935010{_neighbours(db):02}", now, "zh-CN")
        for scope in ("service", "reminders"):
            store_people.give_consent(db, person.id, scope, "test/1", "console", None, now)
        assert training.wait(db, session_id, person.id, now) in ("registered", "waiting")


def seat(db: Connection, rest: str, now: datetime) -> None:
    """``seat 1 registered``: the first we keep has it, as the dialogue would have given it; or ``waiting``."""
    session_id, wanted = rest.split()
    person_id = db.execute(select(func.min(people.c.id))).scalar_one()
    assert training.wait(db, int(session_id), person_id, now) == wanted
    store_people.give_consent(db, person_id, "reminders", "test/1", "console", None, now)
    session = training.get(db, int(session_id))
    assert session is not None
    if wanted == "registered":
        _queue(db, training_notices.registered(session, person_id, now), now)


def seats_are(db: Connection, wanted: str) -> None:
    """``? seats registered waiting``: states of all registrations, in the order in which they were made."""
    found = list(db.scalars(select(training_registrations.c.state).order_by(training_registrations.c.id)))
    assert found == wanted.split(), found


def confirmed_is(db: Connection, wanted: str) -> None:
    """``? confirmed 1``: how many have said that they will come."""
    found = db.scalar(select(func.count(training_registrations.c.confirmed_at)))
    assert found == int(wanted), found


def neighbour_gives_up(db: Connection, args: list[str], now: datetime) -> None:
    """``@ gives_up 1``: the first neighbour who has a seat in session 1 cannot come."""
    held = select(training_registrations.c.person_id).join(people)
    held = held.where(
        training_registrations.c.session_id == int(args[0]), people.c.phone.like("+86138935010%")
    )
    held = held.where(training_registrations.c.state.in_(("registered", "offered")))
    person_id = db.scalars(held.order_by(training_registrations.c.id)).first()
    assert person_id is not None
    assert training.leave(db, int(args[0]), person_id, now)
    _queue(db, training_notices.given_up(db, int(args[0]), person_id, now), now)


def session_called_off(db: Connection, args: list[str], now: datetime) -> None:
    """``@ call_off 1``: a counselor does."""
    _queue(db, training_publish.call_off(db, int(args[0]), now), now)


def session_moved(db: Connection, args: list[str], now: datetime) -> None:
    """``@ move 1 30``: to another first day, in thirty days from today, and another place."""
    words = " ".join(args).split()
    first = day(now, words[1])
    change = {"starts_on": first, "ends_on": first, "place": "职业学院"}
    _queue(db, training_publish.change(db, int(words[0]), change, now), now)


def seats_added(db: Connection, args: list[str], now: datetime) -> None:
    """``@ seats 1 3``: session 1 has three now."""
    words = " ".join(args).split()
    _queue(db, training_publish.change(db, int(words[0]), {"seats": int(words[1])}, now), now)


def course_finished(db: Connection, args: list[str], now: datetime) -> None:
    """``@ finished 1``: everybody was there; ``@ finished 1 10``: certificates lie ready for ten days."""
    words = args[0].split() if len(args) == 1 else args
    session_id = int(words[0])
    for person_id in list(db.scalars(select(training_registrations.c.person_id))):
        training_publish.attendance(db, session_id, person_id, True, now)
    if len(words) > 1:
        told = training_publish.certificates(db, session_id, "县残联二楼", day(now, words[1]), now)
        _queue(db, told, now)


def certificate_collected(db: Connection, _args: list[str], now: datetime) -> None:
    for session_id, person_id in db.execute(select(_OF.session_id, _OF.person_id)).all():
        _queue(db, training_publish.collected(db, session_id, person_id, now), now)


def _neighbours(db: Connection) -> int:
    return db.scalar(select(func.count()).where(people.c.phone.like("+86138935010%"))) or 0


def _queue(db: Connection, found: Sequence[Effect], now: datetime) -> None:
    for effect in found:
        assert not isinstance(effect, Transfer)
        effects.queue(db, effect, "test", Profile(), "武威市残联", now)


# --- Mine ---------------------------------------------------------------------------------------------------


def another(db: Connection, rest: str, now: datetime) -> None:
    """``another 小红 pin=2468 +8613893500001``: somebody else we keep, with that telephone."""
    (name, phone), given = split(rest)
    person = store_people.create(db, phone, now - timedelta(days=60), "zh-CN")
    store_people.give_consent(db, person.id, "service", "test/1", "console", None, now - timedelta(days=60))
    db.execute(update(people).where(people.c.id == person.id).values(name=name, county="minqin"))
    if "pin" in given:
        pins.set_pin(db, person.id, given["pin"])


def own_counselor(db: Connection, rest: str, _now: datetime) -> None:
    """``counselor 马老师``: of everybody we keep."""
    new = insert(counselors).values(name=rest, phone="+869352213000").returning(counselors.c.id)
    db.execute(update(people).values(counselor_id=db.execute(new).scalar_one()))


def was_sent(db: Connection, rest: str, now: datetime) -> None:
    """``sent 明天培训，别忘了。``: a text to the first we keep, two days ago."""
    person = db.execute(select(people).order_by(people.c.id).limit(1)).one()
    at = now - timedelta(days=2)
    values = {"purpose": f"test:{rest}", "person_id": person.id, "channel": "sms", "address": person.phone}
    values |= {"body": f"【武威市残联】{rest}", "scope": "reminders", "state": "delivered"}
    when = {"due_at": at, "expires_at": at + timedelta(days=1), "created_at": at, "updated_at": at}
    db.execute(insert(deliveries).values(**values, **when))


def alerts(db: Connection, _rest: str, now: datetime) -> None:
    """``alerts``: everybody we keep is told of all new openings."""
    for person_id in list(db.execute(select(people.c.id)).scalars()):
        assert jobs.subscribe(db, person_id, Filter(), now)


def person_is(db: Connection, wanted: str) -> None:
    """``? person contact_by=sms county=minqin``: the first we keep; ``-`` is nothing."""
    person = db.execute(select(people).order_by(people.c.id).limit(1)).one()._mapping
    for name, value in (word.split("=") for word in wanted.split()):
        assert str(person[name]) == ("None" if value == "-" else value), (name, person[name])


def names_are(db: Connection, wanted: str) -> None:
    """``? names 小红 -``: of all we keep; ``录音``: recorded."""
    found = [
        "录音" if one.recorded else one.name or "-"
        for person_id in db.execute(select(people.c.id).order_by(people.c.id)).scalars()
        if (one := households.member(db, person_id))
    ]
    assert found == wanted.split(), found


# --- Events -------------------------------------------------------------------------------------------------


def event(db: Connection, rest: str, now: datetime) -> None:
    """``event job_fair 国企助残就业专场 liangzhou in=9 for=1 places=20 begins=09:00``."""
    (kind, name, county), given = split(rest)
    first = int(given.pop("in"))
    last = first + int(given.pop("for", 1)) - 1
    values: dict[str, object] = {"kind": kind, "name": name, "county": county, "place": "体育馆"}
    values |= {
        "begins": "09:00",
        "phone": "0935-2212345",
        "starts_on": day(now, first),
        "ends_on": day(now, last),
    }
    if "places" in given:
        values["places"] = int(given.pop("places"))
    event_publish.add(db, values | given, now - timedelta(days=1))


def comes(db: Connection, rest: str, now: datetime) -> None:
    """``comes 1``: a neighbour signs up for event 1; ``comes 1 mine``: the first we keep."""
    event_id, *whose = rest.split()
    if whose:
        person_id = db.execute(select(func.min(people.c.id))).scalar_one()
    else:
        person_id = store_people.create(db, f"+86138935010{_neighbours(db):02}", now, "zh-CN").id
    assert events.sign_up(db, int(event_id), person_id, now) == "coming"


def sign_ups_are(db: Connection, wanted: str) -> None:
    """``? sign_ups yes no``: who comes, in the order in which they first signed up."""
    query = select(event_sign_ups.c.coming).order_by(event_sign_ups.c.id)
    found = ["yes" if coming else "no" for coming in db.scalars(query)]
    assert found == wanted.split(), found


def event_called_off(db: Connection, args: list[str], now: datetime) -> None:
    """``@ event_off 1``."""
    _queue(db, event_publish.call_off(db, int(args[0]), now), now)


def event_moved(db: Connection, args: list[str], now: datetime) -> None:
    """``@ event_moved 1 30``: to thirty days from today."""
    words = " ".join(args).split()
    first = day(now, words[1])
    change = {"starts_on": first, "ends_on": first}
    _queue(db, event_publish.change(db, int(words[0]), change, now), now)


# --- By name ------------------------------------------------------------------------------------------------

SETTINGS: Mapping[str, Setting] = {
    **booking_scenes.SETTINGS,
    **staff_scenes.SETTINGS,
    "round": title_round,
    "entry": title_entry,
    "policy": policy,
    "offer": offer,
    "course": course,
    "others": others,
    "seat": seat,
    "another": another,
    "counselor": own_counselor,
    "sent": was_sent,
    "alerts": alerts,
    "event": event,
    "comes": comes,
    "campaign": campaign,
}
CHECKS: Mapping[str, Check] = {
    **booking_scenes.CHECKS,
    **staff_scenes.CHECKS,
    "entries": title_entries_are,
    "ticks": title_ticks_are,
    "wishes": title_wishes_are,
    "heard": title_heard,
    "cases": cases_are,
    "said": case_messages_are,
    "kept": recording_is_kept,
    "offers": offers_are,
    "seats": seats_are,
    "confirmed": confirmed_is,
    "person": person_is,
    "names": names_are,
    "sign_ups": sign_ups_are,
    "answers": campaign_answers_are,
    "campaign": campaign_stamp,
}
EVENTS: Mapping[str, Event] = {
    **booking_scenes.EVENTS,
    **staff_scenes.EVENTS,
    "handed_in": title_hand_in,
    "deadline": title_end,
    "withdraw_policy": policy_withdrawn,
    "case": case_moves,
    "publish": offer_published,
    "sold": offer_sold,
    "neighbour_withdraws": neighbour_withdraws,
    "gives_up": neighbour_gives_up,
    "call_off": session_called_off,
    "move": session_moved,
    "seats": seats_added,
    "finished": course_finished,
    "collected": certificate_collected,
    "event_off": event_called_off,
    "event_moved": event_moved,
    "campaign_ends": campaign_ends,
}
