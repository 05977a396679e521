"""All that leaves the house: the outbox, which is the ledger."""
