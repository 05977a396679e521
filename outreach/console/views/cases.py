"""Cases 维权: the urgent first; a new state is noted, heard by its person, and sent to them as a text."""

from typing import Any, Final

from sqlalchemy import Connection
from starlette.responses import Response
from wtforms import BooleanField, HiddenField, RadioField, SelectField, TextAreaField

from outreach import effects
from outreach.console import cases, tasks, users
from outreach.console.figure_words import COUNTIES
from outreach.console.forms import STRIPPED, ConsoleForm, Needed
from outreach.console.language import said
from outreach.console.routes import Views
from outreach.console.views.inbox import page_of
from outreach.console.visit import Refused, Visit
from outreach.dialogue.page import Profile
from outreach.services.person import tail
from outreach.services.rights import publish
from outreach.store.audit import Audit

VIEWS: Final = Views()
PATH: Final = "/console/cases"
ONE: Final = PATH + "/{case_id:int}"
LONGEST_NOTE: Final = 2000
URGENT_SHOWN: Final = 20
STATES: Final = {
    "received": said("已经收到，等着办理"),
    "working": said("正在办理"),
    "passed_on": said("转给了主管部门"),
    "settled": said("已经解决"),
    "closed": said("已经结案"),
}
"""As the caller hears it, but for the date."""
KINDS: Final = {
    "discrimination": said("受歧视"),
    "wages": said("拖欠工资"),
    "dismissal": said("被违法辞退"),
    "other": said("其他"),
}


class CaseForm(ConsoleForm):
    """A new state with a note, a note alone, whose it is. ``was``: the state this page was made from."""

    was = HiddenField()
    state = RadioField(said("状态"), choices=list(STATES.items()), validate_choice=False)
    words = TextAreaField(
        said("记录"),
        [Needed()],
        filters=STRIPPED,
        description=said("做了什么，谁答复的，下一步做什么。对方听不到记录，只听到状态。"),
        render_kw={"rows": 4, "maxlength": LONGEST_NOTE},
    )
    assignee_id = SelectField(said("谁来办"), coerce=int)
    urgent = BooleanField(said("紧急，排在最前面"))


@VIEWS.get(PATH, "inbox.see")
async def listed(visit: Visit) -> Response:
    """Those that something is still to be done for, unless others are asked for."""
    ask = visit.query.get
    whose = ask("whose", "")
    wanted = cases.Wanted(
        state=ask("state", "") if ask("state", "") in STATES else "",
        county=ask("county", "") if ask("county", "") in COUNTIES else "",
        assignee_id={"mine": visit.user.id, "nobody": 0}.get(whose),
        page=page_of(ask("page")),
    )

    def look(db: Connection) -> tuple[list[cases.Case], list[tasks.Task]]:
        return cases.find(db, wanted), tasks.waiting(db, ("urgent",), URGENT_SHOWN)

    found, urgent = await visit.read(look)
    return visit.show(
        "cases.html",
        cases=found[: cases.SHOWN],
        more=wanted.page + 1 if len(found) > cases.SHOWN else None,
        urgent=urgent,
        wanted=wanted,
        whose=whose,
        query={name: value for name, value in visit.query.items() if name != "page" and value},
        states=STATES,
        kinds=KINDS,
        counties={key: name for key, name in COUNTIES.items() if key},
        tail=tail,
    )


@VIEWS.get(ONE, "inbox.see")
async def show(visit: Visit, case_id: int) -> Response:
    """One case; nothing that was said or written before it is asked for."""
    return await _page(visit, case_id)


