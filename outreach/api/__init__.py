"""What other systems may ask and are told: the JSON API under ``/api/v1``, and webhooks (docs/api.md)."""
