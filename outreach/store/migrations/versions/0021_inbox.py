"""Who has heard a message, its transcript, why it is kept longer; whose a case is, how urgent, and its notes."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("recordings", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "heard_at",
                sa.DateTime(timezone=True),
                nullable=True,
                comment="when a counselor first listened; null: nobody has",
            )
        )
        batch_op.add_column(sa.Column("heard_by", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "transcript",
                sa.JSON(),
                nullable=True,
                comment="machine-made: [word, per cent sure] pairs; null: not asked for yet",
            )
        )
        batch_op.add_column(
            sa.Column(
                "kept_because",
                sa.String(length=200),
                nullable=True,
                comment="why it is kept longer than others of its purpose",
            )
        )
        batch_op.create_foreign_key(batch_op.f("fk_recordings_heard_by_users"), "users", ["heard_by"], ["id"])

    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("assignee_id", sa.Integer(), nullable=True, comment="whose it is; null: nobody's yet")
        )
        batch_op.add_column(sa.Column("urgent", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_foreign_key(
            batch_op.f("fk_cases_assignee_id_users"), "users", ["assignee_id"], ["id"]
        )

    op.create_table(
        "case_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.String(length=12),
            nullable=True,
            comment="what the case became then; null: it was only noted",
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('received', 'working', 'passed_on', 'settled', 'closed')",
            name=op.f("ck_case_notes_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_case_notes_case_id_cases"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_case_notes_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_notes")),
    )
    op.create_index(op.f("ix_case_notes_case_id"), "case_notes", ["case_id"], unique=False)
