"""Twilio's voice webhooks, sounds and media socket, as one FastAPI router; the reception decides.

Every webhook is signed (``signature``), every answer to a signed one is TwiML with status 200: Twilio drops
the caller on anything else, so a failure inside becomes a spoken apology and a log line with the call's id.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Final
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Depends, HTTPException, Response, WebSocket

from outreach.carriers.reception import Lines, Reception
from outreach.carriers.twilio import table
from outreach.carriers.twilio.media import TwilioMedia
from outreach.carriers.twilio.signature import Fields, verified_form, verified_socket
from outreach.carriers.twilio.twiml import APOLOGY, CONTENT_TYPE, render
from outreach.config import Config
from outreach.wire import CallIn, CallReport, EndReason, Instruction

log = structlog.get_logger()

ANSWER_WITHIN_SECONDS: Final = 10.0
"""Twilio gives up after 15 s in all; an apology must still reach it."""
WAV: Final = "audio/wav"
SOUND_CACHING: Final = "private, max-age=300"
APOLOGY_CACHING: Final = "public, max-age=86400"


def router(
    config: Config,
    reception: Reception,
    lines: Lines,
    apology: bytes,
    answer_within_seconds: float = ANSWER_WITHIN_SECONDS,
) -> APIRouter:
    """All of Twilio's voice paths. ``apology``: a RIFF mu-law file that needs no database to be played."""
    routes = APIRouter(include_in_schema=False)
    form = verified_form(config)

    async def answer(fields: Fields, ask: Callable[[str], Awaitable[Instruction]]) -> Response:
        call_id = _call_id(fields)
        try:
            async with asyncio.timeout(answer_within_seconds):
                document = render(config, await ask(call_id))
        except Exception:
            log.exception("reception_failed", call=call_id)
            document = render(config, APOLOGY)
        return Response(document, media_type=CONTENT_TYPE)

    @routes.post(table.VOICE)
    async def arrive(fields: Annotated[Fields, Depends(form)]) -> Response:
        return await answer(fields, lambda call_id: reception.arrive(_call_in(call_id, fields)))

    @routes.post(table.NEXT)
    async def next_step(fields: Annotated[Fields, Depends(form)]) -> Response:
        return await answer(fields, reception.next_step)

    @routes.post(table.KEYS)
    async def keys(fields: Annotated[Fields, Depends(form)], turn: int) -> Response:
        return await answer(fields, lambda call_id: reception.keys(call_id, turn, fields.get("Digits", "")))

    @routes.post(table.MESSAGE)
    async def message_left(fields: Annotated[Fields, Depends(form)], turn: int) -> Response:
        url = fields.get("RecordingUrl", "")
        seconds = _number(fields.get("RecordingDuration")) or 0
        return await answer(fields, lambda call_id: reception.message_left(call_id, turn, url, seconds))

    @routes.post(table.DIALLED)
    async def dialled(fields: Annotated[Fields, Depends(form)]) -> Response:
        word = fields.get("DialCallStatus", "")
        if word not in table.DIAL_OUTCOMES:
            log.warning("dial_outcome_unknown", call=fields.get("CallSid"), outcome=word)
        outcome = table.DIAL_OUTCOMES.get(word, "failed")
        return await answer(fields, lambda call_id: reception.dialled(call_id, outcome))

    @routes.post(table.STATUS)
    async def status(fields: Annotated[Fields, Depends(form)]) -> Response:
        call_id = _call_id(fields)
        meant = table.CALL_STATUSES.get(fields.get("CallStatus", ""))
        if meant is None:
            log.warning("call_status_unknown", call=call_id, status=fields.get("CallStatus"))
            return Response(status_code=204)
        sequence = _number(fields.get("SequenceNumber"))
        try:
            await reception.status(
                call_id, meant.state, meant.sequence if sequence is None else sequence, meant.reason
            )
        except Exception:
            log.exception("reception_failed", call=call_id)
            return Response(status_code=500)
        return Response(status_code=204)

    # --- Calls that we make ---

    @routes.post(table.OUT)
    async def answered(fields: Annotated[Fields, Depends(form)], delivery: int, attempt: int) -> Response:
        return await answer(
            fields, lambda call_id: reception.answered(_call_out(call_id, fields), delivery, attempt)
        )

    @routes.post(table.OUT_STATUS)
    async def out_status(fields: Annotated[Fields, Depends(form)], delivery: int, attempt: int) -> Response:
        call_id = _call_id(fields)
        meant = table.CALL_STATUSES.get(fields.get("CallStatus", ""))
        if meant is None:
            log.warning("call_status_unknown", call=call_id, status=fields.get("CallStatus"))
            return Response(status_code=204)
        sequence = _number(fields.get("SequenceNumber"))
        report = _report(call_id, delivery, attempt, meant.reason, fields)
        try:
            await reception.status(
                call_id, meant.state, meant.sequence if sequence is None else sequence, meant.reason
            )
            await reception.told(report)
        except Exception:
            log.exception("reception_failed", call=call_id)
            return Response(status_code=500)
        return Response(status_code=204)

    @routes.post(table.OUT_ANSWERER)
    async def answerer(fields: Annotated[Fields, Depends(form)], delivery: int, attempt: int) -> Response:
        call_id = _call_id(fields)
        who = table.ANSWERERS.get(fields.get("AnsweredBy", ""), "unknown")
        try:
            await reception.answerer(call_id, delivery, attempt, who)
        except Exception:
            log.exception("reception_failed", call=call_id)
            return Response(status_code=500)
        return Response(status_code=204)

    @routes.post(table.OUT_VOICEMAIL)
    async def voicemail(fields: Annotated[Fields, Depends(form)], language: str) -> Response:
        return await answer(fields, lambda _: reception.voicemail(language))

    @routes.post(table.STREAM)
    async def stream(fields: Annotated[Fields, Depends(form)]) -> Response:
        log.info(
            "stream_status",
            call=_call_id(fields),
            stream_event=fields.get("StreamEvent"),
            error=fields.get("StreamError"),
        )
        return Response(status_code=204)

    @routes.get(table.AUDIO + "/apology.wav")
    async def apology_sound() -> Response:
        return Response(apology, media_type=WAV, headers={"Cache-Control": APOLOGY_CACHING})

    @routes.get(table.AUDIO + "/{name}.wav")
    async def sound(name: str) -> Response:
        wav = await reception.audio(name)
        if wav is None:
            raise HTTPException(404, "no such sound")
        said = await reception.describe(name) if config.demo else {}
        headers = {header: quote(text, safe=" ") for header, text in said.items()}
        return Response(wav, media_type=WAV, headers={**headers, "Cache-Control": SOUND_CACHING})

    @routes.websocket(table.MEDIA)
    async def media(websocket: WebSocket) -> None:
        if not verified_socket(config, websocket):
            await websocket.close()  # before accept: the server answers 403
            return
        await websocket.accept()  # no subprotocol: Twilio asks for none and drops the stream if given one
        socket = TwilioMedia(websocket)
        try:
            await lines.run(socket)
        except Exception:
            log.exception("line_failed", call=socket.call_id)
        finally:
            await socket.close()  # Twilio then asks NEXT, where the reception decides from what is stored

    return routes


def _call_id(fields: Fields) -> str:
    call_id = fields.get("CallSid", "")
    if not call_id:
        raise HTTPException(400, "CallSid is missing: a voice webhook must name its call")
    return call_id


def _call_in(call_id: str, fields: Fields) -> CallIn:
    return CallIn(
        carrier="twilio",
        carrier_call_id=call_id,
        caller=table.e164(fields.get("From", "")),
        called=table.e164(fields.get("To", "")),
    )


def _call_out(call_id: str, fields: Fields) -> CallIn:
    """The same for a call of ours: the other one is in To."""
    return CallIn(
        carrier="twilio",
        carrier_call_id=call_id,
        caller=table.e164(fields.get("To", "")),
        called=table.e164(fields.get("From", "")),
    )


def _report(
    call_id: str, delivery: int, attempt: int, reason: EndReason | None, fields: Fields
) -> CallReport:
    sip = fields.get("SipResponseCode", "")
    ending = table.CALL_ENDINGS[reason] if reason else None
    if ending == "carrier_refused":
        ending = table.SIP_ENDINGS.get(sip, ending)
    return CallReport(delivery, attempt, call_id, ending, _number(fields.get("CallDuration")), sip or None)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() and len(text) <= 9 else None
