"""Where a visit at home goes."""

from alembic import op
from sqlalchemy import Column, String

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite's own ADD COLUMN writes the column into the middle of another's line: the table is made anew instead
    anew = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("bookings", recreate="always" if anew else "never") as bookings:
        bookings.add_column(
            Column(
                "place",
                String(200),
                nullable=False,
                server_default="",
                comment="of a visit at home, as it is read out",
            )
        )
