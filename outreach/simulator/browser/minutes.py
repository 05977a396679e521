"""What is written down while a call is live: who said what and when, what the line made of it. No network."""

from collections.abc import Callable
from typing import Any, Final

from outreach.simulator.browser.messages import Who
from outreach.simulator.captions import Captions
from outreach.simulator.fake_twilio import FakeCall
from outreach.simulator.playback import Clip

Tell = Callable[[Who, float, str], None]
"""Who, call second, words."""

WORDS_WITHIN_SECONDS: Final = 1.0
"""So long after its end a clip's words may still come; then there are none (the apology has none)."""
NO_WORDS: Final = "（这一段没有文字）"


class Minutes:
    """Tells each thing once, as soon as it is known. ``captions`` must be the same call's, made before."""

    def __init__(self, call: FakeCall, captions: Captions, tell: Tell) -> None:
        self._captions = captions
        self._tell = tell
        self._begun: list[Clip] = []
        self._understood = 0
        call.on_clip.append(self._begun.append)
        call.on_media.append(lambda _sound, at: self.look(at))

    def look(self, now: float) -> None:
        """Tell what has become known by call second ``now``. Words may come later than their sound."""
        self._begun[:] = [clip for clip in self._begun if not self._told(clip, now)]
        for at, heard in self._captions.understood[self._understood :]:
            if "key" not in heard:  # keys are told as they are pressed
                self._tell("ear", at, in_words(heard))
        self._understood = len(self._captions.understood)

    def _told(self, clip: Clip, now: float) -> bool:
        began_at = now if clip.began_at is None else clip.began_at
        if clip.caption is not None:
            self._tell("line", began_at, clip.caption.text)
            return True
        if clip.ended_at is not None and now - clip.ended_at >= WORDS_WITHIN_SECONDS:
            self._tell("line", began_at, NO_WORDS)
            return True
        return False


def in_words(heard: dict[str, Any]) -> str:
    """What the recogniser made of an utterance."""
    text = heard.get("text")
    if text:
        return f"听到“{text}”（把握{float(heard.get('confidence') or 0):.0%}）"
    return "听到说话，没听懂" if heard.get("unknown") else "没有听到话"
