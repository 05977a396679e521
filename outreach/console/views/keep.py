"""Keep 档案: the pages of every entity, all made from its declaration."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from starlette.background import BackgroundTask
from starlette.responses import Response

from outreach.console.forms import ConsoleForm
from outreach.console.keep import forms, hearing, store
from outreach.console.keep.entities import ENTITIES
from outreach.console.keep.entity import Entity, Heard, Row, Saving, Told, Values, Wrong
from outreach.console.keep.hearing import render_ahead
from outreach.console.language import said
from outreach.console.routes import Views
from outreach.console.visit import Refused, Visit
from outreach.console.web import HEADERS
from outreach.ivr import playlist
from outreach.speech.synthesizer import SPEEDS, SynthesisError
from outreach.store.audit import Audit

VIEWS: Final = Views()
PATH: Final = "/console/keep"
ONE: Final = PATH + "/{name}/{record_id:int}"


@VIEWS.get(PATH, "keep.see")
async def everything(visit: Visit) -> Response:
    """Which kinds of records there are."""
    return visit.show("keep.html", entities=[one for one in ENTITIES.values() if visit.may(one.see)])


@VIEWS.get("/console/listen", "keep.see")
async def listen(visit: Visit) -> Response:
    """Any text as it would be heard."""
    language = visit.query.get("language", "")
    speed = hearing.speed_of(visit.query.get("speed"))
    if language not in visit.desk.languages:
        raise Refused(404, "")
    return await _sound(visit, hearing.cut(visit.query.get("text", ""), language, speed))


@VIEWS.get(PATH + "/{name}", "keep.see")
async def listed(visit: Visit, name: str) -> Response:
    """A page of the list."""
    entity = _entity(visit, name)
    wanted = store.Wanted(
        search=visit.query.get("q", "").strip(),
        filters={one: visit.query.get(one, "") for one in entity.filters},
        sort=visit.query.get("sort", ""),
        after=visit.query.get("after", ""),
    )

    def look(db: Connection) -> tuple[Any, forms.Options]:
        return store.page(db, entity, wanted), _options(db, entity)

    (rows, more), options = await visit.read(look)
    query = {key: value for key, value in visit.query.items() if key != "after" and value}
    return visit.show(
        "keep_list.html",
        entity=entity,
        fields={one.name: one for one in entity.fields},
        labels={**{one.name: one.label for one in entity.fields}, **entity.extra},
        rows=rows,
        more=more,
        wanted=wanted,
        options=options,
        query=query,
    )


@VIEWS.get(PATH + "/{name}/new", "keep.write")
async def ask_new(visit: Visit, name: str) -> Response:
    """An empty form."""
    entity = _entity(visit, name, write=True, adding=True)
    options = await visit.read(lambda db: _options(db, entity))
    asked = {one.name: visit.query[one.name] for one in entity.fields if one.name in visit.query}
    return _form_page(visit, entity, visit.bind(forms.form_class(entity, options), asked), None)


@VIEWS.post(PATH + "/{name}/new", "keep.write")
async def add(visit: Visit, name: str) -> Response:
    """A new record."""
    return await _save(visit, _entity(visit, name, write=True, adding=True), None)


@VIEWS.get(ONE, "keep.see")
async def show(visit: Visit, name: str, record_id: int) -> Response:
    """One record, with how each spoken field is heard."""
    entity = _entity(visit, name)
    speed = hearing.speed_of(visit.query.get("speed"))
    language = _language(visit)

    def look(db: Connection) -> tuple[store.Record | None, forms.Options, Heard | None, list[Any]]:
        record = store.get(db, entity, record_id)
        heard = _heard(db, visit, entity, record_id) if record else None
        beside = [one.rows(db, record_id) for one in entity.beside] if record else []
        return record, _options(db, entity), heard, beside

    found, options, heard, beside = await visit.read(look)
    record = visit.need(found)
    return visit.show(
        "keep_one.html",
        crumbs=_crumbs(entity),
        entity=entity,
        record=record,
        called=_called(visit, entity, record, options),
        beside=[(one, _rows(visit, rows)) for one, rows in zip(entity.beside, beside, strict=True)],
        options=options,
        heard=heard,
        text=hearing.hearing(heard.text, language, speed) if heard and heard.text else None,
        spoken=_spoken(entity, record.values, language, speed),
        speed=speed,
        speeds=SPEEDS,
    )


@VIEWS.get(ONE + "/listen", "keep.see")
async def listen_to_all(visit: Visit, name: str, record_id: int) -> Response:
    """The whole record as a caller hears it."""
    entity, language = _entity(visit, name), _language(visit)
    prompts = visit.need(visit.desk.languages.get(language))
    if entity.heard is None:
        raise Refused(404, "")
    told = entity.heard
    heard = visit.need(await visit.read(lambda db: told(db, prompts, record_id)))
    recorded = visit.desk.recorded.get(language, frozenset())
    speed = hearing.speed_of(visit.query.get("speed"))
    return await _sound(visit, list(playlist.clips(heard.phrases, prompts, speed, recorded)))


@VIEWS.get(ONE + "/edit", "keep.write")
async def ask(visit: Visit, name: str, record_id: int) -> Response:
    """The form."""
    entity = _entity(visit, name, write=True)

    def look(db: Connection) -> tuple[store.Record | None, forms.Options]:
        return store.get(db, entity, record_id), _options(db, entity)

    found, options = await visit.read(look)
    record = visit.need(found)
    form = visit.bind(forms.form_class(entity, options), forms.data_of(entity, record.values))
    return _form_page(visit, entity, form, record)


@VIEWS.post(ONE + "/edit", "keep.write")
async def change(visit: Visit, name: str, record_id: int) -> Response:
    """Save, unless somebody else did meanwhile."""
    return await _save(visit, _entity(visit, name, write=True), record_id)


@VIEWS.post(ONE + "/retire", "keep.write")
async def retire(visit: Visit, name: str, record_id: int) -> Response:
    """Take it out of service, or back in. Nothing is deleted."""
    entity = _entity(visit, name, write=True)
    back = str(visit.fields.get("do", "")) == "revive"
    if (back and entity.revive is None) or (not back and entity.retire is None):
        raise Refused(404, "")

    if not back:
        return await _retire(visit, entity, record_id)
    revived = entity.revive
    assert revived is not None, "looked at above"
    try:
        await visit.write(lambda audit: audit.change(entity.table, record_id, revived, "revive"))
    except LookupError:
        raise Refused(404, "") from None
    return visit.go(f"{PATH}/{entity.name}/{record_id}", said("又可以用了。"))


async def _retire(visit: Visit, entity: Entity, record_id: int) -> Response:
    """Shown first where somebody would be told, or where a line ends it: then there is no way back."""

    def look(db: Connection) -> tuple[store.Record | None, Sequence[Told]]:
        return store.get(db, entity, record_id), entity.called_off(db, record_id, visit.now)

    found, told = await visit.read(look)
    record, told = visit.need(found), [one for one in told if one.count]
    for_good = entity.call_off is not None
    if (told or for_good) and not entity.retired(record.row) and not visit.fields.get("_confirmed"):
        return visit.show(
            "keep_confirm.html",
            crumbs=_crumbs(entity, record),
            entity=entity,
            sent=[("do", "retire")],
            mark="",
            changes=[],
            told=told,
            alike=[],
            options={},
            for_good=for_good,
            back=f"{PATH}/{entity.name}/{record_id}",
        )

    def work(audit: Audit) -> None:
        values = entity.retire(audit.now) if entity.retire else {}
        after = {**record.values, **values}
        store.retire(Saving(audit, visit.desk, record_id, record.values, after), entity, values)

    try:
        await visit.write(work)
    except Wrong as wrong:
        raise Refused(409, wrong.why) from None
    return visit.go(f"{PATH}/{entity.name}/{record_id}", said("已经停用，来电听不到了。"))


# --- Saving -------------------------------------------------------------------------------------------------


async def _save(visit: Visit, entity: Entity, record_id: int | None) -> Response:
    """Validated, shown to be heard or to be confirmed, then saved."""

    def look(db: Connection) -> tuple[store.Record | None, forms.Options]:
        record = store.get(db, entity, record_id) if record_id else None
        return record, _options(db, entity)

    record, options = await visit.read(look)
    if record_id and record is None:
        raise Refused(404, "")
    form = visit.bind(forms.form_class(entity, options))
    if not form.validate():
        return _form_page(visit, entity, form, record, status=422)
    values = forms.values_of(entity, form)
    for name, why in entity.check(values).items():
        form.refuse(name, why)
    if form.flaws():
        return _form_page(visit, entity, form, record, status=422)
    if visit.fields.get("do") == "listen":
        return _form_page(visit, entity, form, record, heard=values)
    mark = str(visit.fields.get("_mark", ""))
    if record and record.mark != mark:
        return _changed_page(visit, entity, form, record, values, options)
    told, alike = await visit.read(lambda db: _consequences(db, visit, entity, record, values))
    if (told or alike) and not visit.fields.get("_confirmed"):
        return _confirm_page(visit, entity, form, record, values, told, alike, options)

    def work(audit: Audit) -> int:
        saving = Saving(audit, visit.desk, record_id or 0, record.values if record else None, values)
        if record_id:
            store.change(saving, entity, mark)
            kept = saving
        else:
            kept = Saving(audit, visit.desk, store.add(saving, entity), None, values)
        if entity.saved:
            entity.saved(kept)
        return kept.id

    try:
        kept_id = await visit.write(work)
    except store.Changed as changed:
        return _changed_page(visit, entity, form, changed.now, values, options)
    except Wrong as wrong:
        form.refuse(wrong.name, wrong.why)
        return _form_page(visit, entity, form, record, status=422)
    except IntegrityError:
        form.refuse(entity.head, said("已经有一条这样的记录了，或者有一项的值不允许。"))
        return _form_page(visit, entity, form, record, status=422)
    response = visit.go(f"{PATH}/{entity.name}/{kept_id}", said("已经保存。"))
    if heard := await visit.read(lambda db: _heard(db, visit, entity, kept_id)):
        response.background = BackgroundTask(render_ahead, visit.desk, heard.phrases)
    return response


def _consequences(
    db: Connection, visit: Visit, entity: Entity, record: store.Record | None, values: Values
) -> tuple[Sequence[Told], Any]:
    record_id = record.id if record else None
    told: Sequence[Told] = ()
    if entity.told:
        told = entity.told(db, record_id, record.values if record else None, values, visit.now)
    alike = entity.alike(db, record_id, values) if entity.alike and record is None else ()
    return [one for one in told if one.count], alike


def _changes(entity: Entity, before: Values, after: Values) -> list[tuple[Any, Any, Any]]:
    return [
        (one, before.get(one.name), after.get(one.name))
        for one in entity.fields
        if (before.get(one.name) or None) != (after.get(one.name) or None)
    ]


def _form_page(
    visit: Visit,
    entity: Entity,
    form: ConsoleForm,
    record: store.Record | None,
    *,
    status: int = 200,
    heard: Values | None = None,
) -> Response:
    speed = hearing.speed_of(str(visit.fields.get("speed", "")))
    mark = str(visit.fields.get("_mark") or "") or (record.mark if record else "")
    return visit.show(
        "keep_form.html",
        status,
        _crumbs(entity, record),
        entity=entity,
        form=form,
        record=record,
        mark=mark,
        speed=speed,
        speeds=SPEEDS,
        spoken=_spoken(entity, heard, _language(visit), speed) if heard is not None else {},
    )


def _confirm_page(
    visit: Visit,
    entity: Entity,
    form: ConsoleForm,
    record: store.Record | None,
    values: Values,
    told: Sequence[Told],
    alike: Any,
    options: forms.Options,
) -> Response:
    return visit.show(
        "keep_confirm.html",
        crumbs=_crumbs(entity, record),
        entity=entity,
        sent=_sent(visit, form),
        mark=str(visit.fields.get("_mark", "")),
        changes=_changes(entity, record.values if record else {}, values),
        told=told,
        alike=alike,
        options=options,
        for_good=False,
        back=visit.path,
    )


def _changed_page(
    visit: Visit,
    entity: Entity,
    form: ConsoleForm,
    now: store.Record,
    values: Values,
    options: forms.Options,
) -> Response:
    """The second of two sees both, and chooses."""
    return visit.show(
        "keep_changed.html",
        409,
        _crumbs(entity, now),
        entity=entity,
        sent=_sent(visit, form),
        now=now,
        changes=_changes(entity, now.values, values),
        options=options,
    )


def _sent(visit: Visit, form: ConsoleForm) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in visit.fields.multi_items() if name in form]


# --- What the pages share -----------------------------------------------------------------------------------


def _entity(visit: Visit, name: str, write: bool = False, adding: bool = False) -> Entity:
    entity = visit.need(ENTITIES.get(name))
    if adding and not entity.adds:
        raise Refused(404, "")
    if not visit.may(entity.write if write else entity.see):
        raise Refused(403, "")
    return entity


def _options(db: Connection, entity: Entity) -> forms.Options:
    return {
        one.name: one.choices(db) if callable(one.choices) else one.choices
        for one in entity.fields
        if one.kind == "choice"
    }


def _language(visit: Visit) -> str:
    """What is kept is written and read out in the house's own language, whatever its counselor reads."""
    return visit.desk.config.language


