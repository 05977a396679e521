"""Rounds of title assessment 职称评审: their chain of dates, their rules, the papers one by one."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, update

from outreach.console.keep.entities.words import in_order, telephone, told_to
from outreach.console.keep.entity import Entity, Field, Heard, Link, Part, Saving, Told, Values
from outreach.console.language import said
from outreach.dialogue.prompts import Prompts
from outreach.services.places import today
from outreach.services.titles import publish, rules, store, wording
from outreach.store import people
from outreach.store.tables.titles import title_papers, title_rounds, title_rules

LEVELS: Final[Mapping[str, str]] = {"initial": said("初级"), "middle": said("中级")}
DATES: Final = (
    "notice_on",
    "unit_by",
    "county_by",
    "city_by",
    "province_by",
    "review_from",
    "review_until",
    "publicity_from",
    "publicity_until",
)
LONGEST_NAME, LONGEST_HINT = 60, 120
OUT_OF_THE_WAY: Final = 1000
"""Added to positions while papers change places: each position is one paper's."""


def _read_rules(db: Connection, round_id: int) -> list[str]:
    return store.rules_of(db, round_id)


def _write_rules(db: Connection, round_id: int, lines: Sequence[str]) -> None:
    db.execute(delete(title_rules).where(title_rules.c.round_id == round_id))
    for position, words in enumerate(lines, 1):
        db.execute(insert(title_rules).values(round_id=round_id, position=position, words=words))


def paper_of(line: str) -> tuple[str, str]:
    """学历证书复印件：两份 as name and hint."""
    name, _, hint = line.replace(":", "：", 1).partition("：")
    return name.strip(), hint.strip()


def _read_papers(db: Connection, round_id: int) -> list[str]:
    return [f"{it.name}：{it.hint}" if it.hint else it.name for it in store.papers_of(db, round_id)]


def _write_papers(db: Connection, round_id: int, lines: Sequence[str]) -> None:
    """In place: a paper of the same name, else the one in its position, stays what people have ticked."""
    wanted = [paper_of(line) for line in lines]
    known = store.papers_of(db, round_id)
    by_name = {it.name: it.id for it in known}
    taken = {by_name[name] for name, _ in wanted if name in by_name}
    ids: list[int | None] = []
    for position, (name, _) in enumerate(wanted):
        kept = by_name.get(name)
        if kept is None and position < len(known) and known[position].id not in taken:
            kept = known[position].id
            taken.add(kept)
        ids.append(kept)
    row = title_papers.c
    db.execute(delete(title_papers).where(row.round_id == round_id, row.id.not_in(taken)))
    away = update(title_papers).where(row.round_id == round_id)
    db.execute(away.values(position=row.position + OUT_OF_THE_WAY))
    for position, (paper_id, (name, hint)) in enumerate(zip(ids, wanted, strict=True), 1):
        values = {"position": position, "name": name, "hint": hint}
        if paper_id is None:
            db.execute(insert(title_papers).values(round_id=round_id, **values))
        else:
            db.execute(update(title_papers).where(row.id == paper_id).values(values))


def _check_papers(value: Any) -> str | None:
    seen: set[str] = set()
    for line in filter(str.strip, str(value).splitlines()):
        name, hint = paper_of(line)
        if not name or len(name) > LONGEST_NAME or len(hint) > LONGEST_HINT:
            return said("“{line}”太长了，或者没有名称。", line=line.strip()[:LONGEST_NAME])
        if name in seen:
            return said("“{line}”和前面的重复了。", line=name)
        seen.add(name)
    return None


def _year(value: Any) -> str | None:
    return None if 2020 <= value <= 2100 else said("年度要写成 2026 这样。")


def _check(values: Values) -> Mapping[str, str]:
    if not any(values[name] for name in ("unit_by", "county_by", "city_by", "province_by")):
        return {"unit_by": said("至少要有一个交材料的日期。")}
    for first, last in (("review_from", "review_until"), ("publicity_from", "publicity_until")):
        if values[last] and not values[first]:
            return {first: said("有结束日期，就要有开始日期。")}
    return in_order(values, *DATES)


