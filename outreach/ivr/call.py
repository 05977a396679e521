"""Core 2: one call as a value machine. Events and the time in, commands out (sans-I/O, after h11 and wsproto).

What must live here: when sound starts and stops, which key belongs to which question, when silence has lasted long
enough. What must not: a clock, a socket, a thread, a codec, a word of any language. ``line.py`` drives it.

Time is the stream's own, in seconds: the position in the caller's sound. A stalled network stalls the no-input
clock with it, and a simulator may run it as fast as it likes (docs/decisions/0003).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from outreach.dialogue.page import Dtmf, Heard, Mode, NoInput, Playback, Utterance

AHEAD_SECONDS = 4.0
"""Sound sent ahead of the caller's ear: bridges a stall, and is all that a hang-up wastes."""
MARK_SLACK_SECONDS = 5.0
"""A mark that late after its sound should have ended never comes: go on without it."""
BETWEEN_DIGITS_SECONDS = 4.0
DOUBLE_STAR_SECONDS = 0.8
PAUSE_SECONDS = 60.0
RECORDING_SILENCE_SECONDS = 5.0
PATIENCE: Mapping[int, float] = {1: 0.75, 2: 1.0, 3: 1.75}
"""Factor on every time-out, by the caller's patience."""
DOUBLE_STRIKE: Mapping[int, float] = {1: 0.1, 2: 0.15, 3: 0.5}
"""The same key again within this many seconds is one stroke (EN 301 549, 5.8); for unhurried callers the standard's
half second, for the others short enough to dial "5 5" ahead."""
KEYS = frozenset("0123456789*#")
TYPED_AHEAD = 20
"""Keys kept while a turn is worked on; more are a cat on the telephone."""


class Final(StrEnum):
    """What follows when a prompt has been played."""

    LISTEN = "listen"
    RECORD = "record"
    LEAVE = "leave"


# --- Events -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Key:
    """The caller pressed a key."""

    key: str


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """The caller has been speaking for about 200 ms."""


@dataclass(frozen=True, slots=True)
class SpeechHeard:
    """The caller has finished speaking, and this is what it was."""

    utterance: Utterance


@dataclass(frozen=True, slots=True)
class Sent:
    """A piece has gone out to the carrier; how long it lasts."""

    mark: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Played:
    """A mark came back. After a stop it proves nothing: its generation tells."""

    mark: str


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """The turn that was told is answered: ``pieces`` of sound to play, and what to expect then."""

    pieces: int
    mode: Mode = Mode.MENU
    max_digits: int = 1
    first_seconds: float = 8.0
    max_seconds: float = 120.0
    patience: int = 2
    final: Final = Final.LISTEN
    playback: Playback = Playback.START
    fresh: bool = False


Event = Key | SpeechBegan | SpeechHeard | Sent | Played | Tick | Prompt

# --- Commands -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Play:
    """Send piece ``index`` of the prompt, then ``mark``."""

    index: int
    mark: str


@dataclass(frozen=True, slots=True)
class StopPlaying:
    """Clear what the carrier has not played yet."""


@dataclass(frozen=True, slots=True)
class Tell:
    """Take a turn with this."""

    heard: Heard


@dataclass(frozen=True, slots=True)
class StartRecording:
    """Keep the caller's sound from now on."""


@dataclass(frozen=True, slots=True)
class StopRecording:
    """Save it and take a turn with it."""


@dataclass(frozen=True, slots=True)
class Leave:
    """All is said: give the call back to the carrier, who asks what is next."""


Command = Play | StopPlaying | Tell | StartRecording | StopRecording | Leave


