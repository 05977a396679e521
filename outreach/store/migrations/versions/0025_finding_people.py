"""People are found by name and county; what hangs on one person is found without looking at everybody's."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_people_name", "people", ["name", "county"], unique=False)
    op.create_index("ix_people_county", "people", ["county", "id"], unique=False)
    op.create_index("ix_calls_person", "calls", ["person_id", "started_at"], unique=False)
    op.create_index("ix_inbound_messages_person", "inbound_messages", ["person_id"], unique=False)
    op.create_index("ix_tasks_person", "tasks", ["person_id"], unique=False)
    op.create_index("ix_recordings_person", "recordings", ["person_id"], unique=False)
