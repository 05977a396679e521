"""Every page of the console. A new one: its view file, its template, its English, and its line here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from starlette.routing import compile_path

from outreach.console.language import said
from outreach.console.routes import OPEN, Route, Views
from outreach.console.users import User
from outreach.console.views import (
    account,
    audit,
    campaigns,
    cases,
    entrance,
    exports,
    guide,
    imports,
    inbox,
    kept,
    leaving,
    merging,
    people,
    plans,
    reports,
    tasks,
    today,
    users,
)
from outreach.console.visit import Visit


@dataclass(frozen=True, slots=True)
class Section:
    """A line of the navigation; who may not see its first page does not see it."""

    name: str
    path: str
    views: Views

    def shown_to(self, user: User) -> bool:
        """May they see its first page?"""
        return any(
            route.path == self.path
            and route.method == "GET"
            and route.right != OPEN
            and user.may(route.right)
            for route in self.views.routes
        )


PEOPLE: Final = Views(
    [*people.VIEWS.routes, *plans.VIEWS.routes, *merging.VIEWS.routes, *leaving.VIEWS.routes]
)
SECTIONS: Final = (
    Section(said("今天"), "/console", today.VIEWS),
    Section(said("人员"), "/console/people", PEOPLE),
    Section(said("留言"), "/console/inbox", inbox.VIEWS),
    Section(said("案件"), "/console/cases", cases.VIEWS),
    Section(said("档案"), "/console/keep", kept.VIEWS),
    Section(said("群发活动"), "/console/campaigns", campaigns.VIEWS),
    Section(said("统计"), "/console/reports", reports.VIEWS),
    Section(said("导入"), imports.PATH, imports.VIEWS),
    Section(said("导出"), exports.PATH, exports.VIEWS),
    Section(said("操作记录"), "/console/audit", audit.VIEWS),
    Section(said("用户"), "/console/users", users.VIEWS),
    Section(said("使用手册"), guide.PATH, guide.VIEWS),
)
UNLISTED: Final = (entrance.VIEWS, account.VIEWS, tasks.VIEWS)
"""Reached otherwise: the way in and out, one's own account, a task from today's list."""


def all_routes() -> tuple[Route, ...]:
    """Every route, of every view."""
    listed = (section.views for section in SECTIONS)
    return tuple(route for views in (*listed, *UNLISTED) for route in views.routes)


def where(path: str) -> Section | None:
    """The section a path belongs to: that with the longest beginning in common."""
    found = [one for one in SECTIONS if path == one.path or path.startswith(one.path + "/")]
    nearest = max(found, key=lambda one: len(one.path), default=None)
    return nearest if nearest and _has(nearest, path) else None


def frame(visit: Visit) -> Mapping[str, Any]:
    """What the layout shows: the sections, and which of them this is."""
    user = visit.signed_in
    sections = [one for one in SECTIONS if one.shown_to(user)] if user else []
    return {"sections": sections, "section": where(visit.path), "crumbs": ()}


def opens(path: str) -> bool:
    """Is there a page to look at under this path?"""
    return any(route.method == "GET" and _fits(route, path) for route in all_routes())


def _has(section: Section, path: str) -> bool:
    return any(_fits(route, path) for route in section.views.routes)


def _fits(route: Route, path: str) -> bool:
    return _pattern(route.path).match(path) is not None


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return compile_path(path)[0]
