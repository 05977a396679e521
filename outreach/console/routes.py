"""How a view says which requests it answers, and which right each needs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Literal

from starlette.responses import Response

from outreach.console.access import Right

View = Callable[..., Awaitable[Response]]
"""Called with the ``Visit`` and the path's parameters (``/console/tasks/{task_id:int}``)."""

OPEN: Final = "open"
"""For the few routes that somebody who is not signed in must reach."""


@dataclass(frozen=True, slots=True)
class Route:
    """One route."""

    method: Literal["GET", "POST"]
    path: str
    right: Right | Literal["open"]
    view: View


@dataclass(slots=True)
class Views:
    """The routes of one view file, collected by its decorators. ``navigation.py`` lists all of them."""

    routes: list[Route] = field(default_factory=list)

    def get(self, path: str, right: Right | Literal["open"]) -> Callable[[View], View]:
        """Show something: changes nothing."""
        return self._route("GET", path, right)

    def post(self, path: str, right: Right | Literal["open"]) -> Callable[[View], View]:
        """Do something: only with a form of ours, and written down."""
        return self._route("POST", path, right)

    def _route(
        self, method: Literal["GET", "POST"], path: str, right: Right | Literal["open"]
    ) -> Callable[[View], View]:
        def keep(view: View) -> View:
            self.routes.append(Route(method, path, right, view))
            return view

        return keep
