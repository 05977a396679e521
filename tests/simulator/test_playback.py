"""The play-out buffer: marks, clears, clips, the cap, and the time an answer took."""

from outreach.simulator.playback import BUFFER_BYTES, FRAME_BYTES, Caption, Clip, Playback


class Ear:
    """A playback with all that it told, and a clock that is set by hand."""

    def __init__(self) -> None:
        self.marks: list[str] = []
        self.begun: list[Clip] = []
        self.clock = 100.0
        self.playback = Playback(self.marks.append, self.begun.append, lambda: self.clock)
        self.frames = 0

    def hear(self, frames: int = 1) -> bytes:
        heard = b"".join(self.playback.take((self.frames + number) / 50) for number in range(frames))
        self.frames += frames
        return heard


def test_silence_is_heard_when_nothing_is_queued() -> None:
    assert Ear().hear(2) == b"\xff" * 320


def test_a_mark_with_nothing_before_it_comes_back_at_once() -> None:
    ear = Ear()
    ear.playback.mark("m")
    assert ear.marks == ["m"]


def test_a_mark_comes_back_in_the_frame_that_ends_its_sound() -> None:
    ear = Ear()
    ear.playback.sound(b"\x01" * 161)
    ear.playback.mark("m")
    ear.hear()
    assert ear.marks == []
    assert ear.hear() == b"\x01" + b"\xff" * 159
    assert ear.marks == ["m"]


def test_sounds_follow_each_other_within_a_frame() -> None:
    ear = Ear()
    ear.playback.sound(b"\x01" * 100)
    ear.playback.mark("one")
    ear.playback.sound(b"\x02" * 100)
    assert ear.hear() == b"\x01" * 100 + b"\x02" * 60
    assert ear.marks == ["one"]
    assert [clip.began_at for clip in ear.playback.clips] == [0.0, 0.0]


def test_a_mark_after_its_sound_has_run_out_ends_the_clip() -> None:
    ear = Ear()
    ear.playback.sound(b"\x01" * FRAME_BYTES)
    ear.hear(3)
    ear.playback.mark("late")
    (clip,) = ear.playback.clips
    assert clip.mark == "late"
    assert clip.over
    assert not clip.cleared


def test_clear_gives_all_marks_back_in_order_and_cuts_clips_short() -> None:
    ear = Ear()
    ear.playback.sound(b"\x01" * FRAME_BYTES)
    ear.playback.mark("heard")
    ear.hear()
    for name in ("cut", "unheard"):
        ear.playback.sound(b"\x02" * 400)
        ear.playback.mark(name)
    ear.hear()
    ear.playback.sound(b"\x03" * 400)  # its mark has not come yet
    told: list[int] = []
    ear.playback.on_clear.append(lambda: told.append(len(ear.marks)))
    ear.playback.clear()
    assert told == [1]
    assert ear.marks == ["heard", "cut", "unheard"]
    assert [clip.cleared for clip in ear.playback.clips] == [False, True, True, True]
    assert ear.playback.buffered_seconds == 0
    assert ear.hear() == b"\xff" * FRAME_BYTES


def test_sound_after_a_clear_is_a_new_clip() -> None:
    ear = Ear()
    ear.playback.sound(b"\x01" * 400)
    ear.playback.clear()
    ear.playback.sound(b"\x02" * 400)
    ear.playback.mark("new")
    assert [clip.mark for clip in ear.playback.clips] == [None, "new"]


def test_ten_minutes_are_kept_and_no_more() -> None:
    ear = Ear()
    assert ear.playback.sound(b"\x01" * (BUFFER_BYTES - 10)) == 0
    assert ear.playback.sound(b"\x01" * 100) == 90
    assert ear.playback.buffered_seconds == 600


def test_a_played_file_is_a_clip_of_its_own() -> None:
    ear = Ear()
    ear.playback.sound(b"\x01" * 100)
    clip = ear.playback.whole(b"\x02" * 100, Caption("menu", "招聘"))
    ear.hear(2)
    assert ear.begun == ear.playback.clips
    assert clip.ended_at is not None
    assert clip.caption == Caption("menu", "招聘")


def test_an_answer_into_silence_is_timed_as_it_arrives() -> None:
    ear = Ear()
    ear.playback.acted()
    ear.clock += 0.12
    ear.playback.sound(b"\x01" * 400)
    ear.playback.mark("a")
    ear.clock += 1
    ear.playback.sound(b"\x01" * 400)
    first, second = ear.playback.clips
    assert first.latency_ms is not None
    assert round(first.latency_ms) == 120
    assert second.latency_ms is None


def test_an_answer_behind_other_sound_is_timed_as_it_begins() -> None:
    ear = Ear()
    ear.playback.sound(b"\x01" * 400)
    ear.playback.acted()
    ear.playback.sound(b"\x01" * 400)  # goes on with what it was saying: no answer
    ear.playback.mark("old")
    ear.playback.sound(b"\x02" * 400)
    ear.clock += 0.5
    ear.hear(10)
    old, new = ear.playback.clips
    assert old.latency_ms is None
    assert new.latency_ms == 500
