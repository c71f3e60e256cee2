"""Outbound webhooks: ``guard`` says where they may go, ``signature`` proves whose they are, ``post``
sends one, ``courier`` empties the outbox.
"""
