"""The steps of scripted calls."""

from pathlib import Path

import pytest

from outreach.simulator.script import (
    Drop,
    PlayFile,
    Press,
    PutDown,
    Quiet,
    ScriptError,
    Speak,
    Step,
    Until,
    Wait,
    parse,
    typed,
)


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("key:1", Press("1")),
        ("key:*", Press("*")),
        ("keys:123#", Press("123#")),
        ("say:招聘", Speak("招聘")),
        ("say: 我 要 ", Speak("我 要")),
        ("wait:2", Wait(2.0)),
        ("wait:0.5", Wait(0.5)),
        ("until:请按一", Until("请按一")),
        ("until:12:30", Until("12:30")),
        ("quiet", Quiet()),
        ("drop", Drop()),
        ("hangup", PutDown()),
    ],
)
def test_steps(text: str, step: Step) -> None:
    assert parse(text) == step


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is no step"),
        ("dance", "is no step"),
        ("dance:1", "is no step"),
        ("key", "is no step"),
        ("key:", "is no step"),
        ("say: ", "is no step"),
        ("quiet:1", "is no step"),
        ("key:12", "several together are keys:"),
        ("keys:1a", "keys are 0 to 9"),
        ("wait:long", "seconds are a number"),
        ("wait:-1", "seconds are a number"),
        ("wait:nan", "seconds are a number"),
        ("wait:inf", "seconds are a number"),
        ("wav:/none/such.wav", "there is no such file"),
    ],
)
def test_wrong_steps_are_refused_in_words(text: str, complaint: str) -> None:
    with pytest.raises(ScriptError, match=complaint):
        parse(text)


def test_a_file_must_be_there(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"")
    assert parse(f"wav:{path}") == PlayFile(path)


@pytest.mark.parametrize(
    ("line", "step"),
    [("1\n", Press("1")), ("12#\n", Press("12#")), ("招聘\n", Speak("招聘")), ("\n", None), ("  ", None)],
)
def test_typed_lines(line: str, step: Step | None) -> None:
    assert typed(line) == step
