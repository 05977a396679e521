"""Who may do what at the console: one table, and nothing beside it.

A route names the right it needs; a test walks all routes with every role.
"""

from collections.abc import Mapping
from typing import Final, Literal, get_args

from outreach.console.language import said

Role = Literal["admin", "counselor", "viewer", "tester"]
Right = Literal[
    "own",
    "today.see",
    "tasks.act",
    "keep.see",
    "keep.write",
    "duty.write",
    "people.see",
    "people.reveal",
    "people.write",
    "people.erase",
    "inbox.see",
    "inbox.act",
    "campaigns.see",
    "campaigns.write",
    "campaigns.approve",
    "reports.see",
    "data.import",
    "data.export",
    "api.write",
    "audit.see",
    "users.write",
]

ROLES: Final[Mapping[Role, str]] = {
    "admin": said("管理员"),
    "counselor": said("就业指导员"),
    "viewer": said("查看者"),
    "tester": said("测试员"),
}

ALL: Final[tuple[Role, ...]] = get_args(Role)
STAFF: Final[tuple[Role, ...]] = ("admin", "counselor")
READERS: Final[tuple[Role, ...]] = ("admin", "counselor", "viewer")

MAY: Final[Mapping[Right, tuple[Role, ...]]] = {
    "own": ALL,  # one's own password, language, session
    "today.see": ALL,  # numbers by their last four digits, no names
    "tasks.act": STAFF,
    "keep.see": ALL,  # what is published to callers anyway
    "keep.write": STAFF,
    "duty.write": STAFF,  # who is rung when a caller presses 0
    "people.see": READERS,
    "people.reveal": STAFF,  # each look is audited
    "people.write": STAFF,
    "people.erase": STAFF,
    "inbox.see": READERS,
    "inbox.act": STAFF,
    "campaigns.see": READERS,
    "campaigns.write": STAFF,
    "campaigns.approve": STAFF,  # never one's own, where the setting asks for a second
    "reports.see": READERS,
    "data.import": STAFF,
    "data.export": STAFF,
    "api.write": ("admin",),
    "audit.see": ("admin",),
    "users.write": ("admin",),
}


def may(role: Role, right: Right) -> bool:
    """May somebody of this role do that?"""
    return role in MAY[right]
