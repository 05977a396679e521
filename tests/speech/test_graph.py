"""The vocabulary: the committed graph is what its word lists make, and words can be added to it."""

import hashlib
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from outreach.config import PROJECT
from outreach.speech.graph.build import add_words, build
from outreach.speech.graph.cli import add_words as command
from outreach.speech.graph.phones import ReadingError, load_phones, split
from outreach.speech.graph.readings import readings, spoken
from outreach.speech.graph.words import BASE, Word, load_added, load_words, read_words, write_words
from outreach.speech.lexicon import ModelError, read_lexicon
from outreach.speech.vosk import VoskRecognizer

MODEL = PROJECT / "models" / "demo-zh"
SOUND = PROJECT / "tests" / "fixtures" / "speech" / "火车.paul.ulaw"
QUIET = b"\xff" * 4000

# the graph the model was published with, made of lexicon.txt alone by the scripts that trained it
PUBLISHED = {
    "Gr.fst": "4eab030d91e80a4bda2b0139ae1fbf6ff3449a69352051276e022b310abbeb21",
    "HCLr.fst": "31783873d850a4f1eef2c959af192f1c59bddbdf76580f90e96c68eae4de0315",
    "disambig_tid.int": "c59c156384dd24e7688b4cdb4eaa0029750b9527f399690f60316f30e3791323",
    "phones/word_boundary.int": "6a5e0fe80afb253e73db27f49c6fd8e8d106e9eaeff7ea6a557b21f65dc10822",
    "words.txt": "82f7012d26ec00d8cb5859cd7fb585a6a82c6db52c7b014cf2e333950f051777",
}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A copy of the model to write in."""
    return Path(shutil.copytree(MODEL, tmp_path / "demo-zh"))


def contents(model_dir: Path) -> dict[str, bytes]:
    """Every file under ``model_dir`` but the acoustic model."""
    files = (path for path in model_dir.rglob("*") if path.is_file() and path.name != "final.mdl")
    return {str(path.relative_to(model_dir)): path.read_bytes() for path in files}


def without(model_dir: Path, text: str) -> None:
    """A model that was never made with ``text``."""
    words = [word for word in read_words(model_dir / BASE) if word.text != text]
    write_words(model_dir / BASE, "some words", words)
    build(model_dir, load_words(model_dir))


def hear(model_dir: Path) -> str:
    question = VoskRecognizer(model_dir).question(["火车", "招聘", "返回"])
    question.feed(QUIET + SOUND.read_bytes() + QUIET)
    return question.finish().text


def test_committed_graph_is_what_the_committed_words_make(model: Path) -> None:
    shutil.rmtree(model / "graph")
    build(model, load_words(model))
    assert contents(model) == contents(MODEL)


def test_first_words_make_the_published_graph_byte_for_byte(model: Path) -> None:
    build(model, read_words(model / BASE))
    files = contents(model / "graph")
    assert {name: hashlib.sha256(files[name]).hexdigest() for name in files} == PUBLISHED


def test_building_from_readings_needs_no_pypinyin(model: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from outreach.speech.graph.build import build\n"
        "from outreach.speech.graph.words import load_words\n"
        f"build(Path({str(model)!r}), load_words(Path({str(model)!r})))\n"
        "sys.exit('pypinyin' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=PROJECT, check=False).returncode == 0


def test_every_word_of_the_prompts_is_one_word_of_the_model() -> None:
    prompts = tomllib.loads((PROJECT / "prompts" / "zh-CN.toml").read_text(encoding="utf-8"))
    known = read_lexicon(MODEL).words  # single characters would do, but for those with several readings: 重听
    new = [word for word in spoken_words(prompts) if word not in known]
    assert not new, (
        f"run `outreach models add-words {' '.join(new)}`, look at the pinyin, update models/manifest.toml"
    )


def spoken_words(prompts: Mapping[str, object]) -> Iterator[str]:
    for name, value in prompts.items():
        if name == "words" and isinstance(value, list):
            yield from value
        elif isinstance(value, dict):
            yield from spoken_words(value)


def test_an_added_word_is_heard(model: Path) -> None:
    without(model, "火车")
    assert "火车" not in read_lexicon(model).words
    add_words(model, [Word("火车", (("huo3", "che1"),))])
    assert hear(model) == "火车"


def test_a_word_sounds_as_its_readings_say(model: Path) -> None:
    without(model, "火车")
    add_words(model, [Word("火车", (("mang2", "wen2"),))])
    assert hear(model) != "火车"
    add_words(model, [Word("火车", (("huo3", "che1"),))])
    assert hear(model) == "火车"


def test_adding_brings_the_single_characters(model: Path) -> None:
    add_words(model, [Word("骆驼")])
    added = {word.text: word for word in load_added(model)}
    assert added["驼"] == Word("驼", (("tuo2",),), 0.1)
    assert {"骆驼", "骆", "驼"} <= read_lexicon(model).words


def test_correcting_a_reading_replaces_it(model: Path) -> None:
    add_words(model, [Word("骆驼", (("la4", "tuo2"),))])
    add_words(model, [Word("骆驼", (("luo4", "tuo5"),))])
    assert {word.text: word.readings for word in load_added(model)}["骆驼"] == (("luo4", "tuo5"),)


def test_adding_a_word_again_changes_nothing(model: Path) -> None:
    add_words(model, [Word("骆驼")])
    before = sorted(load_added(model), key=lambda word: word.text)
    add_words(model, [Word("骆驼")])
    assert sorted(load_added(model), key=lambda word: word.text) == before


@pytest.mark.parametrize(
    "word",
    [
        Word("骆驼", (("luo4", "tuo7"),)),
        Word("骆驼", (("luo4", "tuong2"),)),
        Word("骆驼", (("luo4",),)),
        Word("WiFi"),
        Word("骆 驼"),
        Word(""),
    ],
)
def test_a_word_that_cannot_be_spelt_changes_nothing(model: Path, word: Word) -> None:
    before = contents(model)
    with pytest.raises(ReadingError):
        add_words(model, [Word("沙发"), word])
    assert contents(model) == before


def test_a_crash_between_the_renames_is_put_right(model: Path) -> None:
    (model / "graph").rename(model / "graph.old")
    (model / "graph.new").mkdir()
    build(model, load_words(model))
    assert contents(model) == contents(MODEL)


@pytest.mark.parametrize("name", ["am/final.mdl", "phones.txt", "lexicon.txt"])
def test_a_model_that_lacks_a_file_is_refused(model: Path, name: str) -> None:
    (model / name).unlink()
    with pytest.raises(ModelError):
        add_words(model, [Word("骆驼")])


@pytest.mark.parametrize(
    "damage", [b"", b"\0B<TransitionModel> <Topology> \x04", b"<TransitionModel> text mode"]
)
def test_a_damaged_acoustic_model_is_refused(model: Path, damage: bytes) -> None:
    (model / "am" / "final.mdl").write_bytes(damage)
    with pytest.raises(ModelError, match=r"final\.mdl cannot be read"):
        build(model, load_words(model))


@pytest.mark.parametrize(
    "line", ["骆驼", "骆驼 1", "骆驼 much luo4 tuo2", "骆驼 1 luo4", "camel 1 luo4 tuo2"]
)
def test_a_bad_line_of_a_lexicon_is_named(model: Path, line: str) -> None:
    (model / BASE).write_text(f"招聘 1 zhao1 pin4\n{line}\n", encoding="utf-8")
    with pytest.raises(ModelError, match=r"lexicon\.txt, line 2"):
        read_words(model / BASE)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("重听", "chong2 ting1"),
        ("重复", "chong2 fu4"),
        ("银行", "yin2 hang2"),
        ("行李", "xing2 li3"),
        ("重兴镇", "chong2 xing1 zhen4"),
        ("华藏寺镇", "hua2 zang4 si4 zhen4"),
        ("绿色", "lv4 se4"),
        ("一般", "yi1 ban1"),
    ],
)
def test_readings(text: str, first: str) -> None:
    assert " ".join(readings(text)[0]) == first


@pytest.mark.parametrize(
    ("text", "pinyin", "all_of_it"),
    [
        ("招聘", "zhao1 pin4", ["zhao1 pin4"]),
        ("不对", "bu4 dui4", ["bu4 dui4", "bu2 dui4"]),
        ("不好", "bu4 hao3", ["bu4 hao3"]),
        ("一个", "yi1 ge5", ["yi1 ge5", "yi2 ge5"]),
        ("一点", "yi1 dian3", ["yi1 dian3", "yi4 dian3"]),
        ("你好", "ni3 hao3", ["ni3 hao3", "ni2 hao3"]),
        ("医院", "yi1 yuan4", ["yi1 yuan4"]),
    ],
)
def test_sandhi(text: str, pinyin: str, all_of_it: list[str]) -> None:
    assert [" ".join(reading) for reading in spoken(text, tuple(pinyin.split()))] == all_of_it


@pytest.mark.parametrize(
    ("syllable", "units"),
    [
        ("zhao1", ("zh", "ao1")),
        ("zhi1", ("zh", "ir1")),
        ("si4", ("s", "iz4")),
        ("ju1", ("j", "v1")),
        ("yuan2", ("y", "van2")),
        ("lue4", ("l", "ve4")),
        ("yi1", ("y", "i1")),
        ("er4", ("er4",)),
    ],
)
def test_units(syllable: str, units: tuple[str, ...]) -> None:
    assert split(syllable) == units


def test_phones_know_their_place_in_the_word() -> None:
    phones = load_phones(MODEL)
    assert phones.spell(("er4",)) == (phones.ids["er4_S"],)
    names = [phones.ids[name] for name in ("zh_B", "ao1_I", "p_I", "in4_E")]
    assert phones.spell(("zhao1", "pin4")) == tuple(names)


def run(*arguments: str) -> tuple[int, str]:
    app = Typer()
    app.command()(command)
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.output


def test_command_adds_words_and_shows_how_they_are_read(model: Path) -> None:
    code, output = run("重听", "骆驼=luo4 tuo5", "--model", str(model))
    assert code == 0
    assert "重听  chong2 ting1" in output
    assert "骆驼  luo4 tuo5" in output
    assert "骆驼" in read_lexicon(model).words


def test_command_says_what_is_wrong(model: Path) -> None:
    code, output = run("骆驼=luo4", "--model", str(model))
    assert (code, "needs 2 syllables" in output) == (1, True)