def _spoken(
    entity: Entity, values: Values, language: str, speed: int
) -> Mapping[str, list[tuple[str, hearing.Hearing]]]:
    found: dict[str, list[tuple[str, hearing.Hearing]]] = {}
    for one in entity.fields:
        if one.spoken:
            value = values.get(one.name) or ""
            texts = value if isinstance(value, list) else [str(value)]
            found[one.name] = [(text, hearing.hearing(text, language, speed)) for text in texts if text]
    return found


def _heard(db: Connection, visit: Visit, entity: Entity, record_id: int) -> Heard | None:
    prompts = visit.desk.languages.get(_language(visit))
    return entity.heard(db, prompts, record_id) if entity.heard and prompts else None


def _called(visit: Visit, entity: Entity, record: store.Record, options: forms.Options) -> str:
    """What a record is called: by its head, where that is a choice by the words of it."""
    value = record.values[entity.head]
    return visit.say(options.get(entity.head, {}).get(str(value), str(value or record.id)))


def _rows(visit: Visit, rows: Sequence[Row]) -> list[tuple[str, list[str]]]:
    return [(row.path, [_cell(visit, cell) for cell in row.cells]) for row in rows]


def _cell(visit: Visit, cell: Any) -> str:
    match cell:
        case datetime():
            return visit.say.moment(cell)
        case date():
            return visit.say.day(cell)
        case bool():
            return visit.say(said("是")) if cell else visit.say(said("否"))
        case None | "":
            return "–"
    return visit.say(cell) if isinstance(cell, str) else str(cell)


def _crumbs(entity: Entity, record: store.Record | None = None) -> list[tuple[str, str]]:
    crumbs = [(entity.title, f"{PATH}/{entity.name}")]
    if record:
        head = entity.field(entity.head)
        name = entity.one if head.kind == "choice" else str(record.values[head.name] or record.id)
        crumbs.append((name, f"{PATH}/{entity.name}/{record.id}"))
    return crumbs


async def _sound(visit: Visit, clips: list[Any]) -> Response:
    try:
        audio = await hearing.sound(visit.desk, clips)
    except SynthesisError:
        raise Refused(503, said("现在合成不了语音，请过一会儿再试。")) from None
    return Response(audio, headers={**HEADERS, "Content-Type": "audio/wav"})
