"""docs/api.md does what it says: its commands run, its request is taken, its kinds are all there are."""

import re
import shlex
from pathlib import Path
from typing import get_args

import orjson
import pytest
from typer.testing import CliRunner

from outreach.__main__ import app
from outreach.api.access import SCOPES
from outreach.api.hooks import LADDER
from outreach.api.writing import New
from outreach.config import PROJECT
from outreach.delivery.outbox import TaskKind

PAGE = (PROJECT / "docs" / "api.md").read_text(encoding="utf-8")


def test_its_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTREACH_DATA_DIR", str(tmp_path))
    commands = re.findall(r"^outreach (.*)$", PAGE, re.M)
    assert len(commands) == 8
    said = []
    for command in commands:
        result = CliRunner().invoke(app, shlex.split(command))
        assert result.exit_code == 0, (command, result.output)
        said.append(result.output)
    assert said[0].startswith("wwcl_")
    assert "省就业平台" in said[1]
    assert "in force" in said[1]
    assert "whsec_" in said[3]
    assert "there.example" in said[4]


@pytest.mark.parametrize(
    "command",
    ["token revoke 9", "webhook on 9", "webhook off 9", "webhook remove 9"],
)
def test_what_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setenv("OUTREACH_DATA_DIR", str(tmp_path))
    result = CliRunner().invoke(app, command.split())
    assert (result.exit_code, "none of this number" in result.output) == (1, True)


@pytest.mark.parametrize("command", ["token add 甲 --scope everything", "webhook add there --kind task.case"])
def test_what_cannot_be_meant_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setenv("OUTREACH_DATA_DIR", str(tmp_path))
    result = CliRunner().invoke(app, command.split())
    assert result.exit_code == 2
    assert "https://" in result.output or all(scope in result.output for scope in SCOPES)


def test_its_opening_is_one() -> None:
    (body,) = re.findall(r"-d '(\{.*?\})'", PAGE, re.S)
    assert New.model_validate(orjson.loads(body)).county == "liangzhou"


def test_its_kinds_are_all_there_are() -> None:
    named = set(re.findall(r"`task\.(\w+)`", PAGE))
    assert named == set(get_args(TaskKind))


def test_its_patience_is_the_ladders() -> None:
    minutes = [int(wait.total_seconds() // 60) for wait in LADDER]
    assert "after 1, 5 and 30 minutes, 2, 5,\n10 and 14 hours" in PAGE
    assert minutes == [1, 5, 30, 2 * 60, 5 * 60, 10 * 60, 14 * 60]
