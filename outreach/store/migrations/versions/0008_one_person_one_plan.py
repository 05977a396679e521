"""One person, one plan; employers and visits; what the evaluation counts."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "employers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("county", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=200), server_default="", nullable=False),
        sa.Column("contact", sa.String(length=40), server_default="", nullable=False),
        sa.Column(
            "phone", sa.String(length=20), server_default="", nullable=False, comment="as dialled in China"
        ),
        sa.Column("staff", sa.Integer(), nullable=True, comment="people employed; null: not known"),
        sa.Column(
            "disabled_staff",
            sa.Integer(),
            nullable=True,
            comment="of them disabled people; the duty is 1.5 %",
        ),
        sa.Column(
            "has_room", sa.Integer(), server_default="0", nullable=False, comment="1: could take somebody on"
        ),
        sa.Column("notes", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "county IN ('liangzhou', 'minqin', 'gulang', 'tianzhu')", name=op.f("ck_employers_county_known")
        ),
        sa.CheckConstraint(
            "kind IN ('public', 'state', 'private', 'massage', 'cooperative', 'supported')",
            name=op.f("ck_employers_kind_known"),
        ),
        sa.CheckConstraint("disabled_staff <= staff", name=op.f("ck_employers_disabled_among_staff")),
        sa.CheckConstraint("has_room IN (0, 1)", name=op.f("ck_employers_has_room_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employers")),
        sa.UniqueConstraint("name", name=op.f("uq_employers_name")),
    )
    with op.batch_alter_table("employers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_employers_county"), ["county"], unique=False)

    op.create_table(
        "milestones",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "goal", sa.String(length=40), nullable=False, comment="a goal of the plan that is reached once"
        ),
        sa.Column(
            "county", sa.String(length=20), server_default="", nullable=False, comment="empty: the whole city"
        ),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("reached_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestones")),
        sa.UniqueConstraint("goal", "county", "words", name=op.f("uq_milestones_goal_county_words")),
    )
    op.create_table(
        "employer_visits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("counselor_id", sa.Integer(), nullable=True),
        sa.Column("visited_on", sa.Date(), nullable=False),
        sa.Column("openings_found", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "words", sa.String(length=400), server_default="", nullable=False, comment="what was talked about"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("openings_found >= 0", name=op.f("ck_employer_visits_openings_counted")),
        sa.ForeignKeyConstraint(
            ["counselor_id"], ["counselors.id"], name=op.f("fk_employer_visits_counselor_id_counselors")
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"],
            ["employers.id"],
            name=op.f("fk_employer_visits_employer_id_employers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employer_visits")),
    )
    with op.batch_alter_table("employer_visits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_employer_visits_employer_id"), ["employer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_employer_visits_visited_on"), ["visited_on"], unique=False)

    op.create_table(
        "line_visits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False, comment="the call or text it was in"),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column(
            "line", sa.String(length=20), nullable=False, comment="a service line, as its pages are called"
        ),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("county", sa.String(length=20), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("channel IN ('voice', 'sms')", name=op.f("ck_line_visits_channel_known")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_line_visits_person_id_people"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_visits")),
    )
    with op.batch_alter_table("line_visits", schema=None) as batch_op:
        batch_op.create_index("ix_line_visits_at", ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_line_visits_person_id"), ["person_id"], unique=False)
        batch_op.create_index("ix_line_visits_source", ["source", "at"], unique=False)

    op.create_table(
        "needs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("words", sa.String(length=200), server_default="", nullable=False),
        sa.Column("state", sa.String(length=8), server_default="open", nullable=False),
        sa.Column(
            "next_step",
            sa.String(length=200),
            server_default="",
            nullable=False,
            comment="what is to be done next",
        ),
        sa.Column("next_on", sa.Date(), nullable=True, comment="and by when"),
        sa.Column("counselor_id", sa.Integer(), nullable=True, comment="whose it is"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "kind IN ('job', 'training', 'assessment', 'guidance', 'loan', 'subsidy', 'aid', 'rights', 'other')",
            name=op.f("ck_needs_kind_known"),
        ),
        sa.CheckConstraint("state IN ('open', 'met', 'dropped')", name=op.f("ck_needs_state_known")),
        sa.ForeignKeyConstraint(
            ["counselor_id"], ["counselors.id"], name=op.f("fk_needs_counselor_id_counselors")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_needs_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_needs")),
    )
    with op.batch_alter_table("needs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_needs_next",
            ["next_on"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.create_index(batch_op.f("ix_needs_person_id"), ["person_id"], unique=False)

    op.create_table(
        "services_given",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("words", sa.String(length=200), server_default="", nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("counselor_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('job', 'training', 'assessment', 'guidance', 'loan', 'subsidy', 'aid', 'rights', 'other')",
            name=op.f("ck_services_given_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["counselor_id"], ["counselors.id"], name=op.f("fk_services_given_counselor_id_counselors")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_services_given_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_services_given")),
    )
    with op.batch_alter_table("services_given", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_services_given_given_on"), ["given_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_services_given_person_id"), ["person_id"], unique=False)
