"""People 人员: who they are, found by name, number, county or file; each with one file, and in it all there is."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

from sqlalchemy import Connection
from starlette.responses import Response

from outreach.console.figure_words import LINES
from outreach.console.language import said
from outreach.console.people import file, search, timeline, words
from outreach.console.people.forms import ConsentForm, FactsForm, NewForm, choosing, of_counselors
from outreach.console.routes import Views
from outreach.console.views.today import REASONS
from outreach.console.visit import Crumb, Refused, Visit
from outreach.store.audit import Audit
from outreach.store.people import Scope

VIEWS: Final = Views()
PATH: Final = "/console/people"
ONE: Final = PATH + "/{person_id:int}"
ABOUT: Final[Mapping[str, Mapping[str, str]]] = {
    "case": words.CASES,
    "task": words.TASKS,
    "produce_offer": words.PRODUCE,
    "service": words.KINDS,
    "timer": LINES,
}
"""What a row of the timeline is about, where it is a key and no words."""


@VIEWS.get(PATH, "people.see")
async def listed(visit: Visit) -> Response:
    """A page of the list."""
    after = visit.query.get("after", "")
    wanted = search.Wanted(
        visit.query.get("q", "")[:80],
        visit.query.get("county", ""),
        int(after) if after.isascii() and after.isdecimal() and len(after) < 16 else None,
    )
    found, more = await visit.read(lambda db: search.find(db, wanted))
    query = {key: value for key, value in visit.query.items() if key != "after" and value}
    return visit.show(
        "people.html", found=found, more=more, wanted=wanted, query=query, counties=words.COUNTIES
    )


@VIEWS.get(PATH + "/new", "people.write")
async def ask_new(visit: Visit) -> Response:
    """An empty form."""
    form = visit.bind(NewForm, {"speed": "3", "wordiness": "2", "patience": "2"})
    choosing(form, await visit.read(of_counselors), None, "")
    return visit.show("person_new.html", form=form)


@VIEWS.post(PATH + "/new", "people.write")
async def add(visit: Visit) -> Response:
    """A new file."""
    form = visit.bind(NewForm)
    choosing(form, await visit.read(of_counselors), None, "")
    valid = form.validate()
    if valid and not (form.name.data or form.phone.data):
        form.refuse("name", said("姓名和号码至少填一样。"))
        valid = False
    if not valid:
        return visit.show("person_new.html", 422, form=form)
    evidence = form.evidence.data
    person_id = await visit.write(lambda audit: file.add(audit, form.values(), evidence))
    return visit.go(f"{PATH}/{person_id}", said("建好了。下面看看是不是以前就有这个人。"))


@VIEWS.get(ONE, "people.see")
async def show(visit: Visit, person_id: int) -> Response:
    """The file."""
    return await page(visit, person_id)


@VIEWS.post(ONE + "/reveal", "people.reveal")
async def reveal(visit: Visit, person_id: int) -> Response:
    """The file with one thing that is hidden otherwise: that it was looked at is written down."""
    asked = str(visit.fields.get("what", ""))
    if asked not in file.HIDDEN:
        raise Refused(404, "")
    visit.need(await visit.read(lambda db: file.read(db, person_id)))
    await visit.write(lambda audit: audit.looked("people", person_id, (asked,)))
    return await page(visit, person_id, asked)


@VIEWS.get(ONE + "/edit", "people.write")
async def ask(visit: Visit, person_id: int) -> Response:
    """The form."""
    found = visit.need(await visit.read(lambda db: file.read(db, person_id)))
    shown = {name: "" if value is None else str(value) for name, value in found.facts.items()}
    unsaid = {"phone": "", "category": "", "birth_year": found.facts["birth_year"]}
    return await _edit(visit, found, visit.bind(FactsForm, {**shown, **unsaid}))


@VIEWS.post(ONE + "/edit", "people.write")
async def change(visit: Visit, person_id: int) -> Response:
    """Save, unless somebody else did meanwhile: then both are shown."""
    found = visit.need(await visit.read(lambda db: file.read(db, person_id)))
    form = visit.bind(FactsForm)
    expected = str(visit.fields.get("_mark", ""))
    options, kept = await visit.read(of_counselors), found.facts["counselor_id"]
    named = choosing(form, options, kept, found.counselor or "")
    if not form.validate():
        return await _edit(visit, found, form, 422, expected)
    values = form.values()
    try:
        await visit.write(lambda audit: file.change(audit, person_id, values, expected))
    except LookupError:
        raise Refused(404, "") from None
    except file.NotAgreed:
        form.refuse("category", said("本人没有同意记录残疾类别。请先问本人，记下同意。"))
        return await _edit(visit, found, form, 422, expected)
    except file.Changed as changed:
        choices = {**words.CHOICES, "counselor_id": named}
        return changed_page(
            visit, words.FACTS, changed, values, choices, f"{PATH}/{person_id}", name_of(found)
        )
    return visit.go(f"{PATH}/{person_id}", said("存好了。"))


@VIEWS.post(ONE + "/skills", "people.write")
async def change_skills(visit: Visit, person_id: int) -> Response:
    """What they can do: the boxes that are ticked."""
    wanted, expected = (
        [str(one) for one in visit.fields.getlist(name) if one in words.SKILLS] for name in ("skill", "_was")
    )
    try:
        await visit.write(lambda audit: file.change_skills(audit, person_id, wanted, expected))
    except LookupError:
        raise Refused(404, "") from None
    except file.Changed:
        return visit.go(f"{PATH}/{person_id}", said("别人刚刚改过会做什么。请看一看现在的，再勾。"))
    return visit.go(f"{PATH}/{person_id}", said("存好了。"))


@VIEWS.post(ONE + "/agree", "people.write")
async def agree(visit: Visit, person_id: int) -> Response:
    """A consent that was given face to face."""
    form = visit.bind(ConsentForm)
    if not form.validate():
        return await page(visit, person_id, consent=form, status=422)
    scope, evidence = form.scope.data, form.evidence.data
    visit.need(await visit.read(lambda db: file.read(db, person_id)))

    def work(audit: Audit) -> bool:
        given = file.agree(audit, person_id, scope, evidence)
        audit.rows += not given
        return given

    given = await visit.write(work)
    message = said("记下了。") if given else said("这一项本来就同意了，还是原来的那条。")
    return visit.go(f"{PATH}/{person_id}", message)


@VIEWS.post(ONE + "/withdraw", "people.write")
async def withdraw(visit: Visit, person_id: int) -> Response:
    """End a consent at the person's wish."""
    scope = str(visit.fields.get("scope", ""))
    if scope not in get_args(Scope):
        raise Refused(404, "")

    def work(audit: Audit) -> bool:
        done = file.withdraw(audit, person_id, scope)  # type: ignore[arg-type]
        audit.rows += not done
        return done

    done = await visit.write(work)
    message = said("撤回了。") if done else said("这一项本来就没有同意。")
    return visit.go(f"{PATH}/{person_id}", message)


