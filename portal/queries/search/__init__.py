"""The search: one catalogue of fields, criteria over them, columns of them, pages by key."""
