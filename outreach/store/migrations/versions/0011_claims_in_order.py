"""Deliveries that are due at one moment in the order in which they are claimed."""

from alembic import op
from sqlalchemy import text

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    queued = text("state = 'queued'")
    op.drop_index("ix_deliveries_due", "deliveries")
    op.create_index(
        "ix_deliveries_due", "deliveries", ["due_at", "id"], sqlite_where=queued, postgresql_where=queued
    )
