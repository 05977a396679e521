"""The call as a value machine: events and times in, commands out. No clock runs here."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.dialogue.page import Dtmf, Heard, Mode, NoInput, Playback, Utterance
from outreach.ivr.call import (
    DOUBLE_STRIKE,
    Call,
    Command,
    Event,
    Final,
    Key,
    Leave,
    Play,
    Played,
    Prompt,
    Sent,
    SpeechBegan,
    SpeechHeard,
    StartRecording,
    StopPlaying,
    StopRecording,
    Tell,
    Tick,
)

WORD = SpeechHeard(Utterance("招聘"))
NOTHING = SpeechHeard(Utterance(""))
UNKNOWN = SpeechHeard(Utterance("", unknown=True))


@dataclass
class Phone:
    """Drives a call as a carrier would: what is played is sent at once, and heard when its time has passed."""

    call: Call = field(default_factory=Call)
    now: float = 0.0
    piece_seconds: float = 2.0
    told: list[Heard] = field(default_factory=list)
    log: list[Command] = field(default_factory=list)
    playing: list[tuple[str, float]] = field(default_factory=list)

    def do(self, event: Event) -> list[Command]:
        commands = self.call.receive(event, self.now)
        self.log += commands
        for command in commands:
            match command:
                case Tell(heard):
                    self.told.append(heard)
                case StopPlaying():
                    self.playing.clear()
                case Play(_, mark):
                    start = max(self.now, self.playing[-1][1] if self.playing else self.now)
                    self.playing.append((mark, start + self.piece_seconds))
                    self.do(Sent(mark, self.piece_seconds))
        return commands

    def wait(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now = round(self.now + 0.02, 4)
            while self.playing and self.playing[0][1] <= self.now:
                self.do(Played(self.playing.pop(0)[0]))
            if self.call.wake_at is not None and self.now >= self.call.wake_at:
                self.do(Tick())

    def prompt(self, pieces: int = 2, **expect: object) -> None:
        self.do(Prompt(pieces, **expect))  # type: ignore[arg-type]


def test_silence_counts_from_the_end_of_what_was_played() -> None:
    phone = Phone()
    phone.prompt(pieces=3)
    phone.wait(6.0 + 7.9)
    assert phone.told == []
    phone.wait(0.2)
    assert phone.told == [NoInput()]


@pytest.mark.parametrize(("patience", "seconds"), [(1, 6.0), (2, 8.0), (3, 14.0)])
def test_patience_stretches_every_wait(patience: int, seconds: float) -> None:
    phone = Phone()
    phone.prompt(pieces=1, patience=patience)
    phone.wait(2.0 + seconds - 0.1)
    assert not phone.told
    phone.wait(0.2)
    assert phone.told == [NoInput()]


def test_a_few_seconds_are_sent_ahead_and_no_more() -> None:
    phone = Phone()
    phone.prompt(pieces=10)
    assert [command.index for command in phone.log if isinstance(command, Play)] == [0, 1]
    phone.wait(2.1)
    assert [command.index for command in phone.log if isinstance(command, Play)] == [0, 1, 2]


def test_a_key_stops_the_sound_before_the_answer_is_worked_out() -> None:
    phone = Phone()
    phone.prompt(pieces=3)
    phone.wait(1.0)
    assert phone.do(Key("1")) == [StopPlaying(), Tell(Dtmf("1"))]


def test_a_mark_that_comes_back_after_a_stop_proves_nothing() -> None:
    phone = Phone()
    phone.prompt(pieces=1)
    stale = phone.playing[0][0]
    phone.do(Key("#"))
    phone.prompt(pieces=2)
    phone.do(Played(stale))
    phone.wait(3.0)
    assert phone.told == [Dtmf("#")]
    assert phone.call.playing


def test_marks_that_never_come_do_not_stop_the_call() -> None:
    phone = Phone()
    phone.prompt(pieces=1)
    phone.playing.clear()
    phone.wait(2.0 + 5.0 + 8.1)
    assert phone.told == [NoInput()]


def test_keys_dialled_ahead_answer_the_screens_that_follow() -> None:
    phone = Phone()
    phone.prompt()
    phone.do(Key("5"))
    phone.wait(0.3)
    phone.do(Key("5"))
    assert phone.told == [Dtmf("5")]
    phone.prompt()
    assert phone.told == [Dtmf("5"), Dtmf("5")]
    assert not phone.playing


def test_keys_dialled_ahead_never_confirm_what_was_not_heard() -> None:
    phone = Phone()
    phone.prompt()
    phone.do(Key("2"))
    phone.wait(0.3)
    phone.do(Key("1"))
    phone.prompt(fresh=True)
    assert phone.told == [Dtmf("2")]
    assert phone.call.playing


@pytest.mark.parametrize("patience", [1, 2, 3])
def test_a_trembling_finger_presses_once(patience: int) -> None:
    phone = Phone()
    phone.prompt(patience=patience)
    phone.do(Key("6"))
    phone.prompt(patience=patience)
    phone.now += DOUBLE_STRIKE[patience] - 0.02
    phone.do(Key("6"))
    assert phone.told == [Dtmf("6")]
    phone.now += DOUBLE_STRIKE[patience] + 0.02
    phone.do(Key("6"))
    assert phone.told == [Dtmf("6"), Dtmf("6")]


def test_two_stars_are_the_main_menu() -> None:
    phone = Phone()
    phone.prompt()
    phone.do(Key("*"))
    phone.wait(0.4)
    phone.do(Key("*"))
    phone.prompt()
    assert phone.told == [Dtmf("*"), Dtmf("**")]


def test_digits_end_with_hash_a_full_field_or_a_pause() -> None:
    for keys, pause, wanted in (("138#", 0.0, "138"), ("12345", 0.0, "12345"), ("12", 4.1, "12")):
        phone = Phone()
        phone.prompt(pieces=0, mode=Mode.DIGITS, max_digits=5)
        for key in keys:
            phone.do(Key(key))
            phone.wait(0.3)
        phone.wait(pause)
        assert phone.told == [Dtmf(wanted)]


def test_star_takes_back_a_digit_and_leaves_an_empty_field() -> None:
    phone = Phone()
    phone.prompt(pieces=0, mode=Mode.DIGITS, max_digits=11)
    for key in "12*3#":
        phone.do(Key(key))
        phone.wait(0.3)
    assert phone.told == [Dtmf("13")]
    phone.prompt(pieces=0, mode=Mode.DIGITS, max_digits=11)
    phone.do(Key("*"))
    assert phone.told == [Dtmf("13"), Dtmf("*")]


def test_a_word_in_mid_prompt_stops_it_and_counts() -> None:
    phone = Phone()
    phone.prompt(pieces=3)
    phone.wait(1.0)
    assert phone.do(SpeechBegan()) == [StopPlaying()]
    phone.wait(1.5)
    phone.do(WORD)
    assert phone.told == [Utterance("招聘")]


def test_after_a_cough_the_prompt_goes_on_with_the_sentence_it_cut() -> None:
    phone = Phone()
    phone.prompt(pieces=3)
    phone.wait(3.0)  # in the second piece
    phone.do(SpeechBegan())
    phone.wait(1.5)
    (play,) = phone.do(NOTHING)
    assert isinstance(play, Play)
    assert play.index == 1
    assert not phone.told


def test_television_is_passed_over_once_in_a_prompt_then_asked_about() -> None:
    phone = Phone()
    phone.prompt(pieces=5)
    for _ in range(2):
        phone.wait(1.0)
        phone.do(SpeechBegan())
        phone.wait(1.5)
        phone.do(UNKNOWN)
    assert phone.told == [Utterance("", unknown=True)]


def test_a_key_wins_over_the_word_spoken_with_it() -> None:
    phone = Phone()
    phone.prompt(pieces=1)
    phone.wait(2.1)
    phone.do(SpeechBegan())
    phone.do(Key("2"))
    phone.do(WORD)
    assert phone.told == [Dtmf("2")]


def test_nobody_is_asked_for_an_answer_while_speaking() -> None:
    phone = Phone()
    phone.prompt(pieces=0)
    phone.wait(7.5)
    phone.do(SpeechBegan())
    phone.wait(3.0)
    assert not phone.told
    phone.do(WORD)
    assert phone.told == [Utterance("招聘")]


def test_pause_is_silent_until_go_on_which_begins_with_the_sentence() -> None:
    phone = Phone()
    phone.prompt(pieces=4)
    phone.wait(2.5)
    phone.do(Key("5"))
    phone.prompt(pieces=4, playback=Playback.TOGGLE)
    phone.wait(30)
    assert not phone.playing
    assert phone.told == [Dtmf("5")]
    phone.do(Key("5"))
    phone.prompt(pieces=4, playback=Playback.TOGGLE)
    assert [command.index for command in phone.log if isinstance(command, Play)][-2:] == [1, 2]


def test_a_paused_call_is_asked_after_a_minute() -> None:
    phone = Phone()
    phone.prompt(pieces=4)
    phone.do(Key("5"))
    phone.prompt(pieces=4, playback=Playback.PAUSE)
    phone.wait(60.1)
    assert phone.told == [Dtmf("5"), NoInput()]


def test_speed_goes_on_where_it_was_and_repeats_the_last_sentence_when_all_was_heard() -> None:
    phone = Phone()
    phone.prompt(pieces=2)
    phone.wait(5.0)
    phone.do(Key("3"))
    phone.prompt(pieces=2, playback=Playback.GO_ON)
    assert phone.log[-1] == Play(1, phone.playing[-1][0])


def test_leaving_waits_for_the_last_word() -> None:
    phone = Phone()
    phone.prompt(pieces=2, final=Final.LEAVE)
    phone.do(Key("1"))
    phone.wait(3.9)
    assert Leave() not in phone.log
    phone.wait(0.2)
    assert phone.log[-1] == Leave()
    assert phone.do(Key("1")) == []


def test_a_message_ends_with_a_key_silence_or_its_limit() -> None:
    for script in ("key", "silence", "limit"):
        phone = Phone()
        phone.prompt(pieces=1, mode=Mode.RECORD, final=Final.RECORD, max_seconds=20)
        phone.wait(2.1)
        assert StartRecording() in phone.log
        phone.do(SpeechBegan())
        phone.wait(6.0)
        match script:
            case "key":
                phone.do(Key("#"))
            case "silence":
                phone.do(WORD)
                phone.wait(5.1)
            case "limit":
                phone.wait(15)
        assert phone.log[-1] == StopRecording()
        assert phone.told == []


def test_a_message_of_nothing_ends_by_itself() -> None:
    phone = Phone()
    phone.prompt(pieces=1, mode=Mode.RECORD, final=Final.RECORD)
    phone.wait(2.1 + 10.1)
    assert phone.log[-1] == StopRecording()


MODES = st.sampled_from(list(Mode))
PROMPTS = st.builds(
    Prompt,
    pieces=st.integers(0, 5),
    mode=MODES,
    max_digits=st.integers(1, 12),
    patience=st.integers(1, 3),
    final=st.sampled_from(list(Final)),
    playback=st.sampled_from(list(Playback)),
    fresh=st.booleans(),
)
EVENTS = st.one_of(
    st.builds(Key, st.sampled_from([*"0123456789*#", "A", ""])),
    st.just(SpeechBegan()),
    st.sampled_from([WORD, NOTHING, UNKNOWN]),
    st.builds(Sent, st.sampled_from(["1.0", "2.0", "2.1", "9.9"]), st.floats(0, 30)),
    st.builds(Played, st.sampled_from(["1.0", "2.0", "2.1", "9.9"])),
    st.just(Tick()),
)


@given(st.lists(st.tuples(st.one_of(EVENTS, PROMPTS), st.floats(0, 20)), max_size=60))
@settings(max_examples=400, deadline=None)
def test_whatever_happens_turns_are_told_one_at_a_time(history: list[tuple[Event, float]]) -> None:
    """No event in any order breaks it; a turn is never told while another is out; nothing after leaving."""
    call, now, out, left = Call(), 0.0, True, False
    for event, passed in history:
        now += passed
        if isinstance(event, Prompt):
            if not out:
                continue  # a driver gives a prompt only in answer
            out = False
        commands = call.receive(event, now)
        assert not (left and commands)
        for command in commands:
            if isinstance(command, Tell | StopRecording):
                assert not out, "two turns at once"
                out = True
            if isinstance(command, Leave):
                left = True
            if isinstance(command, Play):
                assert 0 <= command.index < call.expect.pieces


@given(st.text("0123456789", min_size=1, max_size=11), st.floats(0.2, 3.9))
def test_every_digit_arrives_once_and_in_order(digits: str, gap: float) -> None:
    phone = Phone()
    phone.prompt(pieces=1, mode=Mode.DIGITS, max_digits=11)
    for digit in digits:
        phone.do(Key(digit))
        phone.now += max(gap, 0.2)
    if not phone.told:
        phone.do(Key("#"))
    assert phone.told == [Dtmf(digits)]
