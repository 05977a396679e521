"""The sound fixtures: see tests/fixtures/make_speech.py."""

from pathlib import Path

import numpy as np

from outreach.speech.mulaw import RATE, encode, silence

SPEECH = Path(__file__).resolve().parent.parent / "fixtures" / "speech"
COMMANDS = (
    *("招聘", "报名", "下一条", "上一条", "慢一点", "快一点", "停", "继续"),
    *("对", "不对", "返回", "主菜单", "再说一遍", "人工", "帮助", "再见"),
)
COUNTIES = ("凉州区", "民勤县", "古浪县", "天祝县")
OUTSIDE = ("火车", "图书馆")
MENU = (*COMMANDS, *COUNTIES, "培训", "预约", "政策", "职称", "重听", "退出", "我在哪里")
FRAME = 160


def clips(word: str) -> list[bytes]:
    """Every voice's recording of ``word``."""
    found = sorted(SPEECH.glob(f"{word}.*.ulaw"))
    assert found, f"no clip of {word}"
    return [path.read_bytes() for path in found]


def on_the_line(sound: bytes, before_seconds: float = 0.6, after_seconds: float = 1.6) -> bytes:
    """``sound`` in the midst of a quiet line."""
    return silence(before_seconds) + sound + silence(after_seconds)


def frames(sound: bytes) -> list[bytes]:
    """20 ms each, as a carrier sends them; the last is filled up."""
    padded = sound + silence(1)[: -len(sound) % FRAME]
    return [padded[start : start + FRAME] for start in range(0, len(padded), FRAME)]


def noise(dbfs: float, seconds: float, seed: int = 0) -> bytes:
    """White noise."""
    samples = np.random.default_rng(seed).normal(0, 10 ** (dbfs / 20), round(seconds * RATE))
    return encode((np.clip(samples, -1, 1) * 32767).astype(np.int16))
