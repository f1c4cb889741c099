"""The time of an answer tells nothing."""

from portal.views.response_time import pad_response_time as even_out

__all__ = ["even_out"]
