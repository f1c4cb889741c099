"""The base of every form: what was typed, its errors in the page's order, and choices."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from wtforms import Form, FormField, StringField
from wtforms.fields import SelectChoice

from portal.email_address import typed_address
from portal.normalize import clean, without_control

Errors = list[tuple[str, str]]
"""(field name, message) of each error."""
_Code = TypeVar("_Code", bound=StrEnum)


class TextField(StringField):
    """A line of text: shown again as it was typed, without what no page can hold."""

    tidy = staticmethod(clean)
    """Turns the typed text into the text that we check and keep."""

    def _value(self) -> str:
        return without_control(super()._value())


class EmailField(TextField):
    """An email address, in the form that we use."""

    tidy = staticmethod(typed_address)


class PageForm(Form):
    """A form of a page, or a part of one. Every POST is checked for its token before any view."""

    order: tuple[str, ...] = ()
    """The names of the fields as the page has them, where that is not the order of the class."""

    def typed(self, name: str) -> str:
        raw = self[name].raw_data
        return str(raw[0]) if raw else ""

    def text(self, name: str) -> str:
        tidy = getattr(self[name], "tidy", clean)
        return str(tidy(self.typed(name)))

    def choice(self, name: str, codes: type[_Code]) -> _Code | None:
        """The choice in a form that was checked."""
        return codes(self.typed(name)) if self.typed(name) else None

    def filled(self) -> bool:
        """True if anything was typed or chosen."""
        return any(self.text(field.short_name) for field in self)

    def has_input(self) -> bool:
        """True if anything came with the fields, be it a space, or a choice that is not shown."""
        return any(any(field.raw_data or ()) for field in self)

    def check_choice(
        self, name: str, codes: Iterable[str], message: str, required: bool = True
    ) -> None:
        typed = self.typed(name)
        if typed not in set(codes) and (typed or required):
            self.add_error(name, message)

    def add_error(self, name: str, message: str) -> None:
        self[name].errors = [*self[name].errors, message]

    def error_list(self) -> Errors:
        """Every error, in the order of the page."""
        return [(field.name, message) for field in self._leaves() for message in field.errors]

    def _leaves(self) -> Iterator[Any]:
        for field in [self[name] for name in self.order] or self:
            if isinstance(field, FormField):
                yield from field.form._leaves()
            else:
                yield field


def choices(words: Mapping[str, str], blank: str | None = None) -> list[SelectChoice]:
    """A choice for each code; `blank`: the words for none of them."""
    first = [] if blank is None else [SelectChoice("", blank)]
    return [*first, *(SelectChoice(str(key), label) for key, label in words.items())]
