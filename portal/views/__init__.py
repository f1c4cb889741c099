"""Views: parse, call one service or query, render or redirect."""

from flask import Flask


def register(app: Flask) -> None:
    pass
