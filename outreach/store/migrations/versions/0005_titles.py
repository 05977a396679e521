"""Titles: rounds, rules, papers, who takes part, who wants to be told."""

from alembic import op
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
)

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "title_rounds",
        Column("id", Integer(), nullable=False),
        Column("level", String(12), nullable=False),
        Column("body", String(120), nullable=False, comment="who judges, as it is to be read"),
        Column("year", Integer(), nullable=False),
        Column(
            "notice_on",
            Date(),
            nullable=False,
            comment="day of the notice: papers may be handed in from here",
        ),
        Column(
            "unit_by", Date(), comment="last day at one's own employer; null: this step is not in the notice"
        ),
        Column("county_by", Date()),
        Column("city_by", Date()),
        Column("province_by", Date()),
        Column("review_from", Date()),
        Column("review_until", Date()),
        Column("publicity_from", Date(), comment="results are shown to the public"),
        Column("publicity_until", Date()),
        Column("contact", String(40), server_default="", nullable=False),
        Column("phone", String(20), nullable=False, comment="as dialled in China"),
        Column("source", String(120), nullable=False, comment="the notice it was copied from"),
        CheckConstraint("level IN ('initial', 'middle')", name=op.f("ck_title_rounds_level_known")),
        CheckConstraint(
            "COALESCE(province_by, city_by, county_by, unit_by) <= review_from",
            name=op.f("ck_title_rounds_review_in_order"),
        ),
        CheckConstraint(
            "COALESCE(unit_by, county_by, city_by, province_by) IS NOT NULL",
            name=op.f("ck_title_rounds_has_deadline"),
        ),
        CheckConstraint("city_by <= province_by", name=op.f("ck_title_rounds_city_in_order")),
        CheckConstraint(
            "county_by <= COALESCE(city_by, province_by)", name=op.f("ck_title_rounds_county_in_order")
        ),
        CheckConstraint(
            "notice_on <= COALESCE(unit_by, county_by, city_by, province_by)",
            name=op.f("ck_title_rounds_opens_before_it_closes"),
        ),
        CheckConstraint("publicity_from <= publicity_until", name=op.f("ck_title_rounds_publicity_window")),
        CheckConstraint("review_from <= review_until", name=op.f("ck_title_rounds_review_window")),
        CheckConstraint("review_until <= publicity_from", name=op.f("ck_title_rounds_publicity_in_order")),
        CheckConstraint(
            "unit_by <= COALESCE(county_by, city_by, province_by)", name=op.f("ck_title_rounds_unit_in_order")
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_title_rounds")),
        UniqueConstraint("level", "year", "body", name=op.f("uq_title_rounds_level_year_body")),
    )
    op.create_table(
        "title_papers",
        Column("id", Integer(), nullable=False),
        Column("round_id", Integer(), nullable=False),
        Column("position", Integer(), nullable=False),
        Column("name", String(60), nullable=False),
        Column(
            "hint", String(120), server_default="", nullable=False, comment="where to get it, how many copies"
        ),
        ForeignKeyConstraint(
            ["round_id"],
            ["title_rounds.id"],
            name=op.f("fk_title_papers_round_id_title_rounds"),
            ondelete="CASCADE",
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_title_papers")),
        UniqueConstraint("round_id", "position", name=op.f("uq_title_papers_round_id_position")),
    )
    op.create_table(
        "title_rules",
        Column("round_id", Integer(), nullable=False),
        Column("position", Integer(), nullable=False),
        Column("words", Text(), nullable=False, comment="one paragraph"),
        ForeignKeyConstraint(
            ["round_id"],
            ["title_rounds.id"],
            name=op.f("fk_title_rules_round_id_title_rounds"),
            ondelete="CASCADE",
        ),
        PrimaryKeyConstraint("round_id", "position", name=op.f("pk_title_rules")),
    )
    op.create_table(
        "title_entries",
        Column("id", Integer(), nullable=False),
        Column("person_id", Integer(), nullable=False),
        Column("round_id", Integer(), nullable=False),
        Column("state", String(12), server_default="preparing", nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("updated_at", DateTime(timezone=True), nullable=False),
        Column("heard_at", DateTime(timezone=True), comment="when a reminder was last confirmed"),
        CheckConstraint(
            "state IN ('preparing', 'handed_in', 'passed', 'failed', 'left')",
            name=op.f("ck_title_entries_state_known"),
        ),
        ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_title_entries_person_id_people"), ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["round_id"], ["title_rounds.id"], name=op.f("fk_title_entries_round_id_title_rounds")
        ),
        PrimaryKeyConstraint("id", name=op.f("pk_title_entries")),
        UniqueConstraint("person_id", "round_id", name=op.f("uq_title_entries_person_id_round_id")),
    )
    op.create_table(
        "title_wishes",
        Column("person_id", Integer(), nullable=False),
        Column("level", String(12), nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        CheckConstraint("level IN ('initial', 'middle')", name=op.f("ck_title_wishes_level_known")),
        ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_title_wishes_person_id_people"), ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("person_id", "level", name=op.f("pk_title_wishes")),
    )
    op.create_table(
        "title_ticks",
        Column("entry_id", Integer(), nullable=False),
        Column("paper_id", Integer(), nullable=False),
        Column("ready", Boolean(), nullable=False),
        Column("ticked_at", DateTime(timezone=True), nullable=False),
        ForeignKeyConstraint(
            ["entry_id"],
            ["title_entries.id"],
            name=op.f("fk_title_ticks_entry_id_title_entries"),
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["paper_id"],
            ["title_papers.id"],
            name=op.f("fk_title_ticks_paper_id_title_papers"),
            ondelete="CASCADE",
        ),
        PrimaryKeyConstraint("entry_id", "paper_id", name=op.f("pk_title_ticks")),
    )
