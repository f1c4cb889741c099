"""Every step of a scene is told to the model of the rules, which judges what came of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from portal.enums import Answer
from portal.extensions import db
from portal.models import ConsentEvent, Contact
from tests.attack.consent_facts import NUMBERS, VICTIMS, Facts
from tests.attack.consent_model import FORMS, IN, OUT, Channel, Link, Model, No, Said, Step
from tests.attack.consent_rules import allowed, describe, must_be_told

Fault = Callable[[str, str], None]


class Judged(Facts):
    def __init__(self, fault: Fault, judging: bool) -> None:
        self.fault = fault
        self.judging = judging
        self.model = Model()
        self.skew = timedelta()
        """The error of the clock of the server that answers now."""
        self.spoiled = False
        """A promise was broken: nothing that follows tells more."""

    def step(self, step: Step, act: Callable[[], Any]) -> None:
        """Do it, and let the model judge what came of it."""
        if self.spoiled:
            return
        if not self.judging:
            act()
            return
        before = {n: self.state(n) for n in NUMBERS}
        events = {n: self.events(n) for n in NUMBERS}
        mails = self.mails()
        others = {
            n: frozenset(self.model.holders_now(n) - ({step.contact} if step.contact else set()))
            for n in NUMBERS
        }
        self.model.begin()
        self.model.hour = self.skew / timedelta(hours=1)
        self.model.emails = self._emails()
        act()
        db.session.rollback()
        for number in NUMBERS:
            said = Said(self.model, step, number, others[number])
            self._judge(said, before[number], self.state(number), mails)
            self._learn(said, before[number], events[number])
        self._see_records(step, heard=len(self.events(VICTIMS)) > len(events[VICTIMS]))

    def _judge(self, said: Said, before: str, after: str, mails: int) -> None:
        if after == OUT and not self._refused(said.number):
            self._broken("the gate refuses who opted out", said)
        if before == after:
            return
        self._leaving(said)
        if not allowed(said, before, after):
            self._broken(f"{describe(before, after)}", said, f"{before} to {after}")
        if after == OUT:
            told = self.told(mails)
            for contact in must_be_told(said):
                if self.email_of(contact) not in told:
                    self._broken("proven owners are told of a no", said)

    def _leaving(self, said: Said) -> None:
        """A yes that lapses is judged by where the number is after the step."""
        gone = self.model.holders_now(said.number) - self.on_records(said.number)
        for contact in gone:
            self.model.leaves(contact, said.number)

    def _broken(self, promise: str, said: Said, what: str = "") -> None:
        self.spoiled = True
        where = "is on another record" if said.others else "is on no other record"
        self.fault(promise, f"{said.step.who}, {said.step.channel}: {what} ({where})")

    def _learn(self, said: Said, before: str, events: list[ConsentEvent]) -> None:
        known, after = said.known, self.state(said.number)
        new = self.events(said.number)[len(events) :]
        if after != OUT:
            known.noes.clear()
        elif before != OUT or any(event.answer == Answer.NO for event in new):
            no = No(self.model.place, said.step, not said.others, self.model.hour)
            known.noes.append(no)
        known.by += [said.step for _ in new]
        known.state = after

    def _see_records(self, step: Step, heard: bool) -> None:
        contacts = db.session.scalars(
            select(Contact.id).where(Contact.school_id == self.school.id)
        ).all()
        for contact in contacts:
            if contact not in self.model.made_in:
                form = step.channel in FORMS
                self.model.made_in[contact] = step.session if form else ""
        self.model.records({n: self.on_records(n) for n in NUMBERS})
        by_phone = step.channel in {Channel.WORD, Channel.LINK}
        if heard or not by_phone:
            self.model.prove(step)
        if heard and step.link is not None and self.state(VICTIMS) == IN:
            self.model.followed.add(step.link)
        known = {link.path for link in self.model.links}
        for number, path in self._texted_links():
            if path not in known:
                self.model.links.append(Link(number, path, self.model.place))
