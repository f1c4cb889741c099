"""Consent: the pure rules, the ledger (the one door), the wording, the guards in the database."""
