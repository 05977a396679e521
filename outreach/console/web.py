"""What all our web pages have in common: security headers, templates, static files. No page lives here."""

from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

HEADERS: Final = {
    # No inline script or style and nothing from elsewhere: what a listing or a transcript holds stays text.
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Nothing to other sites. Not "no-referrer": with that, browsers send a form of ours with "Origin: null".
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Cache-Control": "no-store",
}


def serve_static(routes: APIRouter, path: str, directory: Path) -> None:
    """Serve the files of ``directory`` below ``path``. (An included router loses what is mounted on it.)"""
    files = StaticFiles(directory=directory)

    @routes.get(path + "/{name}")
    async def static(request: Request, name: str) -> Response:
        response = await files.get_response(name, request.scope)
        # Asked again each time (a 304 costs nothing): after an update no page runs with yesterday's script.
        response.headers["Cache-Control"] = "no-cache"
        return response


class Pages:
    """The templates of one folder, autoescaped."""

    def __init__(self, directory: Path) -> None:
        self._templates = Jinja2Templates(directory=directory)

    def page(self, request: Request, template: str, values: dict[str, Any]) -> Response:
        """A whole page with its security headers."""
        return self._templates.TemplateResponse(request, template, values, headers=HEADERS)

    def fragment(self, template: str, values: dict[str, Any]) -> str:
        """A part of a page."""
        return self._templates.get_template(template).render(values)