def _heard(db: Connection, prompts: Prompts, round_id: int) -> Heard | None:
    this = store.get(db, round_id)
    if this is None:
        return None
    say, papers = prompts.bound[2, "voice"], store.papers_of(db, round_id)
    phrases = (
        say("titles.round.what", name=wording.title(say, this), body=this.body),
        *wording.dates(say, this),
        *(say("titles.rules.paragraph", words=words) for words in store.rules_of(db, round_id)),
        *(wording.paper(say, found) for found in papers),
    )
    return Heard(phrases, wording.list_text(prompts.bound[2, "sms"], this, papers))


def _told(
    db: Connection, round_id: int | None, before: Values | None, after: Values, now: datetime
) -> Sequence[Told]:
    """Whoever asked to be told of such a round, when it is new; who takes part, when its dates move."""
    if round_id is None or before is None:
        waiting = [one.person_id for one in store.wishes(db, after["level"])]
        agreeing = [one for one in waiting if "service" in people.consents(db, one)]
        return (told_to(db, agreeing, said("一条短信：新一轮职称评审开始了。")),) if _runs(after, now) else ()
    if all(before[name] == after[name] for name in DATES):
        return ()
    taking_part = [one.person_id for one in store.taking_part(db, round_id)]
    return (told_to(db, taking_part, said("日期变了：提醒改到新的日子。")),)


def _runs(values: Values, now: datetime) -> bool:
    """Is there still time to begin?"""
    closes_on: date = next(filter(None, (values[f"{step}_by"] for step in rules.STEPS)))
    return closes_on >= today(now)


def _saved(saving: Saving) -> None:
    desk, now = saving.desk, saving.audit.now
    if saving.before is None:
        if desk.languages and _runs(saving.after, now):
            publish.announce(saving.db, saving.id, desk.languages, desk.config.sms_signature, now)
    elif any(saving.before[name] != saving.after[name] for name in DATES):
        saving.tell(publish.reminders(saving.db, saving.id, now))


ROUNDS: Final = Entity(
    name="rounds",
    title=said("职称评审"),
    one=said("一轮评审"),
    table=title_rounds,
    head="source",
    fields=(
        Field("level", said("级别"), "choice", required=True, choices=LEVELS),
        Field("year", said("年度"), "number", required=True, check=_year),
        Field("body", said("评审单位"), required=True, spoken=True, longest=120),
        Field("source", said("通知的名称和文号"), required=True, longest=120),
        Field("notice_on", said("通知日期，从这天起可以交材料"), "date", required=True),
        Field("unit_by", said("交到单位，截止"), "date", help=said("通知里没有这一步就不填。下面几步一样。")),
        Field("county_by", said("交到县区，截止"), "date"),
        Field("city_by", said("交到市里，截止"), "date"),
        Field("province_by", said("交到省里，截止"), "date"),
        Field("review_from", said("评审开始"), "date"),
        Field("review_until", said("评审结束"), "date"),
        Field("publicity_from", said("公示开始"), "date"),
        Field("publicity_until", said("公示结束"), "date"),
        Field(
            "rules",
            said("条件和规定"),
            "lines",
            spoken=True,
            longest=4000,
            help=said("一行一段，每段两三句。"),
        ),
        Field(
            "papers",
            said("要交的材料"),
            "lines",
            spoken=True,
            longest=4000,
            check=_check_papers,
            help=said("一行一样，写成“学历证书复印件：两份”。改名称、换次序，大家已经备好的记录还在。"),
        ),
        Field("contact", said("联系人"), spoken=True, longest=40),
        Field("phone", said("联系电话"), required=True, longest=20, check=telephone),
    ),
    columns=("level", "year", "body", "notice_on"),
    filters=("level",),
    search=("source", "body"),
    sorts=("notice_on", "year"),
    parts={"rules": Part(_read_rules, _write_rules), "papers": Part(_read_papers, _write_papers)},
    check=_check,
    heard=_heard,
    told=_told,
    saved=_saved,
    links=(Link("entries", said("参加的人和结果"), "people.see"),),
)
