"""Fetches a recording that Twilio made (keys-only calls), once it is there. Twilio: "Recordings", media file as WAV."""

import asyncio
import io
import wave
from urllib.parse import urlsplit

import httpx
import numpy as np

from outreach.config import Config
from outreach.speech.mulaw import finished
from outreach.wire import CarrierError

RETRY_AFTER_SECONDS = (0.5, 1.0, 2.0, 4.0)
"""The file may come after the webhook that names it; the webhook's own answer must not wait longer than this."""


async def fetch(config: Config, url: str) -> bytes:
    """The recording as mu-law at 8 kHz. Raises CarrierError.

    Only from the carrier's own host: the address came over the network, and our password goes with the request.
    """
    if urlsplit(url).netloc != urlsplit(config.twilio_api).netloc:
        raise CarrierError("the recording is not at the carrier's address", retry=False)
    token = config.twilio_auth_token.get_secret_value().partition(",")[0]
    auth = (config.twilio_account_sid, token)
    # a proxy for the wide world must not come between a demo and its own carrier
    async with httpx.AsyncClient(auth=auth, timeout=5.0, trust_env=not config.demo) as client:
        for wait in (*RETRY_AFTER_SECONDS, None):
            try:
                answer = await client.get(f"{url}.wav")
            except httpx.HTTPError as error:
                raise CarrierError(type(error).__name__, retry=True) from error
            if answer.status_code == httpx.codes.OK:
                return _mulaw(answer.content)
            if answer.status_code != httpx.codes.NOT_FOUND or wait is None:
                break
            await asyncio.sleep(wait)
    raise CarrierError(f"the carrier answered {answer.status_code}", retry=True)


def _mulaw(content: bytes) -> bytes:
    """16-bit PCM, one channel or several, as mu-law at 8 kHz."""
    with wave.open(io.BytesIO(content)) as file:
        if file.getsampwidth() != 2:
            raise CarrierError("the recording is not 16-bit sound", retry=False)
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float32) / 32768
        return finished(samples.reshape(-1, file.getnchannels()).mean(axis=1), file.getframerate())
