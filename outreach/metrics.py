"""What can be counted from outside (Prometheus). No label ever names a person, a number or a call."""

from prometheus_client import Counter, Gauge, Histogram

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

LIVE_CALLS = Gauge("outreach_live_calls", "Media streams open on this node")
CALLS = Counter("outreach_calls", "Calls that arrived", ["mode"])
TURNS = Counter("outreach_turns", "Turns of the dialogue", ["heard"])
TURN_SECONDS = Histogram("outreach_turn_seconds", "One turn with its commit", buckets=_QUICK)
MISSES = Counter("outreach_misses", "Answers that were not understood", ["how"])
RECOGNITION_SECONDS = Counter("outreach_recognition_seconds", "Time spent recognising speech")
UTTERANCES = Counter("outreach_utterances", "Utterances recognised", ["result"])
CLIPS_IN_CALL = Gauge("outreach_clips_rendered_in_calls", "Clips a caller had to wait for, since the start")
STREAM_BREAKS = Counter("outreach_stream_breaks", "Media streams that ended without a goodbye")
LOOP_LAG_SECONDS = Gauge("outreach_loop_lag_seconds", "How late the event loop ran, latest 99th percentile")
DELIVERIES = Counter("outreach_deliveries", "Steps of deliveries, by what they came to", ["result"])
QUEUED_DELIVERIES = Gauge("outreach_deliveries_queued", "Deliveries waiting to leave")
