"""Sends what is queued, and asks for what passed by."""
