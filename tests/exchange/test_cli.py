"""The commands as they are typed, on a house of their own."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from outreach.__main__ import app, main
from outreach.config import PROJECT
from outreach.exchange.terminal_words import TEXTS
from tests.exchange.files import csv_file

Run = Callable[..., Result]
HEAD, GOOD, BAD = "姓名,手机号,所属区县", "张三,13993500001,凉州", "李四,1.38E+10,民勤"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("OUTREACH_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("OUTREACH_DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def people(run: Run) -> str:
    path = Path("seen.csv")
    path.unlink(missing_ok=True)
    assert run("export", "people", path, "--personal").exit_code == 0
    return path.read_text("utf-8-sig")


def test_a_good_file_is_imported_and_taken_back(run: Run, tmp_path: Path) -> None:
    file = csv_file(tmp_path, HEAD, GOOD)
    dry = run("import", file, "--into", "people", "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert "手机号 → 电话（100%）" in dry.output
    assert "共 1 行：新增 1，修改 0，无变化 0，重复 0，拒绝 0" in dry.output
    assert "张三" not in people(run)
    done = run("import", file, "--into", "people")
    assert done.exit_code == 0, done.output
    assert "张三,13993500001,凉州区" in people(run)
    (number,) = re.findall(r"--undo (\d+)", done.output)
    assert run("import", "--undo", number).exit_code == 0
    assert "张三" not in people(run)
    again = run("import", "--undo", number)
    assert again.exit_code == 2


def test_a_bad_line_stops_all_or_is_left_out(run: Run, tmp_path: Path) -> None:
    file = csv_file(tmp_path, HEAD, GOOD, BAD)
    stopped = run("import", file, "--into", "people")
    assert stopped.exit_code == 1
    assert "第 3 行：电话：“1.38E+10”是科学计数法" in stopped.output
    assert "张三" not in people(run)
    (mend,) = tmp_path.glob("list-refused-*.csv")
    assert "李四,1.38E+10,民勤,电话：" in mend.read_text("utf-8-sig")
    assert run("import", file, "--into", "people", "--good-rows", "--refused", "mend.csv").exit_code == 0
    assert Path("mend.csv").exists()
    assert "张三" in people(run)


def test_columns_can_be_named(run: Run, tmp_path: Path) -> None:
    file = csv_file(tmp_path, "谁,姓名,电话", "张三,工号7,13993500001")
    assert run("import", file, "--into", "people", "--column", "name=谁").exit_code == 0
    assert "张三,13993500001" in people(run)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("import", "list.csv", "--into", "animals"), 2, "--into 应为"),
        (("import", "nothing.csv", "--into", "people"), 2, "没有这个文件"),
        (("import", "data.csv", "--into", "people"), 1, "找不到表头"),
        (("export", "animals", "out.csv"), 2, "没有“animals”这个清单"),
        (("export", "people", "out.doc"), 2, "文件名应以这些结尾"),
        (("export", "--all", "out.csv"), 2, "文件名应以这些结尾"),
        (("export", "people", "data.csv"), 2, "不会覆盖"),
        (("backup", "data.csv"), 2, "不会覆盖"),
        (("restore", "nothing.db"), 2, "没有这个文件"),
    ],
)
def test_what_is_wrong_is_said(
    words: tuple[str, ...], code: int, said: str, run: Run, tmp_path: Path
) -> None:
    csv_file(tmp_path, "1,2", "3,4", name="data.csv")
    result = run(*words)
    assert result.exit_code == code, result.output
    assert said in result.output


def test_restoring_over_something_is_one_sentence(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("import", csv_file(tmp_path, HEAD, GOOD), "--into", "people")
    assert run("backup", "backup.db").exit_code == 0
    monkeypatch.setattr("sys.argv", ["outreach", "restore", "backup.db"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "not empty" in capsys.readouterr().err


def test_the_documented_commands_do_what_they_say(run: Run, tmp_path: Path) -> None:
    """Each block of docs/operate.md about data, typed as it stands."""
    section = (
        (PROJECT / "docs" / "operate.md").read_text("utf-8").split("## Data in and out")[1].split("\n## ")[0]
    )
    commands = re.findall(r"^outreach ((?:import|export|backup|restore) .*)$", section, re.M)
    assert len(commands) >= 8
    csv_file(tmp_path, HEAD, GOOD, BAD, name="people.csv")
    (tmp_path / "openings.xlsx").write_bytes(csv_file(
        tmp_path, "单位,岗位,种类,县区,工资,电话", "康复医院,推拿师,医疗按摩,凉州,四千元,0935-2212345", name="o.csv"
    ).read_bytes())  # fmt: skip
    for command in commands:
        if command.startswith("restore"):
            for file in (tmp_path / "data").glob("outreach.db*"):
                file.unlink()
        refuses = "people.csv" in command and "--good-rows" not in command
        result = run(*re.split(r" +", command.split(" #")[0].strip()))
        assert result.exit_code == int(refuses), (command, result.output)
    assert run("export", "openings", "restored.csv").exit_code == 0
    assert "康复医院" in Path("restored.csv").read_text("utf-8-sig")


def test_every_sentence_is_in_both_languages_and_takes_the_same() -> None:
    for code, (chinese, english) in TEXTS.items():
        fills = [set(re.findall(r"{(\w+)}", text)) for text in (chinese, english)]
        assert fills[0] == fills[1], code


def test_english_for_an_english_house(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTREACH_LANGUAGE", "en")
    result = run("import", csv_file(tmp_path, HEAD, BAD), "--into", "people", "--dry-run")
    assert "1 lines: 0 new" in result.output
    assert "scientific notation" in result.output
