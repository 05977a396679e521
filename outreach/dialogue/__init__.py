"""Core 1, the dialogue: what was heard in, what to say and do out. No clock, socket, thread or randomness."""
