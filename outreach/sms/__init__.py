"""Text messages: what one means, what is written back, and the turn between the two."""
