"""Every prompt as it is spoken, and the recordings that people made of them."""

import asyncio
import hashlib
import os
from collections.abc import Iterator
from typing import Any, Final

from starlette.datastructures import UploadFile
from starlette.responses import Response
from wtforms import FileField

from outreach.console.forms import Chosen, ConsoleForm
from outreach.console.keep import hearing
from outreach.console.language import Said, said
from outreach.console.routes import Views
from outreach.console.visit import Refused, Visit
from outreach.console.web import HEADERS
from outreach.dialogue.page import Phrase
from outreach.dialogue.prompts import Prompt, Prompts
from outreach.ivr import playlist
from outreach.speech import mulaw
from outreach.speech.recorded import Recorded
from outreach.speech.recordings import RecordingError
from outreach.speech.synthesizer import SPEEDS, SynthesisError
from outreach.store.audit import Audit

VIEWS: Final = Views()
PATH: Final = "/console/keep/prompts"
ONE: Final = PATH + "/{language}/{key}"
PAGE: Final = 50
MOST_MB: Final = 10
LONGEST_SECONDS: Final = 120
STATES: Final = {"recorded": said("录了的"), "spoken": said("还没有录的")}


class SoundForm(ConsoleForm):
    """A recording."""

    file = FileField(
        said("录音文件"),
        [Chosen()],
        description=said(
            "WAV 文件，16 位，不超过 {most} MB、{seconds} 秒。", most=MOST_MB, seconds=LONGEST_SECONDS
        ),
    )


@VIEWS.get(PATH, "keep.see")
async def listed(visit: Visit) -> Response:
    """All of a language, by key."""
    language = visit.query.get("language") or visit.desk.config.language
    prompts = visit.need(visit.desk.languages.get(language)) if visit.desk.languages else None
    wanted, state = visit.query.get("q", "").strip(), visit.query.get("state", "")
    recorded = visit.desk.recorded.get(language, frozenset())
    found = [
        one
        for one in _matching(prompts, wanted)
        if state not in STATES or (one.key in recorded) == (state == "recorded")
    ]
    after = visit.query.get("after", "")
    rows = [one for one in found if one.key > after][: PAGE + 1]
    return visit.show(
        "prompts.html",
        spoken_in=list(visit.desk.languages),
        chosen=language,
        wanted=wanted,
        state=state,
        states=STATES,
        rows=rows[:PAGE],
        total=len(found),
        more=rows[PAGE - 1].key if len(rows) > PAGE else "",
        query={name: value for name, value in visit.query.items() if name != "after" and value},
        recorded=recorded,
        recordable=_recordable,
    )


@VIEWS.get(ONE, "keep.see")
async def prompt(visit: Visit, language: str, key: str) -> Response:
    """What is spoken, how it sounds, and a recording of it."""
    return _page(visit, language, _prompt(visit, language, key), visit.bind(SoundForm))


@VIEWS.get(ONE + "/listen", "keep.see")
async def listen(visit: Visit, language: str, key: str) -> Response:
    """As callers hear it: the recording, where there is one."""
    one = _prompt(visit, language, key)
    prompts, recorded = visit.desk.languages[language], visit.desk.recorded.get(language, frozenset())
    speed = hearing.speed_of(visit.query.get("speed"))
    clips = list(playlist.clips((Phrase(key, one.say),), prompts, speed, recorded))
    try:
        audio = await hearing.sound(visit.desk, clips)
    except SynthesisError:
        raise Refused(503, said("现在合成不了语音，请过一会儿再试。")) from None
    return Response(audio, headers={**HEADERS, "Content-Type": "audio/wav"})


