"""Whole calls over the wire: signed webhooks, media socket, real recognition, real speech, a real database."""

import io
import wave
from pathlib import Path

import httpx
import numpy as np
import pytest
from sqlalchemy import select

from outreach.simulator.line import Quirks
from outreach.store import people
from outreach.store.schema import applications, calls, deliveries, recordings, sessions, tasks
from tests.wire.serving import Served


def noise(path: Path, seconds: float, level: float) -> Path:
    samples = np.random.default_rng(7).normal(0, level * 32767, round(seconds * 8000))
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(np.clip(samples, -32768, 32767).astype("<i2").tobytes())
    path.write_bytes(buffer.getvalue())
    return path


def test_a_caller_applies_by_voice(served: Served) -> None:
    caller = "+8613900010001"
    rung = served.ring(
        caller,
        "until:同意，请按1", "key:1", "until:听招聘", "say:招聘",
        "until:第1条", "wait:1", "say:下一条",
        "until:第2条", "wait:1", "say:慢一点", "wait:4", "say:报名",
        "until:您要报名", "wait:1", "say:对", "until:报名成功", "quiet",
        "say:再见", "until:再按一次9", "wait:1", "key:9",
    )  # fmt: skip
    assert not rung.call.errors
    assert rung.call.ended_by == "line"
    person = served.stored(lambda db: people.find_by_phone(db, caller))
    assert person is not None
    assert person.speed == 2
    query = select(applications.c.id).where(applications.c.person_id == person.id)
    assert len(served.stored(lambda db: db.execute(query).all())) == 1
    texts = select(deliveries.c.body).where(deliveries.c.person_id == person.id)
    (body,) = served.stored(lambda db: db.execute(texts).scalars().all())
    assert body.startswith("【武威市残联】")


def test_a_caller_applies_by_keys_pressed_during_the_prompts(served: Served) -> None:
    rung = served.ring(
        "+8613900010002",
        "key:1", "wait:0.5", "key:1", "until:第1条", "wait:0.5", "key:6", "wait:0.6", "key:6",
        "until:第3条", "key:2", "until:您要报名", "wait:0.5", "key:1", "until:报名成功", "hangup",
    )  # fmt: skip
    assert not rung.call.errors
    assert all(clip.latency_ms is None or clip.latency_ms >= 0 for clip in rung.call.clips)


def test_a_dropped_call_goes_on_when_rung_again(served: Served) -> None:
    caller = "+8613900010003"
    served.ring(
        caller, "key:1", "wait:0.5", "key:1", "until:第1条", "wait:0.5", "key:6", "until:第2条", "drop"
    )
    again = served.ring(caller, "until:接着听，请按1", "key:1", "until:第2条", "hangup")
    assert "刚才听到招聘，第2条" in again.said


def test_a_caller_who_says_nothing_is_asked_and_kept(served: Served) -> None:
    rung = served.ring(
        "+8613900010004", "until:还需要时间吗", "until:选一项", "until:找人工帮忙", "hangup", speed=20
    )
    assert rung.call.ended_by == "caller"
    assert not rung.call.errors


def test_noise_is_not_an_answer(served: Served, tmp_path: Path) -> None:
    hiss = noise(tmp_path / "hiss.wav", 4.0, 0.004)
    rung = served.ring(
        "+8613900010005", "key:1", "until:听招聘", f"wav:{hiss}", "quiet", "key:1", "until:第1条", "hangup"
    )
    assert "没有听清" not in rung.said
    assert not rung.call.errors


def test_hanging_up_in_mid_sentence_leaves_nothing_of_an_unkept_caller(served: Served) -> None:
    rung = served.ring("+8613900010006", "until:您好", "hangup")
    row = served.stored(
        lambda db: db.execute(select(calls).where(calls.c.carrier_call_id == rung.call.sid)).one()
    )
    assert (row.state, row.number, row.person_id) == ("ended", None, None)
    kept = select(sessions.c.id).where(sessions.c.id == row.session_id)
    assert served.stored(lambda db: db.execute(kept).first()) is None


