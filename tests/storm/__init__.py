"""The outcome of texts while workers are killed and STOPs come in: `make storm`."""
