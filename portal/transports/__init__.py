"""The ways that texts leave; only portal/texter.py goes through here."""
