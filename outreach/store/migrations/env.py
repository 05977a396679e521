"""Runs the migrations on the connection that ``outreach.store.migrate`` hands over, in its transaction."""

from typing import Any, Literal

from alembic import context

from outreach.store import tables
from outreach.store.schema import Instant, metadata

assert tables.__all__, "importing the lines' tables completes the metadata"
connection = context.config.attributes["connection"]


def render(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """A migration must not import what may change after it: an Instant is written as what it is today."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Instant) else False


context.configure(
    connection=connection,
    target_metadata=metadata,
    render_item=render,
    render_as_batch=connection.dialect.name == "sqlite",  # SQLite changes a table by rebuilding it
    transactional_ddl=True,
)
context.run_migrations()
