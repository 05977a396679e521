"""Campaigns 群发活动: the right people, at the right hour, with manners; how it goes, and what came of it."""
