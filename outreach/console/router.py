"""The console as routes: every one of them through the door."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from outreach.console import navigation
from outreach.console.desk import Desk
from outreach.console.door import Door
from outreach.console.pages import TEMPLATES
from outreach.console.routes import Route
from outreach.console.web import serve_static

STATIC = "/console/static"


def router(desk: Desk) -> APIRouter:
    """Everything below ``/console``."""
    routes = APIRouter(include_in_schema=False)
    door = Door(desk, navigation.frame, navigation.opens)
    serve_static(routes, STATIC, TEMPLATES.parent / "static")
    for route in navigation.all_routes():
        routes.add_route(route.path, _endpoint(door, route), methods=[route.method], include_in_schema=False)

    async def missing(request: Request) -> Response:
        return await door.missing(request)

    routes.add_route("/console/{rest:path}", missing, methods=["GET", "POST"], include_in_schema=False)
    return routes


def _endpoint(door: Door, route: Route) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await door.answer(request, route)

    return endpoint
