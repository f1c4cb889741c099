"""Measure the time that the portal takes; see __main__."""