def test_nobody_answers_a_transfer_so_a_message_is_left(served: Served, tmp_path: Path) -> None:
    quirks = Quirks(dial_outcome="no-answer")
    speech = noise(tmp_path / "speech.wav", 3.0, 0.2)
    rung = served.ring(
        "+8613900010007", "key:1", "wait:0.5", "key:0", "wait:26", "until:留言，请按1", "key:1", "until:讲完请按井号键",
        "quiet", f"wav:{speech}", "key:#", "until:留言收到了", "hangup", quirks=quirks,
    )  # fmt: skip
    assert not rung.call.errors
    query = select(tasks.c.recording_id).where(tasks.c.kind == "message", tasks.c.phone == "+8613900010007")
    assert served.stored(lambda db: db.execute(query).scalar_one()) is not None


@pytest.mark.parametrize(
    "quirks",
    [
        Quirks(duplicate_webhooks=True),
        Quirks(upgrade_slash=True),
        Quirks(start_delay_seconds=3.0),
        Quirks(comfort_noise=True),
    ],
    ids=["duplicate webhooks", "slash in the signed address", "late start", "comfort noise"],
)
def test_a_carrier_on_a_bad_day(served: Served, quirks: Quirks) -> None:
    rung = served.ring(None, "until:听招聘", "key:1", "until:第1条", "hangup", quirks=quirks)
    assert not [error for error in rung.call.errors if "idempotency" not in error]


def test_without_a_stream_the_same_screens_go_by_keys(served: Served) -> None:
    quirks = Quirks(broken_streams=5)
    rung = served.ring(
        "+8613900010008", "until:同意，请按1", "key:1", "until:听招聘", "key:1", "until:第1条", "key:6",
        "until:第2条", "key:2", "until:您要报名", "key:1", "until:报名成功", "hangup", quirks=quirks,
    )  # fmt: skip
    row = served.stored(
        lambda db: db.execute(select(calls).where(calls.c.carrier_call_id == rung.call.sid)).one()
    )
    assert row.mode == "keys"


def test_without_a_stream_a_message_is_recorded_by_the_carrier_and_fetched(
    served: Served, tmp_path: Path
) -> None:
    words = noise(tmp_path / "words.wav", 3.0, 0.3)
    rung = served.ring(
        "+8613900010018", "until:同意，请按1", "key:1", "until:听招聘", "key:5", "until:维权", "key:4",
        "until:反映歧视", "key:2", "until:受歧视", "key:2", "until:听到嘀", "wait:1",
        f"wav:{words}", "key:#", "until:案号", "hangup",
        quirks=Quirks(broken_streams=9),
    )  # fmt: skip
    assert not rung.call.errors
    (sound,) = rung.call.recordings.values()
    row = served.stored(
        lambda db: db.execute(
            select(recordings.c.file, recordings.c.seconds)
            .join(calls, calls.c.id == recordings.c.call_id)
            .where(calls.c.carrier_call_id == rung.call.sid)
        ).one()
    )
    assert (served.app.state.house.recordings / row.file).exists()
    assert row.seconds == pytest.approx(len(sound) / 8000, abs=1)


def test_a_forged_request_is_refused_and_leaves_nothing(served: Served) -> None:
    form = {
        "CallSid": "CA" + "f" * 32,
        "From": "+8613900010009",
        "To": "+869352200000",
        "CallStatus": "ringing",
    }
    for headers in ({}, {"X-Twilio-Signature": "bm90IHRoZSByaWdodCBvbmU="}):
        answer = httpx.post(f"{served.url}/twilio/voice", data=form, headers=headers)
        assert answer.status_code == 403
    kept = select(calls.c.id).where(calls.c.carrier_call_id == form["CallSid"])
    assert served.stored(lambda db: db.execute(kept).first()) is None


def test_seen_from_outside(served: Served) -> None:
    assert httpx.get(f"{served.url}/healthz").json() == {"status": "alive"}
    assert httpx.get(f"{served.url}/readyz").json() == {"status": "ready"}
    metrics = httpx.get(f"{served.url}/metrics").text
    for name in (
        "outreach_live_calls",
        "outreach_turns_total",
        "outreach_loop_lag_seconds",
        "outreach_deliveries_queued",
    ):
        assert name in metrics
