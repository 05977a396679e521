"""The JSON API as an application of its own, to be mounted at ``/api/v1``; it describes itself at ``/openapi.json``.

Pages are cut by id and lead to each other by a ``next`` address and a ``Link`` header (RFC 8288); a record that may be
changed carries its version as ``ETag`` and is changed with ``If-Match`` (RFC 9110, 13.1.1), so that two systems never
overwrite each other unseen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import orjson
from fastapi import Depends, FastAPI, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import create_model
from sqlalchemy import Connection, RowMapping
from starlette.exceptions import HTTPException

from outreach.api import resources, writing
from outreach.api.access import SCOPES, needs
from outreach.api.problems import TITLES, Problem, answer, on_http, on_invalid, on_problem
from outreach.api.resources import RESOURCES, Resource
from outreach.evaluation import figures, goals, periods
from outreach.evaluation.figures import FIGURES
from outreach.evaluation.masking import masked
from outreach.services.places import today
from outreach.store.audit import Audit
from outreach.store.database import Database, DatabaseError
from outreach.store.tokens import Token

MOST: Final = 200
"""Records on a page."""
OPENINGS: Final = next(resource for resource in RESOURCES if resource.name == "openings")


@dataclass(frozen=True, slots=True)
class Api:
    """What the routes need of the house. ``announce`` tells people of a new opening."""

    database: Database
    clock: Callable[[], datetime]
    announce: writing.Publish


def create(api: Api) -> FastAPI:
    """The application."""
    app = FastAPI(
        title="武威助残就业服务 API",
        version="1",
        description="岗位、培训、预约、职称评审和统计数字。 Openings, training, bookings, title rounds and figures.",
        docs_url=None,
        redoc_url=None,
        responses={401: {"description": TITLES["no-token"][2]}, 403: {"description": TITLES["scope"][2]}},
    )
    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(DatabaseError, _busy)
    for resource in RESOURCES:
        _readable(app, api, resource)
    _writable(app, api)
    _countable(app, api)
    _explained(app)
    return app


async def _busy(request: Request, _error: Exception) -> Response:
    return answer(request, Problem("busy", headers={"Retry-After": "5"}))


# --- Reading ----------------------------------------------------------------------------------------------------


def _readable(app: FastAPI, api: Api, resource: Resource) -> None:
    allowed = Depends(needs(api.database, api.clock, resource.scope))
    record = resource.model()
    listed = create_model(f"{record.__name__}Page", items=(list[record], ...), next=(str | None, None))  # type: ignore[valid-type]
    wanted = {name: resource.table.c[name].type.python_type for name in resource.filters}
    filters = create_model(
        f"{record.__name__}Filter",
        **{name: (kind | None, None) for name, kind in wanted.items()},  # type: ignore[call-overload]
    )

    @app.get(
        f"/{resource.name}", response_model=listed, summary=" / ".join(resource.about), dependencies=[allowed]
    )
    async def listing(
        request: Request,
        asked: Annotated[Any, Depends(filters)],
        current: Annotated[bool, Query(description="只要现在有效的 / only what is offered today")] = False,
        after: Annotated[
            int, Query(ge=0, description="上一页最后的编号 / the last id of the page before")
        ] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    ) -> Response:
        only = {name: value for name, value in asked.model_dump().items() if value is not None}
        rows = await api.database.read(
            lambda db: resources.page(db, resource, only, current, api.clock(), after, limit + 1)
        )
        following = None
        if len(rows) > limit:
            rows = rows[:limit]
            query = dict(request.query_params) | {"after": rows[-1]["id"], "limit": limit}
            following = f"{request.url.path}?{urlencode(query)}"
        links = {"Link": f'<{following}>; rel="next"'} if following else {}
        return _json({"items": [_plain(row) for row in rows], "next": following}, links)

    @app.get(
        f"/{resource.name}/{{record_id}}",
        response_model=record,
        summary=resource.about[0],
        dependencies=[allowed],
    )
    async def single(record_id: int) -> Response:
        row = await api.database.read(lambda db: resources.one(db, resource, record_id))
        if row is None:
            raise Problem("not-found")
        return _record(row)


def _record(row: RowMapping, status: int = 200, **headers: str) -> Response:
    if "version" in row:
        headers["ETag"] = f'"{row["version"]}"'
    return _json(_plain(row), headers, status)


def _plain(row: RowMapping) -> dict[str, Any]:
    return {str(name): value for name, value in row.items()}  # orjson takes no subclass of str for a name


def _json(body: Any, headers: dict[str, str], status: int = 200) -> Response:
    return Response(
        orjson.dumps(body), status, {"Cache-Control": "no-store", **headers}, media_type="application/json"
    )


# --- Writing ----------------------------------------------------------------------------------------------------


def _writable(app: FastAPI, api: Api) -> None:
    writer = Annotated[Token, Depends(needs(api.database, api.clock, "openings:write"))]
    shape = OPENINGS.model()

    @app.post(
        "/openings",
        status_code=201,
        response_model=shape,
        summary="发布岗位 / publish",
    )
    async def publish(request: Request, new: writing.New, token: writer) -> Response:
        def work(db: Connection) -> tuple[RowMapping, bool]:
            audit = Audit(db, None, api.clock(), "api")
            opening_id, fresh = writing.add(audit, new, api.announce)
            _signed(audit, token, opening_id)
            row = writing.shown(db, opening_id, OPENINGS.columns)
            assert row is not None
            return row, fresh

        row, fresh = await api.database.write(work)
        return _record(row, 201 if fresh else 200, Location=f"{request.url.path}/{row['id']}")

    @app.patch("/openings/{record_id}", response_model=shape, summary="修改岗位 / change")
    async def change(
        record_id: int,
        wanted: writing.Change,
        token: writer,
        if_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        version = (if_match or "").removeprefix("W/").strip('"')
        if not version.isdecimal():
            raise Problem("no-version", ("把 ETag 放进 If-Match", "send the ETag as If-Match"))

        def work(db: Connection) -> RowMapping:
            if writing.shown(db, record_id, ("id",)) is None:
                raise Problem("not-found")
            audit = Audit(db, None, api.clock(), "api")
            if not writing.change(audit, record_id, wanted, int(version)):
                raise Problem("changed")
            _signed(audit, token, record_id)
            row = writing.shown(db, record_id, OPENINGS.columns)
            assert row is not None
            return row

        return _record(await api.database.write(work))


def _signed(audit: Audit, token: Token, opening_id: int) -> None:
    """Which system it was: a token is nobody's account."""
    audit.record("use", "api_tokens", token.id, after={"name": token.name, "opening": opening_id})


