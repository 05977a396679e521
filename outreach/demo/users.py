"""One user of each role for the console, with passwords that everybody may know: never where real people ring."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from outreach.console import passwords, users
from outreach.console.access import Role
from outreach.store.audit import Audit
from outreach.store.schema import counselors

PASSWORDS: Final[Mapping[Role, str]] = {
    "admin": "demo-admin-wuwei",
    "counselor": "demo-counselor-wuwei",
    "viewer": "demo-viewer-wuwei",
    "tester": "demo-tester-wuwei",
}
NAMES: Final[Mapping[Role, str]] = {
    "admin": "演示管理员",
    "counselor": "演示指导员",
    "viewer": "演示查看者",
    "tester": "演示测试员",
}


def seed(db: Connection, now: datetime) -> None:
    """Add who is missing; a password that a tester has changed stays."""
    audit = Audit(db, None, now, "terminal")
    first = db.scalar(select(counselors.c.id).order_by(counselors.c.id).limit(1))
    for role, password in PASSWORDS.items():
        if users.by_login(db, role) is None:
            users.add(
                audit,
                login=role,
                name=NAMES[role],
                password_hash=passwords.hashed(password),
                role=role,
                counselor_id=first if role == "counselor" else None,
            )
