"""Helpers that the tests share: databases, the audited client, counting of queries."""