# --- Counting ---------------------------------------------------------------------------------------------------


def _countable(app: FastAPI, api: Api) -> None:
    allowed = Depends(needs(api.database, api.clock, "figures:read"))

    @app.get("/figures", summary="统计数字 / figures", dependencies=[allowed])
    async def counted(
        period: Annotated[str, Query(description="2026, 2026-H1, 2026-03")],
    ) -> Response:
        when = _period(period)

        def work(db: Connection) -> dict[str, Any]:
            return {key: _shown_figure(db, key, when) for key in FIGURES}

        return _json({"period": when.name, "figures": await api.database.read(work)}, {})

    @app.get("/goals", summary="方案的目标 / the plan's goals", dependencies=[allowed])
    async def reached(year: Annotated[int, Query(ge=2025, le=2100)]) -> Response:
        day = today(api.clock())
        found = await api.database.read(lambda db: list(goals.standings(db, periods.year(year), day)))
        items = [
            {
                "item": one.goal.item,
                "goal": one.goal.key,
                "figure": one.goal.figure,
                "period": one.period.name,
                "value": one.value,
                "wanted": one.wanted,
                "state": one.state,
            }
            for one in found
        ]
        return _json({"items": items}, {})


def _period(name: str) -> periods.Period:
    try:
        return periods.parse(name)
    except ValueError:
        error = {"field": "period", "says": "2026, 2026-H1, 2026-03"}
        raise Problem("invalid", errors=[error]) from None


def _shown_figure(db: Connection, key: str, period: periods.Period) -> dict[str, Any]:
    figure = FIGURES[key]
    counties = figures.by_county(db, figure, period)
    return {
        "total": figures.count(db, figure, period),
        "by_county": masked(counties) if figure.personal else counties,
    }


# --- Explaining itself ------------------------------------------------------------------------------------------


def _explained(app: FastAPI) -> None:
    @app.get("/problems/{kind}", summary="错误的说明 / what a problem means")
    async def problem(kind: str) -> Response:
        if kind not in TITLES:
            raise Problem("no-page")
        status, chinese, english = TITLES[kind]
        return _json({"status": status, "zh-CN": chinese, "en": english}, {})

    @app.get("/scopes", summary="权限的说明 / what scopes there are")
    async def scopes() -> Response:
        return _json({name: {"zh-CN": says[0], "en": says[1]} for name, says in SCOPES.items()}, {})
