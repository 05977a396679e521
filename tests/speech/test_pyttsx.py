"""The real engine: how it says our words, how fast, and the same twice; and how its workers are kept."""

import asyncio
import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pypinyin import Style, pinyin

from outreach.speech import mulaw
from outreach.speech.pronunciation import IONG, WORDS, respelt
from outreach.speech.pyttsx import WORKER, PyttsxSynthesizer, voice_problem
from outreach.speech.render_pool import PROJECT, RenderPool
from outreach.speech.spoken import spoken
from outreach.speech.synthesizer import SPEEDS, SynthesisError, Utterance

# espeak-ng 1.52.0, cmn-latn-pinyin; tones 55 35 214 51, neutral 11
PHONEMES = """
听招聘请按一|th'i55N_| ts.'Au55_| phi51ntS;h'i214N_| 'a51n_| j'i55_|
听培训请按二|th'i55N_| ph'ei35_| S;'y@51n_| tS;h'i214N_| 'a51n_| '@r51_|
重听请按井号键|ts.hong35th'i55N_| tS;h'i214N_| 'a51n_| tS;'i214N_| X'Au51_| tS;'iE51n_|
返回请按星号键|f'a214n_| Xuei35tS;h'i214N_| 'a51n_| S;'i55N_| X'Au51_| tS;'iE51n_|
主菜单|ts.'u214_| tsh'ai51_| t'a55n_|
再说一遍|ts'ai51_| s.w'o55_| ji35p'iE51n_|
不对|pu35t'uei51_|
人工服务|z.'@35n_| k'ong55_| fu35w'u51_|
按摩师|'a51n_| m'o35_| s.'i.55_|
胸椎|S;ong55ts.'uei55_|
颈椎|tS;'i214N_| ts.'uei55_|
腰椎间盘|j'Au55_| ts.'uei55_| tS;'iE55n_| ph'a35n_|
胸闷|S;'ong55_| m'@51n_|
熊先生|S;'ong35_| S;iE55ns.'@11N_|
兄弟|S;'ong55_| t'i51_|
穷|tS;h'ong35_|
很便宜的房子|X'@214n_| phiE35nj'i11_| t'@11_| f'A35N_| ts'i[11_|
银行|ji35nX'A35N_|
建行|tS;iE51nX'A35N_|
行业|XA35Nj'iE51_|
店长|tiE51nts.'A214N_|
称职|ts.h@51nts.'i.35_|
角色|tS;yE35s'o-51_|
残疾人证|tsh'a35n_| tS;'i35_| z.'@35n_| ts.'@51N_|
无障碍|w'u35_| ts.'A51N_| 'ai51_|
古浪|k'u214_| l'A51N_|
天祝|th'iE55n_| ts.'u51_|
民勤|m'i35n_| tS;h'i35n_|
凉州区|l'iA35N_| ts.'ou55_| tS;h'y55_|
武威|w'u214_| w'ei55_|
华藏寺|Xw,A35tsA51Ns'i[51_|
两点半|l'iA214N_| t'iE214n_| p'a51n_|
四千五百到六千元|s'i[51_| tS;h'iE55n_| wu214p'ai214_| t'Au51_| l'iou51_| tS;h'iE55n_| j'y&35n_|
百分之三十五|p'ai214_| f'@55n_| ts.'i.55_| s'a55n_| s.i.35w'u214_|
零九三五|l'i35N_| tS;'iou214_| s'a55n_| w'u214_|
二二幺|'@r51_| '@r51_| j'Au55_|
幺二三八五|j'Au55_| '@r51_| s'a55n_| p'A55_| w'u214_|
盲人|m'A35N_| z.'@35n_|
肢体残疾|ts.i.55th'i214_| tsh'a35n_| tS;'i35_|
视力|s.'i.51_| l'i51_|
听力|th'i55N_| l'i51_|
言语|jiE35nj'y214_|
康复|kh'A55N_| f'u51_|
低保|t'i55_| p'Au214_|
职称|ts.'i.35_| ts.h'@55N_|
提成|th'i35_| ts.h'@35N_|
重新|ts.hong35S;'i55n_|
开拓|kh'ai55_| th'uo51_|
较为|tS;jAu51w'ei35_|
扣扣|kh'ou51_| kh'ou51_|
艾克斯|'ai51_| kh'o-51_| s'i[55_|
达不溜|t'A35_| p'u51_| l'iou55_|
"""
PHONEMES_PROGRAM = """
import json, sys, tempfile
from pathlib import Path
from outreach.speech.pyttsx_worker import Engine
with tempfile.TemporaryDirectory() as directory:
    engine = Engine(Path(directory))
    print(json.dumps([engine.phonemes(text) for text in json.load(sys.stdin)]))
"""
NORMAL_TEXTS = (
    "招聘盲人按摩师3名，月薪4500-6000元，包吃住，每月休息4天。",
    "您刚才听到第3条，继续请按1，主菜单请按2。",
)


