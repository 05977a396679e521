"""Events 活动: job fairs, live-streamed openings, charity sales, contests: heard, signed up for, reminded of."""
