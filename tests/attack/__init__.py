"""Attacks on the portal, bounded and on this machine only: `make attack`."""
