"""How long the portal takes; see __main__."""