# --- Pages ----------------------------------------------------------------------------------------------------


def name_of(found: file.File) -> str:
    """What the file is called: by the name, else by its number."""
    return found.facts["name"] or said("{id} 号档案", id=found.id)


def crumbs(found: file.File) -> Sequence[Crumb]:
    """Of a page below the file."""
    return ((name_of(found), f"{PATH}/{found.id}"),)


async def page(
    visit: Visit, person_id: int, asked: str = "", consent: ConsentForm | None = None, status: int = 200
) -> Response:
    """The file; of what is hidden, what was ``asked`` for."""
    after = visit.query.get("after", "")

    def look(db: Connection) -> tuple[Any, ...]:
        found = file.read(db, person_id)
        if found is None:
            return None, None, (), "", ()
        events, more = timeline.page(db, person_id, after)
        return found, file.hidden(db, person_id, asked), events, more, file.alike(db, person_id)

    found, hidden, events, more, alike = await visit.read(look)
    return visit.show(
        "person.html",
        status,
        person=visit.need(found),
        base=f"{PATH}/{person_id}",
        name=name_of(found),
        hidden=hidden,
        events=events,
        more=more,
        alike=alike,
        words=words,
        about=ABOUT,
        reasons=REASONS,
        consent=consent or ConsentForm(meta={"locales": ["zh"]}),
        after=after,
    )


def changed_page(
    visit: Visit,
    labels: Mapping[str, str],
    changed: file.Changed,
    mine: Mapping[str, Any],
    options: Mapping[str, Mapping[str, str]],
    back: str,
    name: str,
) -> Response:
    """What somebody else saved meanwhile beside what was to be saved; a number by its last digits only."""
    rows = [
        (labels[key], _shown(key, changed.now[key], options), _shown(key, mine[key], options))
        for key in labels
        if key in mine and changed.now[key] != mine[key]
    ]
    sent = [
        (key, value)
        for key, value in visit.fields.multi_items()
        if isinstance(value, str) and key not in ("_csrf", "_mark", "_draft")
    ]
    return visit.show(
        "person_changed.html", 409, crumbs=((name, back),), rows=rows, sent=sent, mark=changed.mark, back=back
    )


def _shown(name: str, value: Any, options: Mapping[str, Mapping[str, str]]) -> str:
    if value is None or value == "":
        return "–"
    if name == "phone":
        return said("尾号 {tail}", tail=value[-4:])
    if name == "category":
        return said("不显示")
    return options.get(name, {}).get(str(value), str(value))


async def _edit(
    visit: Visit, found: file.File, form: FactsForm, status: int = 200, mark: str | None = None
) -> Response:
    options = await visit.read(of_counselors)
    choosing(form, options, found.facts["counselor_id"], found.counselor or "")
    return visit.show(
        "person_edit.html",
        status,
        crumbs=crumbs(found),
        person=found,
        form=form,
        mark=found.mark if mark is None else mark,
    )
