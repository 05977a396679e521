"""An index for all consents of one person, those withdrawn too: every delivery asks for them."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_consents_person_id", "consents", ["person_id"])
