"""Deliveries that are due at one moment in the order in which they are claimed."""

from alembic import op
from sqlalchemy import text

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    queued = text("state = 'queued'")
    op.drop_index("ix_deliveries_due", table_name="deliveries")
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["channel", "priority", "due_at", "id"],
        sqlite_where=queued,
        postgresql_where=queued,
    )
