"""Every conversation under scenarios/, on every database, by voice and by text message where both can have it."""

from pathlib import Path
from typing import cast

import pytest

from outreach.dialogue.page import Channel
from outreach.store.database import Database
from tests.scenario import SCENARIOS, Talk
from tests.texting import channels


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


FILES = sorted(SCENARIOS.rglob("*.txt"))
PLAYED = [(path, cast(Channel, channel)) for path in FILES for channel in channels(_lines(path))]


@pytest.mark.parametrize(
    ("path", "channel"), PLAYED, ids=[f"{channel}:{path.relative_to(SCENARIOS)}" for path, channel in PLAYED]
)
def test_conversation(path: Path, channel: Channel, database: Database) -> None:
    lines = _lines(path)
    assert any(line.startswith(("<", "?")) for line in lines), "a conversation that checks nothing"
    Talk(database, path.name, channel=channel).play(iter(lines))


def test_most_conversations_can_be_had_in_writing() -> None:
    assert sum(channel == "sms" for _, channel in PLAYED) > len(FILES) / 3
