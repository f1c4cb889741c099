"""Whether a request comes from the provider."""
