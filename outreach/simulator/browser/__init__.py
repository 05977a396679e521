"""The browser phone: rings the line from a web page, through the simulated carrier. Demo mode only."""