@VIEWS.post(ONE, "keep.write")
async def upload(visit: Visit, language: str, key: str) -> Response:
    """A recording, which wins over synthesis from now on."""
    one, form, kept = _prompt(visit, language, key), visit.bind(SoundForm), _recorded(visit)
    if not _recordable(one):
        raise Refused(404, "")
    sent = visit.fields.get("file")
    if not isinstance(sent, UploadFile) or not sent.filename:
        form.refuse("file", said("请选择一个文件。"))
        return _page(visit, language, one, form, 422)
    if (sent.size or 0) > MOST_MB << 20:
        form.refuse("file", said("文件太大，最多 {most} MB。", most=MOST_MB))
        return _page(visit, language, one, form, 422)
    wav = await sent.read()
    try:
        part, audio = await asyncio.to_thread(kept.try_out, language, key, wav)
    except RecordingError:
        form.refuse("file", said("这个文件用不了：要 16 位的 WAV，单声道或者立体声，不短于十分之一秒。"))
        return _page(visit, language, one, form, 422)
    except OSError:
        form.refuse("file", said("存不下来：服务器上放录音的文件夹写不进去，请找管理员。"))
        return _page(visit, language, one, form, 422)
    seconds = round(mulaw.duration_seconds(audio), 1)
    if seconds > LONGEST_SECONDS:
        await asyncio.to_thread(os.unlink, part)
        form.refuse(
            "file", said("录音有 {seconds} 秒，最多 {most} 秒。", seconds=seconds, most=LONGEST_SECONDS)
        )
        return _page(visit, language, one, form, 422)
    place = kept.path(language, key)

    def work(audit: Audit) -> None:
        before = {"sound": "recorded"} if key in kept[language] else None
        after = {"seconds": seconds, "sha256": hashlib.sha256(wav).hexdigest()}
        audit.record("record", "prompts", f"{language}/{key}", before, after)
        os.replace(part, place)  # last: what cannot be put in its place is not written down either

    await visit.write(work)
    await _look(visit)
    return visit.go(f"{PATH}/{language}/{key}", said("存好了：从现在起，来电听到的是录音。"))


@VIEWS.post(ONE + "/remove", "keep.write")
async def remove(visit: Visit, language: str, key: str) -> Response:
    """Spoken by the machine again."""
    _prompt(visit, language, key)
    kept = _recorded(visit)
    if key not in kept.get(language, frozenset()):
        raise Refused(404, "")

    def work(audit: Audit) -> None:
        audit.record("remove", "prompts", f"{language}/{key}", {"sound": "recorded"}, None)
        kept.path(language, key).unlink(missing_ok=True)

    await visit.write(work)
    await _look(visit)
    return visit.go(f"{PATH}/{language}/{key}", said("录音删掉了：又由机器来念。"))


def _matching(prompts: Prompts | None, wanted: str) -> Iterator[Prompt]:
    entries = prompts.entries if prompts else {}
    for key in sorted(entries):
        one = entries[key]
        if one.say and all(word in f"{key} {one.say}" for word in wanted.split()):
            yield one


def _recordable(one: Prompt) -> bool:
    """Is it always the same words?"""
    return bool(one.say) and not one.slots()


def _prompt(visit: Visit, language: str, key: str) -> Prompt:
    prompts = visit.need(visit.desk.languages.get(language))
    one = visit.need(prompts.entries.get(key))
    if not one.say:
        raise Refused(404, "")
    return one


def _recorded(visit: Visit) -> Recorded:
    kept = visit.desk.recorded
    if not isinstance(kept, Recorded):
        raise Refused(404, "")
    return kept


async def _look(visit: Visit) -> None:
    """This node uses it at once; the others within a minute."""
    changed = await asyncio.to_thread(_recorded(visit).look)
    if visit.desk.clips is not None:
        visit.desk.clips.forget_recordings(changed)


def _page(visit: Visit, language: str, one: Prompt, form: SoundForm, status: int = 200) -> Response:
    speed = hearing.speed_of(visit.query.get("speed"))
    kept = visit.desk.recorded
    wordings: list[tuple[Said, str, Any]] = [
        (words, text, hearing.hearing(text, language, speed))
        for words, text in (
            (said("念的话"), one.say),
            (said("省略按键提示时念的话"), one.brief),
            (said("短信里写的话"), one.text),
        )
        if text
    ]
    return visit.show(
        "prompt.html",
        status,
        crumbs=[(said("提示音和录音"), PATH)],
        language_of=language,
        one=one,
        form=form,
        wordings=wordings,
        is_recorded=one.key in kept.get(language, frozenset()),
        recordable=_recordable(one),
        place=str(kept.path(language, one.key)) if isinstance(kept, Recorded) else "",
        speed=speed,
        speeds=SPEEDS,
    )
