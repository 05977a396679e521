"""Core 2, the call: keys, barge-in, silence and playback, and the driver that joins a call to the dialogue."""
