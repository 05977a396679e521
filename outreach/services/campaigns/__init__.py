"""Campaigns 群发通知 as they are met by those who get them: the message, its action, its questions, the way out."""
