"""Real recognition of synthetic voices that the model was neither trained nor tuned on."""

import shutil
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from outreach.config import PROJECT
from outreach.dialogue.matching import Accept, match
from outreach.speech.lexicon import Lexicon, ModelError, plain, read_lexicon
from outreach.speech.mulaw import silence
from outreach.speech.recognizer import Hypothesis, Recognizer
from outreach.speech.vosk import VoskRecognizer
from tests.speech.clips import COMMANDS, COUNTIES, MENU, OUTSIDE, clips, frames, noise, on_the_line

MODEL = PROJECT / "models" / "demo-zh"


@pytest.fixture(scope="module")
def vosk() -> VoskRecognizer:
    return VoskRecognizer(MODEL)


def hear(recognizer: Recognizer, sound: bytes, phrases: tuple[str, ...] = MENU) -> Hypothesis:
    question = recognizer.question(phrases)
    for frame in frames(sound):
        question.feed(frame)
    return question.finish()


@pytest.mark.parametrize("word", [*COMMANDS, *COUNTIES])
def test_every_offered_word_is_heard(vosk: VoskRecognizer, word: str) -> None:
    for sound in clips(word):
        heard = hear(vosk, on_the_line(sound))
        assert (heard.text, heard.unknown) == (word, False)
        assert heard.confidence > 0.7


@pytest.mark.parametrize("word", OUTSIDE)
def test_a_word_that_was_not_offered_is_unknown(vosk: VoskRecognizer, word: str) -> None:
    for sound in clips(word):
        assert hear(vosk, on_the_line(sound)) == Hypothesis("", (), unknown=True)


def test_a_cough_is_no_word(vosk: VoskRecognizer) -> None:
    for sound in clips("cough"):
        assert hear(vosk, on_the_line(sound)).text == ""


def test_silence_and_line_noise_say_nothing(vosk: VoskRecognizer) -> None:
    assert hear(vosk, silence(3)) == Hypothesis("")
    assert hear(vosk, noise(-40, 3)) == Hypothesis("")


def test_an_offered_word_inside_a_sentence_is_understood(vosk: VoskRecognizer) -> None:
    for sound in clips("我想听招聘"):
        heard = hear(vosk, on_the_line(sound))
        assert heard.unknown
        assert match(heard.text, [(word, [word]) for word in MENU], None) == Accept("招聘")


def test_a_pause_longer_than_kaldis_own_endpoint_loses_nothing(vosk: VoskRecognizer) -> None:
    sound = on_the_line(clips("不对")[0]) + on_the_line(clips("招聘")[1])
    heard = hear(vosk, sound)
    assert heard.text == "不对招聘"
    assert [word.text for word in heard.words] == ["不对", "招聘"]


def test_what_forms_an_offered_phrase_comes_back_as_it_was_offered(vosk: VoskRecognizer) -> None:
    assert hear(vosk, on_the_line(clips("再说一遍")[0]), ("再说一遍！", "返回")).text == "再说一遍！"


def test_free_speech_is_transcribed(vosk: VoskRecognizer) -> None:
    assert [vosk.transcribe(sound).text for sound in clips("我想听招聘")] == ["我想听招聘"] * 2


def test_threads_share_one_model(vosk: VoskRecognizer) -> None:
    words = [*COMMANDS, *COUNTIES]
    with ThreadPoolExecutor(4) as pool:
        heard = pool.map(lambda word: hear(vosk, on_the_line(clips(word)[0])).text, words)
        assert list(heard) == words


def test_a_question_that_nothing_was_said_to_is_empty(vosk: VoskRecognizer) -> None:
    assert vosk.question(["招聘"]).finish() == Hypothesis("")
    assert vosk.question([]).finish() == Hypothesis("")


# --- The words ----------------------------------------------------------------------------------------------


def test_phrases_are_cut_into_the_fewest_words() -> None:
    lexicon = Lexicon(frozenset(["再说", "再说一遍", "一", "遍", "说", "a", "ab", "bc"]), 4)
    assert lexicon.segment("再说一遍") == ("再说一遍",)
    assert lexicon.segment("再说，一遍。") == ("再说", "一", "遍")
    assert lexicon.segment("ABC") == ("a", "bc")  # greedy would take "ab" and find no "c"
    assert lexicon.segment("再见") is None
    assert lexicon.segment("！") is None
    assert lexicon.missing(["说", "再见", "一遍"]) == ["再见"]


def test_width_case_and_punctuation_do_not_matter() -> None:
    assert plain("　Ｍain  Menu！") == "main menu"


def test_the_demo_model_knows_every_command(vosk: VoskRecognizer) -> None:
    assert vosk.missing(MENU) == []
    assert vosk.missing(["魑魅", "招聘"]) == ["魑魅"]


def with_symbols(fst: bytes, words: list[str]) -> bytes:
    """An OpenFst file with ``words`` as its output symbols: how small official models carry theirs."""
    start = 4
    for _ in range(2):
        start += 4 + struct.unpack_from("<i", fst, start)[0]
    version, flags = struct.unpack_from("<ii", fst, start)
    end = start + 8 + 32
    table = struct.pack("<ii5sqq", 2125658996, 5, b"words", len(words), len(words))
    for number, word in enumerate(words):
        table += struct.pack("<i", len(word.encode())) + word.encode() + struct.pack("<q", number)
    return fst[:start] + struct.pack("<ii", version, flags | 2) + fst[start + 8 : end] + table + fst[end:]


def test_words_inside_the_graph_are_read_as_libvosk_reads_them(tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(MODEL, model)
    listed = read_lexicon(MODEL)
    words = [line.split()[0] for line in (model / "graph" / "words.txt").read_text().splitlines()]
    (model / "graph" / "words.txt").unlink()
    graph = model / "graph" / "Gr.fst"
    graph.write_bytes(with_symbols(graph.read_bytes(), words))
    recognizer = VoskRecognizer(model)
    assert recognizer.words == listed
    assert hear(recognizer, on_the_line(clips("招聘")[0])).text == "招聘"


# --- What is refused ----------------------------------------------------------------------------------------


def test_no_directory_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no model at .*outreach models fetch zh-small.*OUTREACH_MODEL_DIR"):
        VoskRecognizer(tmp_path / "nowhere")


def test_something_else_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"it has no am/final\.mdl"):
        VoskRecognizer(tmp_path)


def test_a_model_that_would_refuse_telephone_sound_is_refused_first(tmp_path: Path) -> None:
    shutil.copytree(MODEL, tmp_path / "wide")
    (tmp_path / "wide" / "conf" / "mfcc.conf").write_text("--sample-frequency=16000\n")
    with pytest.raises(ModelError, match="add the line --allow-upsample=true"):
        VoskRecognizer(tmp_path / "wide")


@pytest.mark.parametrize("damage", [b"", b"\0" * 64])
def test_a_damaged_graph_is_a_clear_error(tmp_path: Path, damage: bytes) -> None:
    shutil.copytree(MODEL, tmp_path / "torn")
    (tmp_path / "torn" / "graph" / "Gr.fst").write_bytes(damage)
    with pytest.raises(ModelError, match="fetch the model again"):
        read_lexicon(tmp_path / "torn")


def test_a_model_without_words_is_a_clear_error(tmp_path: Path) -> None:
    shutil.copytree(MODEL, tmp_path / "mute")
    (tmp_path / "mute" / "graph" / "words.txt").unlink()
    with pytest.raises(ModelError, match="no list of words"):
        VoskRecognizer(tmp_path / "mute")
