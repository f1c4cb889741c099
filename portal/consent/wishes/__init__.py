"""A clear wish to get no more texts, in words other than a keyword: English or Spanish."""
