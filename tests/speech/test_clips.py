"""Where clips come from, what is kept where, and that nothing is rendered twice."""

import asyncio
import wave
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import structlog

from outreach.speech import mulaw
from outreach.speech.clips import Clip, ClipStore
from outreach.speech.pyttsx import PyttsxSynthesizer
from outreach.speech.recordings import FACTORS, RecordingError, recorded, stretched
from outreach.speech.synthesizer import SPEEDS, SynthesisError, Utterance

MENU = Clip("jobs.menu", "听招聘，请按1。", "zh-CN", 3)


class Tone:
    """A synthesiser whose sound tells its text, which counts, and which waits while ``gate`` is closed."""

    def __init__(self, identity: str = "tone-1") -> None:
        self.identity = identity
        self.asked: list[str] = []
        self.reached = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def synthesize(self, utterance: Utterance) -> bytes:
        self.asked.append(utterance.text)
        self.reached.set()
        await self.gate.wait()
        if "坏" in utterance.text:
            raise SynthesisError("it is broken")
        if "丢" in utterance.text and self.asked.count(utterance.text) == 1:
            raise SynthesisError("an empty file", retry=True)
        return (utterance.text.encode() + bytes([utterance.speed])) * 100

    async def close(self) -> None:
        self.gate.set()


Open = Callable[..., tuple[ClipStore, Tone]]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    def store(memory_bytes: int = 1_000_000, identity: str = "tone-1") -> tuple[ClipStore, Tone]:
        tone = Tone(identity)
        return ClipStore(tmp_path / "clips", tone, tmp_path / "recordings", memory_bytes), tone

    return store


def run(scene: Coroutine[Any, Any, None]) -> None:
    asyncio.run(scene)


def files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "clips").rglob("*") if path.is_file()]


