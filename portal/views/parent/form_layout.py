"""The open blocks of the contact form, and its add and remove buttons.

Without a script the buttons send the form here and it comes back with a block more or less;
nothing is checked and nothing is kept.
"""

from dataclasses import asdict
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import SelectField

from portal.enums import PhoneType, Slot
from portal.forms.contact import MOST_CHILDREN, MOST_PARENTS, ChildForm, ContactForm, ParentForm
from portal.forms.email_suggestions import suggest_address
from portal.normalize import whole_numbers
from portal.queries.records.household import Household

SPARE_CHILDREN = 2
"""The number of blank children behind "Add another child" before the browser asks the server."""


class Layout:
    """The form as the page shows it: open blocks, and blank ones that open on request."""

    def __init__(self, form: ContactForm, opened: set[str]) -> None:
        self.form = form
        self.opened = opened
        self.children: dict[int, ChildForm] = {
            n: c for n, c in form.children.items() if self._open("child", n, c)
        }
        self.parents: dict[int, ParentForm] = {
            n: p for n, p in form.parents.items() if self._open("parent", n, p)
        }
        self.focus = next((name for name in opened if name.startswith("new:")), "")[4:]

    def _open(self, kind: str, n: int, block: Any) -> bool:
        return n == 1 or block.filled() or f"{kind}{n}" in self.opened

    def next_child(self) -> int:
        return max(self.children) + 1

    def next_parent(self) -> int:
        return max(self.parents) + 1

    def spare_children(self) -> list[ChildForm]:
        first = self.next_child()
        return [
            self.form.blank_child(n)
            for n in range(first, min(first + SPARE_CHILDREN, MOST_CHILDREN + 1))
        ]

    def spare_parent(self) -> ParentForm | None:
        n = self.next_parent()
        return self.form.blank_parent(n) if n <= MOST_PARENTS else None

    def slots(self, parent: ParentForm) -> list[Slot]:
        """The slots that are open: the first, and those with something in them."""
        return [
            slot
            for slot in Slot
            if slot is Slot.PRIMARY or parent.phone(slot).filled() or parent.phone(slot).errors
        ]

    def blank_slots(self, parent: ParentForm, n: int) -> tuple[object, ...]:
        """The values that a parent's spare phones are rendered from. The last one is None if
        somebody typed there."""
        slots = self.spare_slots(parent)
        typed = (n > 1 and parent.called()) or any(parent.phone(slot).has_input() for slot in slots)
        return (n, *slots, None) if typed else (n, *slots)

    def drop_down(self, field: SelectField) -> tuple[object, ...]:
        """The values that a drop-down is rendered from, besides its kind. None means an error, or a
        value that is not on the list."""
        chosen = field.data or ""
        offered = any(chosen == choice.value for choice in field.choices)
        return field.name, chosen if offered and not field.errors else None

    def spare_slots(self, parent: ParentForm) -> list[Slot]:
        return [slot for slot in Slot if slot not in self.slots(parent)]


def take_action(posted: MultiDict[str, str], action: str) -> tuple[MultiDict[str, str], set[str]]:
    """`add:child`, `add:parent`, `remove:child2`, `remove:parent1-other_phone`, `use-email:parent1`
    done to the typed values, and the names of the blocks that are open then."""
    verb, _, what = action.partition(":")
    if verb == "use-email":
        return with_meant_email(posted, what), set()
    if verb == "remove" and what:
        return without(posted, what), set()
    opened = {key.split("-")[0] for key in posted if key.startswith(what)} if what else set()
    if verb == "add" and what in {"child", "parent"}:
        most = MOST_CHILDREN if what == "child" else MOST_PARENTS
        last = max(whole_numbers(name.removeprefix(what) for name in opened), default=1)
        if last < most:
            new = f"{what}{last + 1}"
            added = MultiDict([*posted.items(multi=True), (f"{new}-first_name", "")])
            return added, {*opened, new, f"new:{new}-first_name"}
    return MultiDict(posted), opened


def without(posted: MultiDict[str, str], block: str) -> MultiDict[str, str]:
    """Return the posted values without one block."""
    return MultiDict((k, v) for k, v in posted.items(multi=True) if not k.startswith(f"{block}-"))


def with_meant_email(posted: MultiDict[str, str], parent: str) -> MultiDict[str, str]:
    """Return the posted values with the suggested address of a parent."""
    changed, name = MultiDict(posted), f"{parent}-email"
    if meant := suggest_address(posted.get(name, "")):
        changed[name] = meant
    return changed


def posted_from_answers(answers: dict[str, Any]) -> MultiDict[str, str]:
    """The answers of a submission as the form's fields, to be corrected."""
    fields: MultiDict[str, str] = MultiDict()
    for n, child in answers["children"].items():
        _add(fields, f"child{n}", child, ("first_name", "last_name", "grade"))
    for n, parent in answers["parents"].items():
        _add(fields, f"parent{n}", parent, ("first_name", "last_name", "relationship", "email"))
        _add(fields, f"parent{n}", {"email_kept": parent["email"]}, ("email_kept",))
        for phone in parent["phones"]:
            name = f"parent{n}-{phone['slot']}"
            _add(fields, name, phone, ("type", "number", "extension"))
            _add(fields, name, {"consent": phone["answer"]}, ("consent",))
    return fields


def posted_from_household(home: Household) -> MultiDict[str, str]:
    """A signed-in parent's own record as the form's fields; no answer is chosen beforehand."""
    fields: MultiDict[str, str] = MultiDict()
    for n, child in enumerate(home.children[:MOST_CHILDREN], 1):
        _add(fields, f"child{n}", asdict(child), ("first_name", "last_name", "grade"))
    mine = asdict(home) | {"relationship": home.relationship, "email_kept": home.email}
    names = ("first_name", "last_name", "relationship", "email", "email_kept")
    _add(fields, "parent1", mine, names)
    for phone in home.phones:
        said = {"type": phone.type, "number": phone.shown, "extension": phone.extension}
        _add(fields, f"parent1-{phone.slot}", said, ("type", "number", "extension"))
    return fields


def posted_from_number(shown: str) -> MultiDict[str, str]:
    """The form as a texted link opens it: with the phone that the link was texted to."""
    fields: MultiDict[str, str] = MultiDict()
    phone = {"type": PhoneType.CELL, "number": shown}
    _add(fields, f"parent1-{Slot.PRIMARY}", phone, ("type", "number"))
    return fields


def _add(
    fields: MultiDict[str, str], prefix: str, values: dict[str, Any], names: tuple[str, ...]
) -> None:
    for name in names:
        fields.add(f"{prefix}-{name}", values[name] or "")
