"""Ring the line without a telephone: a carrier on the wire, a terminal, a browser page."""
