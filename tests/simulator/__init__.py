"""The simulated carrier, judged by a small line of its own."""
