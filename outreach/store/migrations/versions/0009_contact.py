"""How and when people want to be reached, PINs, the wish to be erased; recordings of names."""

from alembic import op
from sqlalchemy import Column, DateTime, String

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("people") as people:
        people.add_column(
            Column("contact_by", String(8), comment="how they want to be reminded; null: not chosen")
        )
        people.add_column(
            Column("contact_from", String(5), comment="HH:MM, Asia/Shanghai; null: in the house's hours")
        )
        people.add_column(Column("contact_until", String(5)))
        people.add_column(
            Column("pin_hash", String(128), comment="argon2; asked for where several share the telephone")
        )
        people.add_column(
            Column(
                "erase_at",
                DateTime(timezone=True),
                comment="they asked to be erased then; null: they did not",
            )
        )
        people.create_check_constraint(op.f("ck_people_contact_by_known"), "contact_by IN ('sms', 'voice')")
        people.create_check_constraint(
            op.f("ck_people_contact_hours_both"), "(contact_from IS NULL) = (contact_until IS NULL)"
        )
        people.create_check_constraint(
            op.f("ck_people_contact_hours_in_order"), "contact_from < contact_until"
        )
    with op.batch_alter_table("recordings") as recordings:
        recordings.drop_constraint(op.f("ck_recordings_purpose_known"), type_="check")
        recordings.create_check_constraint(
            op.f("ck_recordings_purpose_known"),
            "purpose IN ('message', 'case', 'produce', 'prompt', 'name')",
        )
