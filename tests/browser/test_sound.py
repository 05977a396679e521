"""The worklet that turns mu-law into sound and sound into mu-law, run by a real browser."""

import base64
import json
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest

from outreach.speech.mulaw import decode

if TYPE_CHECKING:
    from playwright.sync_api import Page, WebSocket

WORKLET = "/phone/static/mulaw-worklet.js"
FULL_SCALE = 32768

RECORD = """async ([worklet, rate, hertz]) => {
  const context = new OfflineAudioContext(1, rate, rate);
  await context.audioWorklet.addModule(worklet);
  const node = new AudioWorkletNode(context, "microphone", { numberOfOutputs: 0 });
  const frames = [];
  const heard = new Promise((done) => {
    node.port.onmessage = ({ data }) => frames.push(...data) >= 48 * 160 && done();
  });
  const level = new GainNode(context, { gain: 0.5 });
  const tone = new OscillatorNode(context, { frequency: hertz });
  tone.connect(level).connect(node);
  tone.start();
  await context.startRendering();
  await heard;
  return frames;
}"""

PLAY = """async ([worklet, steps]) => {
  // By hand, not on the audio thread: there, whether a message or the sound comes first is anybody's guess.
  globalThis.AudioWorkletProcessor = class { port = {}; };
  const made = {};
  globalThis.registerProcessor = (name, processor) => (made[name] = processor);
  await import(worklet);
  const loudspeaker = new made.loudspeaker();
  const played = [];
  for (const step of steps) {
    if (step === "clear") loudspeaker.port.onmessage({ data: step });
    else if (Array.isArray(step)) loudspeaker.port.onmessage({ data: Uint8Array.from(step) });
    else {
      const out = new Float32Array(step);
      loudspeaker.process([], [[out]]);
      played.push(...out);
    }
  }
  return played;
}"""
FRAME = [0x10] * 160
LOUD = float(decode(b"\x10")[0]) / FULL_SCALE


def recorded(page: "Page", demo_url: str, rate: int, hertz: float) -> npt.NDArray[np.float64]:
    """A tone of amplitude 0.5 as the telephone gets it, without its first 0.1 s."""
    page.goto(f"{demo_url}/phone")
    codes = page.evaluate(RECORD, [WORKLET, rate, hertz])
    samples = decode(bytes(codes)).astype(np.float64) / FULL_SCALE
    return np.asarray(samples[800 : 800 + 6400])


@pytest.mark.parametrize("rate", [48_000, 44_100])
def test_the_microphone_keeps_pitch_and_level(page: "Page", demo_url: str, rate: int) -> None:
    samples = recorded(page, demo_url, rate, 1000)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    assert abs(int(spectrum.argmax()) * 8000 / len(samples) - 1000) <= 1.25
    assert np.sqrt(2 * np.mean(samples**2)) == pytest.approx(0.5, rel=0.03)


def test_the_microphone_lets_nothing_through_that_would_alias(page: "Page", demo_url: str) -> None:
    samples = recorded(page, demo_url, 48_000, 6000)
    assert np.sqrt(2 * np.mean(samples**2)) < 0.5 / 100


def played(page: "Page", demo_url: str, *steps: list[int] | int | str) -> list[float]:
    """What comes out when mu-law comes in (a list), samples are taken (a number), or all is cleared."""
    page.goto(f"{demo_url}/phone")
    return list(page.evaluate(PLAY, [WORKLET, list(steps)]))


def test_the_loudspeaker_plays_every_code_as_it_is(page: "Page", demo_url: str) -> None:
    codes = bytes(range(256)) * 4
    wanted = decode(codes).astype(np.float64) / FULL_SCALE
    assert played(page, demo_url, list(codes), len(codes), 128) == [*wanted, *[0.0] * 128]


def test_the_loudspeaker_gathers_sound_before_it_begins_and_when_it_ran_dry(
    page: "Page", demo_url: str
) -> None:
    assert played(page, demo_url, FRAME * 3, 160, FRAME, 320) == [0.0] * 160 + [LOUD] * 320
    assert played(page, demo_url, FRAME * 4, 800, FRAME, 160) == [LOUD] * 640 + [0.0] * 320


def test_a_clear_silences_the_loudspeaker_at_once(page: "Page", demo_url: str) -> None:
    assert played(page, demo_url, FRAME * 9, 128, "clear", 128) == [LOUD] * 128 + [0.0] * 128


def test_sound_that_came_too_late_is_dropped(page: "Page", demo_url: str) -> None:
    assert played(page, demo_url, FRAME * 41, 8000) == [LOUD] * 640 + [0.0] * 7360


def test_the_microphone_reaches_the_line(page: "Page", demo_url: str) -> None:
    sockets: list[WebSocket] = []
    page.on("websocket", lambda opened: sockets.append(opened))
    page.goto(f"{demo_url}/phone")
    page.get_by_role("button", name="拨打").click()
    page.get_by_role("log").get_by_text("热线：").first.wait_for(timeout=20_000)

    def loud(frame: str | bytes) -> bool:
        message = json.loads(frame)
        if message["event"] != "media":
            return False
        samples = decode(base64.b64decode(message["media"]["payload"]))
        return len(samples) == 160 and int(np.abs(samples).max()) > 1000  # Chromium's false microphone beeps

    with sockets[0].expect_event("framesent", loud, timeout=20_000):
        page.get_by_role("button", name="打开麦克风").click()
    page.get_by_role("status").get_by_text("麦克风开着").wait_for()
    page.get_by_role("button", name="关掉麦克风").click()
    page.get_by_role("status").get_by_text("麦克风关了").wait_for()
