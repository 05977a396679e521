"""A child process that speaks: one JSON request on stdin, 16-bit samples on stdout. Run by ``voice.py`` only.

libespeak-ng crashes on some voices and keeps global state, so no process that matters loads it.
Source: espeak-ng's ``speak_lib.h`` (1.51).
"""

import ctypes
import json
import sys
from typing import Any, Final

import espeakng_loader

SYNCHRONOUS: Final = 2
DONT_EXIT: Final = 0x8000
RATE, PITCH = 1, 3
UTF8: Final = 1
ON_SAMPLES: Final = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


def speak(text: str, voice: str, words_per_minute: int, pitch: int) -> tuple[int, bytes]:
    """Samples a second, and the samples. Raises RuntimeError when the library refuses."""
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(SYNCHRONOUS, 500, espeakng_loader.get_data_path().encode(), DONT_EXIT)
    if rate <= 0:
        raise RuntimeError("espeak-ng does not start")
    spoken: list[bytes] = []

    def on_samples(samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            spoken.append(ctypes.string_at(samples, count * 2))
        return 0

    callback = ON_SAMPLES(on_samples)
    library.espeak_SetSynthCallback(callback)
    if library.espeak_SetVoiceByName(voice.encode()):
        raise RuntimeError(f"espeak-ng has no voice {voice}")
    library.espeak_SetParameter(RATE, words_per_minute, 0)
    library.espeak_SetParameter(PITCH, pitch, 0)
    written = text.encode()
    if library.espeak_Synth(written, len(written) + 1, 0, 0, 0, UTF8, None, None):
        raise RuntimeError("espeak-ng refuses the text")
    library.espeak_Synchronize()
    return rate, b"".join(spoken)


def main() -> None:
    """Answer one request: four bytes with the rate, then the samples."""
    rate, samples = speak(**json.load(sys.stdin))
    sys.stdout.buffer.write(rate.to_bytes(4, "little") + samples)


if __name__ == "__main__":
    main()
