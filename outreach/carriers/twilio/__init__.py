"""The Twilio carrier: what Twilio says becomes ``wire`` values, ``wire`` instructions become what it obeys.

``table`` words and paths · ``signature`` who may talk to us · ``twiml`` instructions · ``voice`` webhooks ·
``media`` live streams. No rule about callers, prompts or deliveries belongs here.
"""
