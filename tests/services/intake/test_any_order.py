"""In any order, a form applied later texts nobody whom a form applied at once would not have."""

import random
from collections.abc import Callable
from unittest.mock import patch

from flask import Flask
from sqlalchemy import select

from portal.delivery import form_worker
from portal.enums import Answer, FormOptOutState, Source
from portal.extensions import db, writing
from portal.models import FormOptOut
from portal.queries.schools import SchoolRow
from portal.services.contacts.phones import set_phones
from portal.services.intake import form_opt_outs, receive
from tests.support.families import make_parent, phone, say, stop
from tests.support.incoming import take
from tests.support.intake import NO, YES, cell, parent, ruiz, sheet, state
from tests.support.long import examples
from tests.support.texted_links import links, token_to

STEPS = 7


class World:
    """The story of one number, with forms applied at once or when it comes to that."""

    def __init__(self, app: Flask, school: SchoolRow, n: int, at_once: bool) -> None:
        self.app, self.school, self.at_once = app, school, at_once
        self.number, self.name = f"+1415555{n:04}", f"{n}"
        self.ann: int | None = None
        self.page = 0

    def may_be_texted(self) -> bool:
        self.apply()
        return state(self.number) == "opted_in" and not self._waits()

    def _waits(self) -> bool:
        waiting = select(FormOptOut.id).where(
            FormOptOut.number == self.number, FormOptOut.state == FormOptOutState.WAITING
        )
        return db.session.scalars(waiting).first() is not None

    def apply(self) -> None:
        form_worker.apply_pending(self.app)
        db.session.rollback()

    def form(self, answer: Answer, session: str, again: bool = False, link: str = "") -> None:
        """A form from a page of its own, or the last one again, corrected."""
        self.page += not again
        answers = ruiz(parent("Ana", f"ana{self.name}@example.com", cell(self.number, answer)))
        page = sheet(self.school, f"{self.name}f{self.page}", f"{session}{self.name}", link)
        with writing():
            receive.accept_form(self.school, answers, page)
        if self.at_once:
            self.apply()

    def held(self, session: str) -> None:
        with patch.object(form_opt_outs, "is_unusual", return_value=True):
            self.form(NO, session)

    def link_yes(self) -> None:
        if links(self.number):
            self.form(YES, "phone", link=token_to(self.number))

    def typed(self) -> None:
        """Staff type the number on a record, or take it off again."""
        if self.ann is None:
            numbers = [phone(self.number)]
            self.ann = make_parent(self.school, f"Ann {self.name}", phones=numbers, typed=True)
        else:
            with writing():
                set_phones(self.school.id, self.ann, [])

    def signed(self, answer: Answer) -> None:
        if self.ann is not None:
            say(self.school, self.number, Source.PARENT_FORM, answer, self.ann)

    def steps(self) -> list[Callable[[], object]]:
        return [
            lambda: self.form(YES, "one"),
            lambda: self.form(NO, "one"),
            lambda: self.form(YES, "one", again=True),
            lambda: self.form(NO, "one", again=True),
            lambda: self.form(YES, "two"),
            lambda: self.form(NO, "two"),
            lambda: self.held("one"),
            lambda: self.held("two"),
            self.link_yes,
            self.typed,
            lambda: self.signed(YES),
            lambda: self.signed(NO),
            lambda: stop(self.school, self.number),
            lambda: take("STOP", number=self.number),
            lambda: take("START", number=self.number),
            lambda: say(self.school, self.number, Source.OPT_OUT_LIST, NO),
            lambda: say(self.school, self.number, Source.CARRIER, NO),
            self.apply,
        ]


@examples(few=12, many=300)
def test_a_form_applied_later_texts_nobody_more(
    app: Flask, school: SchoolRow, examples: int
) -> None:
    dice = random.Random(2212)
    fewer = 0
    for n in range(examples):
        now, later = World(app, school, 2 * n, True), World(app, school, 2 * n + 1, False)
        chosen = [dice.randrange(len(now.steps())) for _ in range(dice.randint(2, STEPS))]
        for world in (now, later):
            for step in chosen:
                world.steps()[step]()
        texts = [world.may_be_texted() for world in (now, later)]
        assert texts != [False, True], f"example {n}: {chosen}"
        fewer += texts == [True, False]
    print(f"{fewer} of {examples} are not texted that would have been")
    assert fewer <= examples / 20
