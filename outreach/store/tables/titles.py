"""Tables of titles 职称评审: rounds as the bodies announce them, who takes part, and which papers they have ready.

Nothing of a round is known to the code: dates, papers and rules are what a counselor copied from this year's notice
(no Gansu notice repeats the last one's dates; facts: domain C1).
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from outreach.store.schema import Instant, metadata, one_of

title_rounds = Table(
    "title_rounds",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("level", String(12), nullable=False),
    Column("body", String(120), nullable=False, comment="who judges, as it is to be read"),
    Column("year", Integer, nullable=False),
    Column("notice_on", Date, nullable=False, comment="day of the notice: papers may be handed in from here"),
    Column("unit_by", Date, comment="last day at one's own employer; null: this step is not in the notice"),
    Column("county_by", Date),
    Column("city_by", Date),
    Column("province_by", Date),
    Column("review_from", Date),
    Column("review_until", Date),
    Column("publicity_from", Date, comment="results are shown to the public"),
    Column("publicity_until", Date),
    Column("contact", String(40), nullable=False, server_default=""),
    Column("phone", String(20), nullable=False, comment="as dialled in China"),
    Column("source", String(120), nullable=False, comment="the notice it was copied from"),
    UniqueConstraint("level", "year", "body"),
    one_of("level", "initial", "middle"),
    CheckConstraint("COALESCE(unit_by, county_by, city_by, province_by) IS NOT NULL", name="has_deadline"),
    CheckConstraint(
        "notice_on <= COALESCE(unit_by, county_by, city_by, province_by)", name="opens_before_it_closes"
    ),
    CheckConstraint("unit_by <= COALESCE(county_by, city_by, province_by)", name="unit_in_order"),
    CheckConstraint("county_by <= COALESCE(city_by, province_by)", name="county_in_order"),
    CheckConstraint("city_by <= province_by", name="city_in_order"),
    CheckConstraint(
        "COALESCE(province_by, city_by, county_by, unit_by) <= review_from", name="review_in_order"
    ),
    CheckConstraint("review_from <= review_until", name="review_window"),
    CheckConstraint("review_until <= publicity_from", name="publicity_in_order"),
    CheckConstraint("publicity_from <= publicity_until", name="publicity_window"),
)
"""A CHECK over a date that is not there passes, in both databases: a step left out breaks no order."""

title_rules = Table(
    "title_rules",
    metadata,
    Column("round_id", ForeignKey("title_rounds.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("words", Text, nullable=False, comment="one paragraph"),
)

title_papers = Table(
    "title_papers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("round_id", ForeignKey("title_rounds.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("name", String(60), nullable=False),
    Column(
        "hint", String(120), nullable=False, server_default="", comment="where to get it, how many copies"
    ),
    UniqueConstraint("round_id", "position"),
)

title_entries = Table(
    "title_entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("round_id", ForeignKey("title_rounds.id"), nullable=False),
    Column("state", String(12), nullable=False, server_default="preparing"),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("heard_at", Instant, comment="when a reminder was last confirmed"),
    UniqueConstraint("person_id", "round_id"),
    one_of("state", "preparing", "handed_in", "passed", "failed", "left"),
)

title_ticks = Table(
    "title_ticks",
    metadata,
    Column("entry_id", ForeignKey("title_entries.id", ondelete="CASCADE"), primary_key=True),
    Column("paper_id", ForeignKey("title_papers.id", ondelete="CASCADE"), primary_key=True),
    Column("ready", Boolean, nullable=False),
    Column("ticked_at", Instant, nullable=False),
)

title_wishes = Table(
    "title_wishes",
    metadata,
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("level", String(12), primary_key=True),
    Column("created_at", Instant, nullable=False),
    one_of("level", "initial", "middle"),
)
"""Who wants to be told when a round of this level is announced."""
