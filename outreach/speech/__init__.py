"""Speech in and out, offline: recognition, synthesis, and how numbers and dates are read aloud."""
