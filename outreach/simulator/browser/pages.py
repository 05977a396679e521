"""The browser phone's web page and its socket. For demo mode: whoever can open the page can ring the line."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response, WebSocket

from outreach.config import Config
from outreach.console.web import Pages, serve_static
from outreach.simulator.browser import bridge
from outreach.simulator.browser.messages import TEXT_LIMIT
from outreach.simulator.phone import CALLER, line_for

HERE: Final = Path(__file__).parent
KEYPAD: Final = tuple("123456789*0#")
KEY_NAMES: Final = {"*": "星号", "#": "井号"}


def router(config: Config, wait: Callable[[WebSocket, str], Awaitable[None]]) -> APIRouter:
    """``GET /phone`` with what belongs to it, and the WebSocket ``/phone/media``. ``wait``: holds one that waits."""
    routes = APIRouter(include_in_schema=False)
    pages = Pages(HERE / "templates")
    line = line_for(config)

    @routes.get("/phone")
    async def phone(request: Request) -> Response:
        values = {
            "called": line.called,
            "caller": CALLER.removeprefix("+86"),
            "keypad": [(key, KEY_NAMES.get(key)) for key in KEYPAD],
            "text_limit": TEXT_LIMIT,
        }
        return pages.page(request, "phone.html", values)

    serve_static(routes, "/phone/static", HERE / "static")

    @routes.websocket("/phone/media")
    async def media(websocket: WebSocket) -> None:
        if not _same_origin(websocket):
            await websocket.close()  # before accept: the server answers 403
            return
        await websocket.accept()
        await bridge.serve(websocket, line, wait)

    return routes


def _same_origin(websocket: WebSocket) -> bool:
    """Browsers let any site open a socket to any other: a stranger's page must not ring this line."""
    origin = urlsplit(websocket.headers.get("origin", ""))
    return bool(origin.netloc) and origin.netloc == websocket.headers.get("host")