@VIEWS.post(ONE, "inbox.act")
async def act(visit: Visit, case_id: int) -> Response:
    """What the button says that was pressed."""
    form = await _form(visit, None)
    words, state, was = (form.words.data or "")[:LONGEST_NOTE], form.state.data or "", form.was.data or ""
    what = visit.fields.get("do")
    if what in ("state", "note") and not words:
        form.refuse("words", said("请先写记录。"))
        return await _page(visit, case_id, form, 422)
    if what == "state" and (state not in STATES or state == was):
        form.refuse("state", said("请选一个新的状态。"))
        return await _page(visit, case_id, form, 422)
    try:
        match what:
            case "state":
                told = await visit.write(lambda audit: _change(visit, audit, case_id, was, state, words))
                return visit.go(
                    visit.path,
                    said("状态改好了，已经发短信告诉对方。")
                    if told
                    else said("状态改好了。对方收不到短信，打来电话的时候会听到。"),
                )
            case "assign":
                whose, urgent = form.assignee_id.data or None, bool(form.urgent.data)
                await visit.write(
                    lambda audit: cases.change(audit, case_id, assignee_id=whose, urgent=urgent)
                )
                return visit.go(visit.path, said("已经安排好了。"))
            case "note":
                await visit.write(lambda audit: _note(audit, case_id, words))
                return visit.go(visit.path, said("记下了。"))
            case _:
                raise Refused(404, "")
    except LookupError:
        raise Refused(404, "") from None
    except cases.Overtaken as overtaken:
        form.was.data = overtaken.state
        form.refuse(
            "state",
            said(
                "别人刚刚把状态改成了“{state}”。您写的还在下面，请再看一遍。", state=STATES[overtaken.state]
            ),
        )
        return await _page(visit, case_id, form, 409)


@VIEWS.post(ONE + "/messages/{message_id:int}", "inbox.act")
async def read(visit: Visit, case_id: int, message_id: int) -> Response:
    """What was written, for whoever works on it: that it was looked at is written down."""
    try:
        words = await visit.write(lambda audit: cases.read(audit, case_id, message_id))
    except LookupError:
        raise Refused(404, "") from None
    return await _page(visit, case_id, shown={message_id: words})


@VIEWS.post(ONE + "/number", "people.reveal")
async def number(visit: Visit, case_id: int) -> Response:
    """The person's number in full: that it was looked at is written down."""
    found = visit.need(await visit.read(lambda db: cases.get(db, case_id)))
    await visit.write(lambda audit: audit.looked("cases", case_id, ("phone",)))
    return await _page(visit, case_id, number=found.phone)


def _note(audit: Audit, case_id: int, words: str) -> None:
    if cases.get(audit.db, case_id) is None:
        raise LookupError
    cases.note(audit, case_id, words)


def _change(visit: Visit, audit: Audit, case_id: int, was: str, state: str, words: str) -> int:
    """How many texts tell of it."""
    desk, db = visit.desk, audit.db
    cases.lock(audit, case_id, was)
    told = publish.change_state(db, case_id, state, desk.languages, audit.now)
    cases.note(audit, case_id, words, state, was)
    found = cases.get(db, case_id)
    whose = Profile(person_id=found.person_id if found else None)
    for effect in told:
        effects.queue(db, effect, f"case:{case_id}", whose, desk.config.sms_signature, audit.now)
    return len(told)


async def _form(visit: Visit, found: cases.Case | None) -> CaseForm:
    data: dict[str, Any] = {}
    if found:
        data = {"state": found.state, "was": found.state, "urgent": found.urgent}
        data["assignee_id"] = found.assignee_id or 0
    form = visit.bind(CaseForm, data)

    def look(db: Connection) -> list[tuple[int, str]]:
        return [(user.id, user.name) for user in users.everybody(db) if user.active and user.may("inbox.act")]

    form.assignee_id.choices = [(0, said("还没有人")), *await visit.read(look)]
    return form


async def _page(
    visit: Visit,
    case_id: int,
    form: CaseForm | None = None,
    status: int = 200,
    shown: dict[int, str] | None = None,
    number: str | None = None,
) -> Response:
    def look(db: Connection) -> tuple[cases.Case | None, Any, Any, bool]:
        found = cases.get(db, case_id)
        person_id = found.person_id if found else None
        danger = person_id is not None and cases.in_danger(db, person_id)
        return found, cases.messages(db, case_id), cases.notes(db, case_id), danger

    found, messages, notes, danger = await visit.read(look)
    case = visit.need(found)
    return visit.show(
        "case.html",
        status,
        [(said("案件"), PATH)],
        form=form or await _form(visit, case),
        case=case,
        messages=messages,
        notes=notes,
        danger=danger,
        shown=shown or {},
        number=number,
        tail=tail(case.phone) if case.phone else None,
        base=f"{PATH}/{case_id}",
        states=STATES,
        kinds=KINDS,
        counties=COUNTIES,
    )