def talk(path: Path, *, rate: int = 16_000, channels: int = 1, seconds: float = 2.0, width: int = 2) -> None:
    """A voice-like WAV file: harmonics of 150 Hz, in syllables, between silences."""
    times = np.arange(round(seconds * rate)) / rate
    voice = sum(np.sin(2 * np.pi * 150 * harmonic * times) / harmonic for harmonic in range(1, 12))
    sound = 0.1 * voice * (0.55 + 0.45 * np.sin(2 * np.pi * 4 * times))
    sound = np.concatenate([np.zeros(rate // 2), sound, np.zeros(rate // 2)])
    pcm = np.repeat((sound * 32767).astype("<i2"), channels)
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(pcm.tobytes())


def pitch(samples: mulaw.Samples) -> float:
    """Of the strongest period between 70 and 400 Hz."""
    spectrum = np.abs(np.fft.rfft(samples.astype(np.float64))) ** 2
    correlation = np.fft.irfft(spectrum)
    low, high = mulaw.RATE // 400, mulaw.RATE // 70
    return float(mulaw.RATE / (low + np.argmax(correlation[low:high])))


def test_memory_then_disk_then_synthesis(opened: Open, tmp_path: Path) -> None:
    async def scene() -> None:
        clips, tone = opened()
        assert clips.peek(MENU) is None
        audio = await clips.fetch(MENU)
        assert clips.peek(MENU) == audio
        assert await clips.fetch(MENU) == audio
        assert (len(tone.asked), clips.rendered_in_calls) == (1, 1)
        fresh, silent = opened()
        assert await fresh.fetch(MENU) == audio
        assert (silent.asked, fresh.rendered_in_calls) == ([], 0)
        assert clips.seconds(audio) == len(audio) / 8000

    run(scene())
    (file,) = files(tmp_path)
    assert file.parent.parent.parent == tmp_path / "clips"
    assert not file.name.endswith(".part")


def test_fifty_callers_make_one_rendering(opened: Open) -> None:
    async def scene() -> None:
        clips, tone = opened()
        tone.gate.clear()
        fetches = [asyncio.create_task(clips.fetch(MENU)) for _ in range(50)]
        await tone.reached.wait()
        fetches[0].cancel()  # the first caller hangs up; the others still hear it
        tone.gate.set()
        results = await asyncio.gather(*fetches, return_exceptions=True)
        assert isinstance(results[0], asyncio.CancelledError)
        assert len(set(results[1:])) == 1
        assert len(tone.asked) == 1
        assert clips.rendered_in_calls == 1

    run(scene())


def test_fifty_callers_make_one_rendering_with_the_real_engine(tmp_path: Path) -> None:
    async def scene() -> None:
        engine = PyttsxSynthesizer()
        clips = ClipStore(tmp_path / "clips", engine, tmp_path / "recordings", 1_000_000)
        results = await asyncio.gather(*(clips.fetch(MENU) for _ in range(50)))
        assert len(set(results)) == 1
        assert clips.rendered_in_calls == 1
        assert clips.seconds(results[0]) > 1
        await engine.close()

    run(scene())


def test_what_is_heard_is_the_key(opened: Open, tmp_path: Path) -> None:
    async def scene() -> None:
        clips, tone = opened()
        same = Clip("other.key", "听招聘，请按 1。", "zh-CN", 3)  # said in the same words
        for clip in (
            MENU,
            same,
            Clip("jobs.menu", MENU.text, "zh-CN", 4),
            Clip("jobs.menu", MENU.text, "en", 3),
        ):
            await clips.fetch(clip)
        assert len(tone.asked) == len(files(tmp_path)) == 3
        newer, _ = opened(identity="tone-2")
        await newer.fetch(MENU)
        assert newer.rendered_in_calls == 1

    run(scene())


def test_personal_clips_stay_off_the_disk(opened: Open, tmp_path: Path) -> None:
    async def scene() -> None:
        clips, tone = opened()
        mine = Clip("mine.name", "我叫张三", "zh-CN", 3, personal=True)
        await clips.fetch(mine)
        assert clips.peek(mine) is not None
        report = await clips.render([mine])
        assert (report.rendered, report.kept) == (0, 1)
        assert len(tone.asked) == 1
        assert clips.rendered_in_calls == 0

    run(scene())
    assert files(tmp_path) == []


def test_memory_keeps_the_lately_used(opened: Open) -> None:
    async def scene() -> None:
        a, b, c = (Clip("k", text, "en", 3) for text in "abc")  # 200 bytes each
        clips, _ = opened(memory_bytes=450)
        await clips.fetch(a)
        await clips.fetch(b)
        clips.peek(a)
        await clips.fetch(c)
        assert [clips.peek(clip) is not None for clip in (a, b, c)] == [True, False, True]

    run(scene())


def test_render_skips_what_is_there_and_reports_the_rest(opened: Open) -> None:
    async def scene() -> None:
        clips, tone = opened()
        texts = [Clip("k", f"第{number}条", "zh-CN", 3) for number in range(5)]
        bad = Clip("jobs.bad", "坏", "zh-CN", 3)
        report = await clips.render([*texts, bad, *texts])
        assert (report.rendered, report.kept, report.failed) == (5, 0, (("jobs.bad", "it is broken"),))
        again = await clips.render(texts)
        assert (again.rendered, again.kept) == (0, 5)
        assert clips.peek(texts[0]) is None  # a thousand listings must not push the menus out of memory
        await clips.fetch(texts[0])
        assert clips.rendered_in_calls == 0
        assert len(tone.asked) == 6

    run(scene())


def test_render_waits_for_calls(opened: Open) -> None:
    async def scene() -> None:
        clips, tone = opened()
        tone.gate.clear()
        call = asyncio.create_task(clips.fetch(MENU))
        await asyncio.sleep(0)
        writing = asyncio.create_task(clips.render([Clip("k", "以后", "zh-CN", 3)]))
        await tone.reached.wait()
        for _ in range(20):
            await asyncio.sleep(0)
        assert tone.asked == [MENU.text]
        tone.gate.set()
        await call
        assert (await writing).rendered == 1

    run(scene())


def test_a_failed_rendering_is_told_to_all_and_tried_again(opened: Open) -> None:
    async def scene() -> None:
        clips, tone = opened()
        bad = Clip("k", "坏", "zh-CN", 3)
        results = await asyncio.gather(clips.fetch(bad), clips.fetch(bad), return_exceptions=True)
        assert [str(result) for result in results] == ["it is broken"] * 2
        with pytest.raises(SynthesisError):
            await clips.fetch(bad)
        assert len(tone.asked) == 2

    run(scene())


def test_what_may_pass_is_tried_once_more_in_a_call_and_ahead(opened: Open) -> None:
    async def scene() -> None:
        clips, tone = opened()
        assert await clips.fetch(Clip("k", "丢一", "zh-CN", 3))
        report = await clips.render([Clip("k", "丢二", "zh-CN", 3)])
        assert (report.rendered, report.failed) == (1, ())
        assert tone.asked == ["丢一", "丢一", "丢二", "丢二"]

    run(scene())


def test_a_useless_disk_costs_no_call(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "clips").write_text("a file where the folder should be")

    async def scene() -> None:
        clips, _ = opened()
        with structlog.testing.capture_logs() as logs:
            assert await clips.fetch(MENU)
        assert {entry["prompt"] for entry in logs} == {"jobs.menu"}
        assert MENU.text not in str(logs)

    run(scene())


def test_a_torn_file_is_rendered_again(opened: Open, tmp_path: Path) -> None:
    async def scene() -> None:
        clips, _ = opened()
        audio = await clips.fetch(MENU)
        files(tmp_path)[0].write_bytes(b"")
        fresh, _ = opened()
        assert await fresh.fetch(MENU) == audio

    run(scene())


def test_a_recording_wins_but_only_for_whole_prompts(opened: Open, tmp_path: Path) -> None:
    talk(tmp_path / "recordings" / "zh-CN" / "jobs.menu.wav")

    async def scene() -> None:
        clips, tone = opened()
        spoken_by_person = await clips.fetch(Clip("jobs.menu", MENU.text, "zh-CN", 3, recording=True))
        assert clips.seconds(spoken_by_person) == pytest.approx(2.12, abs=0.05)
        assert tone.asked == []
        assert await clips.fetch(MENU) != spoken_by_person
        assert len(tone.asked) == 1

    run(scene())


def test_a_broken_recording_is_said_once_and_replaced(opened: Open, tmp_path: Path) -> None:
    path = tmp_path / "recordings" / "zh-CN" / "jobs.menu.wav"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"RIFF nonsense")

    async def scene() -> None:
        clips, tone = opened()
        with structlog.testing.capture_logs() as logs:
            for speed in (3, 4):
                await clips.fetch(Clip("jobs.menu", MENU.text, "zh-CN", speed, recording=True))
        assert len(tone.asked) == 2
        assert [entry["event"] for entry in logs] == ["recorded prompt is not used"]

    run(scene())


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_recordings_of_any_usual_format(tmp_path: Path, rate: int, channels: int) -> None:
    talk(tmp_path / "a.wav", rate=rate, channels=channels)
    audio = recorded(tmp_path / "a.wav", 3)
    samples = (mulaw.decode(audio) / 32768.0).astype(np.float32)
    assert mulaw.duration_seconds(audio) == pytest.approx(2.12, abs=0.05)
    assert pitch(samples) == pytest.approx(150, rel=0.03)
    assert 10 * np.log10(np.mean(samples[800:-800] ** 2)) == pytest.approx(-20, abs=1.5)


@pytest.mark.parametrize("speed", SPEEDS)
def test_recordings_keep_their_pitch_at_every_speed(tmp_path: Path, speed: int) -> None:
    talk(tmp_path / "a.wav")
    audio = recorded(tmp_path / "a.wav", speed)
    assert mulaw.duration_seconds(audio) == pytest.approx(2.12 / FACTORS[speed - 1], abs=0.1)
    assert pitch((mulaw.decode(audio) / 32768.0).astype(np.float32)) == pytest.approx(150, rel=0.03)


def test_stretching_is_repeatable() -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, 8_000).astype(np.float32)
    assert np.array_equal(stretched(noise, 1.64), stretched(noise, 1.64))


def test_unusable_recordings_say_what_is_wanted(tmp_path: Path) -> None:
    talk(tmp_path / "rate.wav", rate=12_345)
    talk(tmp_path / "width.wav", width=1)
    talk(tmp_path / "channels.wav", channels=4)
    talk(tmp_path / "empty.wav", rate=8_000, seconds=0)
    (tmp_path / "empty.wav").write_bytes((tmp_path / "empty.wav").read_bytes()[:44])
    for name in ("rate", "width", "channels"):
        with pytest.raises(RecordingError, match="wanted: 16 bits"):
            recorded(tmp_path / f"{name}.wav", 3)
    with pytest.raises(RecordingError, match="tenth of a second"):
        recorded(tmp_path / "empty.wav", 3)
    with pytest.raises(RecordingError, match="cannot be read"):
        recorded(tmp_path / "none.wav", 3)
