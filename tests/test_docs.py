"""What the documents say is executed or compared: settings, commands, files."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from outreach.__main__ import app
from outreach.config import PROJECT, Config
from outreach.simulator.script import parse

README = (PROJECT / "README.md").read_text(encoding="utf-8")
OPERATE = (PROJECT / "docs" / "operate.md").read_text(encoding="utf-8")
PAGES = [
    PROJECT / "README.md",
    PROJECT / "README.zh-CN.md",
    *sorted((PROJECT / "docs").rglob("*.md")),
    PROJECT / "models" / "README.md",
]


def test_every_setting_is_documented_with_its_meaning() -> None:
    rows = dict(re.findall(r"^\| `OUTREACH_(\w+)` \| .*? \| (.+) \|$", OPERATE, re.M))
    assert rows == {name.upper(): field.description for name, field in Config.model_fields.items()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_setting_that_is_named_exists(page: Path) -> None:
    named = set(re.findall(r"OUTREACH_([A-Z][A-Z_]*[A-Z])", page.read_text(encoding="utf-8")))
    assert named <= {name.upper() for name in Config.model_fields} | {"TEST_POSTGRES", "TEST_CHROMIUM"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_is_named_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    named = re.findall(r"`((?:outreach|tests|prompts|models|docs|bench)/[\w./-]+)`", text)
    for link in links:
        assert (page.parent / link).exists(), link
    for name in named:
        assert (PROJECT / name).exists(), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_is_named_exists(page: Path) -> None:
    runner = CliRunner()
    for command in set(
        re.findall(r"(?:\.venv/bin/|`)outreach ([a-z]+)(?: |`|$)", page.read_text(encoding="utf-8"))
    ):
        assert runner.invoke(app, [command, "--help"]).exit_code == 0, command


def test_the_call_in_the_readme_is_a_script() -> None:
    (line,) = re.findall(r"^\.venv/bin/outreach phone (.*)$", README, re.M)
    words = shlex.split(line)
    assert words[:2] == ["--record", "call.wav"]
    for step in words[2:]:
        parse(step)


def test_every_make_target_is_named_with_its_help() -> None:
    makefile = (PROJECT / "Makefile").read_text()
    targets = set(re.findall(r"^\.PHONY: (.*)$", makefile, re.M)[0].split())
    helped = set(re.findall(r"^(\w+):.*##", makefile, re.M))
    assert targets == helped
    for target in set(re.findall(r"`?make (\w+)", README)):
        assert target in targets


def test_every_dependency_is_justified() -> None:
    told = (PROJECT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    project = (PROJECT / "pyproject.toml").read_text()
    block = project.split("dependencies = [")[1].split("\n]")[0]
    for name in re.findall(r'^  "([A-Za-z0-9_-]+)', block, re.M):
        assert name in told, name