def phonemes(texts: list[str]) -> list[str]:
    """As a worker of its own says them: this process must never load the engine."""
    command = (sys.executable, "-c", PHONEMES_PROGRAM)
    done = subprocess.run(
        command, input=json.dumps(texts), capture_output=True, text=True, check=True, cwd=PROJECT, timeout=60
    )
    said: list[str] = json.loads(done.stdout.splitlines()[-1])
    return said


def rendered(*utterances: Utterance) -> list[bytes]:
    async def render() -> list[bytes]:
        synthesizer = PyttsxSynthesizer()
        try:
            return [await synthesizer.synthesize(utterance) for utterance in utterances]
        finally:
            await synthesizer.close()

    return asyncio.run(render())


def test_golden_phonemes() -> None:
    golden = dict(line.split("|", 1) for line in PHONEMES.strip().splitlines())
    assert dict(zip(golden, phonemes(list(golden)), strict=True)) == golden


def test_nothing_is_said_in_english() -> None:
    written = ("APP", "WiFi", "VIP", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123")
    abbreviations = [spoken(text, "zh-CN") for text in written]
    texts = [char for chars in IONG.values() for char in chars] + list(WORDS) + abbreviations
    assert [
        text for text, said in zip(texts, phonemes(texts), strict=True) if "(en)" in said or not said
    ] == []


def test_respellings_are_readings_of_their_characters() -> None:
    for word, respelling in WORDS.items():
        syllables = respelling.replace("5", "5 ").replace("1", "1 ").replace("2", "2 ").replace("3", "3 ")
        for char, syllable in zip(word, syllables.replace("4", "4 ").split(), strict=True):
            readings = pinyin(char, style=Style.TONE3, heteronym=True, neutral_tone_with_five=True)[0]
            assert syllable in readings or syllable.endswith("5"), (word, char, readings)
    for reading, chars in IONG.items():
        for char in chars:
            assert reading in pinyin(char, style=Style.TONE3, heteronym=True)[0], char


def test_iong_is_only_respelt_where_it_must_be() -> None:
    assert respelt("胸口", iong=False) == "胸口"
    assert respelt("胸口，胸椎", iong=True) == "xong1口，xong1zhui1"


def test_speeds_are_the_promised_ones() -> None:
    promised = (2.8, 3.3, 3.9, 4.8, 6.4, 8.0)
    characters = sum(char.isalnum() for text in NORMAL_TEXTS for char in spoken(text, "zh-CN"))
    sounds = rendered(*(Utterance(text, "zh-CN", speed) for speed in SPEEDS for text in NORMAL_TEXTS))
    pairs = [sounds[index : index + len(NORMAL_TEXTS)] for index in range(0, len(sounds), len(NORMAL_TEXTS))]
    rates = [characters / sum(map(mulaw.duration_seconds, pair)) for pair in pairs]
    assert rates == sorted(rates)
    assert rates == pytest.approx(promised, rel=0.1)


def test_english_speeds_rise() -> None:
    sounds = rendered(*(Utterance("Press 1 for jobs, 2 for training.", "en", speed) for speed in SPEEDS))
    lengths = [len(sound) for sound in sounds]
    assert lengths == sorted(lengths, reverse=True)
    assert len(set(lengths)) == len(SPEEDS)


def test_the_same_words_always_take_the_same_time() -> None:
    # pyttsx3 loses the rate, or the speech, where properties change between utterances and nobody waits
    asked = [
        Utterance("听招聘，请按1。", "zh-CN", 2),
        Utterance("Press 1 for jobs.", "en", 5),
        Utterance("听培训，请按2。", "zh-CN", 6),
    ]
    lengths = [len(sound) for sound in rendered(*asked * 15)]
    for first in range(3):
        assert lengths[first::3] == pytest.approx([lengths[first]] * 15, abs=0.02 * mulaw.RATE)
    assert min(lengths) > 0.5 * mulaw.RATE


def test_speech_has_the_level_and_edges_of_the_line() -> None:
    (sound,) = rendered(Utterance(NORMAL_TEXTS[0], "zh-CN"))
    samples = mulaw.decode(sound) / 32768.0
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    assert loud[0] <= 0.07 * mulaw.RATE
    assert len(samples) - loud[-1] <= 0.07 * mulaw.RATE
    assert -24 < 10 * np.log10(np.mean(samples**2)) < -18


def test_long_texts_are_rendered_whole() -> None:
    short, long = rendered(Utterance("字" * 50, "zh-CN"), Utterance("字" * 500, "zh-CN"))
    assert len(long) == pytest.approx(10 * len(short), rel=0.1)


def test_what_cannot_be_said_is_silence_or_refused() -> None:
    (sound,) = rendered(Utterance("😀", "zh-CN"))
    assert set(sound) == {0xFF}
    with pytest.raises(SynthesisError, match="recordings/bo/") as refused:
        rendered(Utterance("བོད", "bo"))
    assert not refused.value.retry


def test_a_killed_engine_is_replaced(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    program = (
        "import os, runpy, sys\n"
        "open(sys.argv[1], 'a').write(f'{os.getpid()}\\n')\n"
        "runpy.run_module('outreach.speech.pyttsx_worker', run_name='__main__')"
    )

    async def scene() -> None:
        synthesizer = PyttsxSynthesizer(command=(sys.executable, "-c", program, str(pids)))
        before = await synthesizer.synthesize(Utterance("你好", "zh-CN"))
        os.kill(int(pids.read_text()), signal.SIGKILL)
        assert await synthesizer.synthesize(Utterance("你好", "zh-CN")) == before
        await synthesizer.close()

    asyncio.run(scene())
    assert len(set(pids.read_text().split())) == 2


def test_voice_problem_says_what_is_wrong_and_what_to_do() -> None:
    assert voice_problem() is None
    broken = voice_problem((sys.executable, "-c", "raise SystemExit('no voice data')"))
    assert broken is not None
    assert "no voice data" in broken
    assert "pip install" in broken
    assert "cannot be started" in (voice_problem(("/nonexistent/python",)) or "")
    assert "overloaded" in (voice_problem((sys.executable, "-c", "import time; time.sleep(60)"), 0.2) or "")


# --- The pool, with a worker that does as it is told ---------------------------------------------------------

PUPPET = """
import json, os, sys, time
print(json.dumps({"ready": "puppet"}), flush=True)
for line in sys.stdin:
    order = json.loads(line)["text"]
    if order == "die":
        os._exit(1)
    if order == "hang":
        time.sleep(600)
    if order == "babble":
        print("babble", flush=True)
    print(json.dumps({"pid": str(os.getpid()), "text": order}), flush=True)
"""


def pool(workers: int = 1, *, recycle_after: int = 500, program: str = PUPPET) -> RenderPool:
    command = (sys.executable, "-S", "-c", program)
    return RenderPool(command, workers=workers, deadline_seconds=2.0, recycle_after=recycle_after)


def play(scene: Coroutine[Any, Any, None]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(60):
            await scene

    asyncio.run(limited())


@pytest.mark.parametrize(("order", "reason"), [("die", "died"), ("hang", "deadline"), ("babble", "nonsense")])
def test_a_bad_worker_is_an_error_once_and_replaced(order: str, reason: str) -> None:
    async def scene() -> None:
        workers = pool()
        first = await workers.ask({"text": "one"})
        with pytest.raises(SynthesisError, match=reason) as error:
            await workers.ask({"text": order})
        assert error.value.retry
        second = await workers.ask({"text": "two"})
        assert second["text"] == "two"
        assert second["pid"] != first["pid"]
        await workers.close()

    play(scene())


def test_one_worker_serves_until_it_is_old() -> None:
    async def scene() -> None:
        workers = pool(recycle_after=3)
        pids = [(await workers.ask({"text": "again"}))["pid"] for _ in range(6)]
        assert pids[0] == pids[1] == pids[2] != pids[3] == pids[4] == pids[5]
        await workers.close()

    play(scene())


def test_a_cancelled_question_does_not_answer_the_next() -> None:
    async def scene() -> None:
        workers = pool()
        await workers.ask({"text": "warm"})
        asked = asyncio.create_task(workers.ask({"text": "hang"}))
        await asyncio.sleep(0)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert (await workers.ask({"text": "next"}))["text"] == "next"
        await workers.close()

    play(scene())


def test_many_questions_get_their_own_answers() -> None:
    async def scene() -> None:
        workers = pool(2)
        answers = await asyncio.gather(*(workers.ask({"text": str(number)}) for number in range(40)))
        assert [answer["text"] for answer in answers] == [str(number) for number in range(40)]
        assert len({answer["pid"] for answer in answers}) == 2
        await workers.close()

    play(scene())


def test_a_closed_pool_and_one_that_cannot_start_say_so() -> None:
    async def scene() -> None:
        workers = pool()
        await workers.ask({"text": "one"})
        await workers.close()
        with pytest.raises(SynthesisError, match="closed"):
            await workers.ask({"text": "two"})
        broken = pool(program="""print('{"error": "no data"}')""")
        with pytest.raises(SynthesisError, match="no data"):
            await broken.ask({"text": "one"})

    play(scene())


def test_an_ended_worker_leaves_no_sound_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    rendered(Utterance("我叫张三", "zh-CN"))
    assert list(tmp_path.iterdir()) == []


def test_the_worker_speaks_only_the_protocol() -> None:
    with tempfile.TemporaryFile("w+") as errors:
        done = subprocess.run(
            WORKER,
            input=json.dumps({"text": "你好", "voice": "no-such-voice", "rate": 200})
            + "\n"
            + json.dumps({"text": "你好", "voice": "cmn-latn-pinyin", "rate": 200})
            + "\n",
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            check=True,
            cwd=PROJECT,
            timeout=60,
        )
    hello, wrong, right = (json.loads(line) for line in done.stdout.splitlines())
    assert hello == {"ready": "1.52.0"}
    assert "no-such-voice" in wrong["error"]
    assert mulaw.duration_seconds(base64.b64decode(right["mulaw"])) > 0.3