@dataclass(slots=True)
class Call:
    """The state of one call's ear and mouth. Not thread-safe; one event at a time."""

    expect: Prompt = field(default_factory=lambda: Prompt(0))
    generation: int = 0
    playing: bool = False
    paused: bool = False
    working: bool = True  # a turn is being taken; the first is the greeting's
    speaking: bool = False
    barged: bool = False  # this speech cut a prompt short
    forgiven: bool = False  # words not understood in mid-prompt were passed over once already
    recording: bool = False
    left: bool = False
    played: int = 0  # pieces of this prompt the caller has heard
    sent: int = 0  # pieces of it asked to be sent
    unplayed: dict[str, float] = field(default_factory=dict)
    digits: str = ""
    ahead: list[str] = field(default_factory=list)
    wake_at: float | None = None
    recording_ends: float = 0.0
    last_key: tuple[str, float] = ("", float("-inf"))
    last_star: float = float("-inf")

    def receive(self, event: Event, now: float) -> list[Command]:
        """One event at ``now`` (seconds of the stream); what to do about it, in order."""
        if self.left:
            return []
        match event:
            case Tick():
                return self._tick(now)
            case Key(key):
                return self._key(key, now) if key in KEYS else []
            case Sent(mark, seconds):
                return self._sent(mark, seconds, now)
            case Played(mark):
                return self._played(mark, now)
            case SpeechBegan():
                self.speaking = True
                if not self.playing or self.recording or self.expect.final is Final.LEAVE:
                    return []
                self.barged = True
                return self._interrupt()
            case SpeechHeard(utterance):
                return self._speech(utterance, now)
            case Prompt():
                return self._prompt(event, now)

    # --- Playing ---

    def _prompt(self, prompt: Prompt, now: float) -> list[Command]:
        self.working = self.speaking = self.barged = False  # the new question drops speech that was going on
        same = prompt.playback is not Playback.START
        self.expect = prompt
        self.digits = ""
        if same:
            return self._go_on(prompt.playback, now)
        self.forgiven = self.paused = False
        self.played = 0
        if prompt.fresh or prompt.final is not Final.LISTEN:
            self.ahead.clear()
        if self.ahead:
            self._new_generation()
            return self._typed_ahead(now)
        return self._play_from(0, now)

    def _go_on(self, playback: Playback, now: float) -> list[Command]:
        pause = playback is Playback.PAUSE or (
            playback is Playback.TOGGLE and not self.paused and self.played < self.expect.pieces
        )
        self.paused = pause
        if pause:
            self.wake_at = now + PAUSE_SECONDS * self._factor
            return []
        if self.ahead:
            return self._typed_ahead(now)
        return self._play_from(min(self.played, max(self.expect.pieces - 1, 0)), now)

    def _play_from(self, index: int, now: float) -> list[Command]:
        self._new_generation()
        self.played = self.sent = index
        if index >= self.expect.pieces:
            return self._finished(now)
        self.playing = True
        self.wake_at = None
        return [self._next_piece()]

    def _next_piece(self) -> Play:
        command = Play(self.sent, f"{self.generation}.{self.sent}")
        self.sent += 1
        return command

    def _new_generation(self) -> None:
        self.generation += 1
        self.playing = False
        self.unplayed.clear()

    def _sent(self, mark: str, seconds: float, now: float) -> list[Command]:
        if not self.awaits(mark):
            return []
        self.unplayed[mark] = seconds
        self.wake_at = now + sum(self.unplayed.values()) + MARK_SLACK_SECONDS
        return self._more()

    def _played(self, mark: str, now: float) -> list[Command]:
        if not self.awaits(mark):
            return []
        self.unplayed.pop(mark, None)
        self.played = max(self.played, int(mark.partition(".")[2]) + 1)
        if self.played >= self.expect.pieces:
            return self._finished(now)
        return self._more()

    def _more(self) -> list[Command]:
        """The next piece, when none is on its way to the carrier and little is left to play."""
        on_its_way = self.sent - self.played > len(self.unplayed)
        if on_its_way or self.sent >= self.expect.pieces or sum(self.unplayed.values()) >= AHEAD_SECONDS:
            return []
        return [self._next_piece()]

    def awaits(self, mark: str) -> bool:
        """Does ``mark`` belong to what is being played now?"""
        return self.playing and mark.startswith(f"{self.generation}.")

    def _finished(self, now: float) -> list[Command]:
        self.playing = False
        match self.expect.final:
            case Final.LEAVE:
                self.left = True
                return [Leave()]
            case Final.RECORD:
                self.recording = True
                self.speaking = False
                self.wake_at = now + 2 * RECORDING_SILENCE_SECONDS * self._factor
                self.recording_ends = now + self.expect.max_seconds
                return [StartRecording()]
        self._wait(now, self.expect.first_seconds)
        return []

    def _interrupt(self) -> list[Command]:
        if not self.playing:
            return []
        self._new_generation()
        self.wake_at = None
        return [StopPlaying()]

    # --- Keys ---

    def _key(self, key: str, now: float) -> list[Command]:
        if self.expect.final is Final.LEAVE and not self.working:
            return []
        if key == self.last_key[0] and now - self.last_key[1] < DOUBLE_STRIKE[self.expect.patience]:
            return []
        self.last_key = (key, now)
        if self.recording:
            return self._stop_recording()
        double = (
            key == "*" and now - self.last_star < DOUBLE_STAR_SECONDS and self.expect.mode is not Mode.DIGITS
        )
        if key == "*":
            self.last_star = float("-inf") if double else now
        self.barged = False
        stopped = self._interrupt()
        wanted = "**" if double else key
        if self.working:
            if len(self.ahead) < TYPED_AHEAD:
                self.ahead.append(wanted)
            return stopped
        return stopped + self._take(wanted, now)

    def _take(self, key: str, now: float) -> list[Command]:
        """A key that belongs to the question now open."""
        if self.expect.mode is not Mode.DIGITS:
            return self._tell(Dtmf(key))
        if key == "#":
            return self._tell(Dtmf(self.digits))
        if key in ("*", "**"):
            if not self.digits:
                return self._tell(Dtmf(key))
            self.digits = self.digits[:-1]
        else:
            self.digits += key
            if len(self.digits) >= self.expect.max_digits:
                return self._tell(Dtmf(self.digits))
        self._wait(now, BETWEEN_DIGITS_SECONDS)
        return []

    def _typed_ahead(self, now: float) -> list[Command]:
        commands: list[Command] = []
        while self.ahead and not self.working:
            commands += self._take(self.ahead.pop(0), now)
        return commands

    # --- Words ---

    def _speech(self, utterance: Utterance, now: float) -> list[Command]:
        self.speaking = False
        barged, self.barged = self.barged, False
        if self.recording:
            self.wake_at = min(now + RECORDING_SILENCE_SECONDS * self._factor, self.recording_ends)
            return []
        if self.working or (self.paused and not utterance.text):
            return []  # a key was quicker, and keys win
        nothing = not utterance.text and not utterance.unknown
        if barged and (nothing or (not utterance.text and not self.forgiven)):
            # a cough, the television: what they cut short goes on with the sentence they cut
            self.forgiven = self.forgiven or utterance.unknown
            return self._play_from(self.played, now)
        if nothing or self.playing:
            if not self.playing:
                self._wait(now, self.expect.first_seconds)
            return []
        return self._tell(utterance)

    # --- Time ---

    def _tick(self, now: float) -> list[Command]:
        if (
            self.wake_at is None
            or now < self.wake_at
            or self.working
            or (self.speaking and not self.recording)
        ):
            return []
        if self.recording:
            return [] if self.speaking and now < self.recording_ends else self._stop_recording()
        if self.playing:
            return self._finished(now)
        if self.digits:
            return self._tell(Dtmf(self.digits))
        return self._tell(NoInput())

    def _wait(self, now: float, seconds: float) -> None:
        self.wake_at = now + seconds * self._factor

    @property
    def _factor(self) -> float:
        return PATIENCE[self.expect.patience]

    def _tell(self, heard: Heard) -> list[Command]:
        self.working = True
        self.digits = ""
        self.wake_at = None
        return [Tell(heard)]

    def _stop_recording(self) -> list[Command]:
        self.recording = False
        self.working = True
        self.wake_at = None
        return [StopRecording()]
