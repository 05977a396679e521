"""What is played by telephone instead of a campaign's words: a WAV file, or what the browser recorded."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert
from starlette.datastructures import UploadFile
from starlette.responses import Response

from outreach.campaigns import store as campaigns
from outreach.campaigns.store import Campaign
from outreach.console.keep import hearing
from outreach.console.language import Said, said
from outreach.console.routes import Views
from outreach.console.views.campaigns import drafts
from outreach.console.views.campaigns.drafts import ONE
from outreach.console.visit import Refused, Visit
from outreach.console.web import HEADERS
from outreach.ivr import recordings as kept
from outreach.services.campaigns import store
from outreach.services.campaigns.content import Content
from outreach.speech.clips import Clip
from outreach.speech.recordings import RecordingError, recorded
from outreach.speech.synthesizer import NORMAL_SPEED, SynthesisError
from outreach.store.audit import Audit
from outreach.store.schema import recordings

VIEWS: Final = Views()
MOST_MB: Final = 20
KEPT: Final = timedelta(days=3650)
"""An announcement of ours, nobody's own words: as long as campaigns may be copied."""
VARIANTS: Final[Mapping[str, int]] = {"a": 0, "b": 1}
AT: Final = ONE + "/recording/{variant}"


@VIEWS.get(AT, "campaigns.see")
async def listen(visit: Visit, campaign_id: int, variant: str) -> Response:
    """The recording as it will be heard."""
    campaign = await drafts.find(visit, campaign_id)
    recording_id = visit.need(_of(campaign.draft.content, variant))
    file = visit.need(await visit.read(lambda db: store.sound(db, recording_id)))
    speed = hearing.speed_of(visit.query.get("speed"))
    clip = Clip("campaigns.message", "", visit.desk.config.language, speed, personal=True, sound=file)
    try:
        audio = await hearing.sound(visit.desk, [clip])
    except SynthesisError:
        raise Refused(404, said("录音文件已经不在了，请再录一次。")) from None
    return Response(audio, headers={**HEADERS, "Content-Type": "audio/wav"})


@VIEWS.post(AT, "campaigns.write")
async def keep(visit: Visit, campaign_id: int, variant: str) -> Response:
    """Take a WAV file for one of the wordings. Raises Refused, in words, where it cannot be played."""
    campaign = await drafts.changeable(visit, campaign_id)
    at = visit.need(VARIANTS.get(variant))
    if at >= len(campaign.draft.content.variants):
        raise Refused(409, said("先写第二种说法的文字，存好，再录音。"))
    sent = visit.fields.get("file")
    if not isinstance(sent, UploadFile) or not sent.filename:
        raise Refused(409, said("请选择一个文件。"))
    if (sent.size or 0) > MOST_MB << 20:
        raise Refused(409, said("录音太大了，最多 {most} MB。", most=MOST_MB))
    folder = visit.desk.config.data_dir / "recordings"
    try:
        file, seconds = await asyncio.to_thread(_save, visit, await sent.read(), folder)
    except RecordingError:
        raise Refused(409, UNUSABLE) from None
    if not file:
        raise Refused(409, UNUSABLE)
    values: dict[str, Any] = {
        "purpose": "prompt",
        "file": file,
        "seconds": seconds,
        "created_at": visit.now,
        "expires_at": visit.now + KEPT,
    }

    def work(audit: Audit) -> None:
        made = audit.db.execute(insert(recordings).values(values).returning(recordings.c.id)).scalar_one()
        _put(visit, audit, campaign, at, int(made))

    await drafts.written(visit, work)
    return visit.go(f"{drafts.path_of(campaign)}/message", said("录音存好了，电话里放这一段。"))


UNUSABLE: Final[Said] = said("这个文件放不出来：要 WAV 格式，16 位，一秒以上。")


@VIEWS.post(AT + "/drop", "campaigns.write")
async def drop(visit: Visit, campaign_id: int, variant: str) -> Response:
    """Read the words aloud again."""
    campaign = await drafts.changeable(visit, campaign_id)
    visit.need(_of(campaign.draft.content, variant))
    await drafts.written(visit, lambda audit: _put(visit, audit, campaign, VARIANTS[variant], None))
    return visit.go(f"{drafts.path_of(campaign)}/message", said("不用录音了，电话里念文字。"))


def _put(visit: Visit, audit: Audit, campaign: Campaign, at: int, recording_id: int | None) -> None:
    message = campaign.draft.content
    variants = tuple(
        replace(one, recording=recording_id) if number == at else one
        for number, one in enumerate(message.variants)
    )
    if campaigns.get(audit.db, campaign.id).version != campaign.version:
        raise Refused(409, "")
    draft = replace(campaign.draft, content=replace(message, variants=variants))
    campaigns.edit(audit.db, campaign.id, draft, visit.user.login, visit.now, audit)


def _of(message: Content, variant: str) -> int | None:
    at = VARIANTS.get(variant)
    return message.variants[at].recording if at is not None and at < len(message.variants) else None


def _save(visit: Visit, wav: bytes, folder: Path) -> tuple[str, int]:
    """Turn a WAV file into one of ours. Blocks. Raises RecordingError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{secrets.token_hex(16)}.upload"
    try:
        path.write_bytes(wav)
        return kept.save(folder, recorded(path, NORMAL_SPEED), visit.now)
    finally:
        path.unlink(missing_ok=True)
