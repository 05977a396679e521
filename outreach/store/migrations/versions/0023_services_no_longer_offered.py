"""A service that is no longer offered has no key: another can have it."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    price = sa.Column(
        "price", sa.String(60), nullable=False, server_default="", comment="as it is to be read"
    )
    with op.batch_alter_table("booking_services", schema=None, reflect_args=(price,)) as batch_op:
        batch_op.alter_column(
            "position",
            existing_type=sa.Integer(),
            nullable=True,
            comment="its key; null: no longer offered",
        )
