"""The table of all that people can come to see: every page, in every state that looks different."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.browser import flows_accounts as c
from tests.browser import flows_parents as p
from tests.browser import flows_staff as s
from tests.browser import flows_texts as t
from tests.browser.browser_school import OF_TWO_SCHOOLS, BrowserSchool


@dataclass(frozen=True)
class Sight:
    """A page as someone sees it. `title`: the start of its title; `shows`: the page's endpoint,
    none for what is no page of its own."""

    name: str
    title: str
    shows: str | None
    go: Callable[[Page, BrowserSchool], object]
    who: str | None = None


def at(path: str) -> Callable[[Page, BrowserSchool], None]:
    """Go to an address, in which a family of the world may be named."""

    def go(page: Page, world: BrowserSchool) -> None:
        page.goto(path.format(**vars(world)))

    return go


V, E, BOTH = "viewer", "editor", OF_TWO_SCHOOLS
STAFF = "/oakwood/staff"
STUDENT, PARENT = f"{STAFF}/contacts/{{student}}", f"{STAFF}/contacts/{{parent}}"
ALONE, FULL, LONG = (f"{STAFF}/contacts/{{{who}}}" for who in ("alone", "full", "long"))
NOT_PROVEN = f"{STAFF}/contacts/{{not_proven}}"
TEXTS, WRITE, SEARCH = "staff.texts_page", "staff.compose_text", "staff.search_page"
REVIEW = "staff.waiting_answers_page"
FORM, SIGN_IN, EDIT = "parent.contact_form", "accounts.sign_in", "staff.edit_contact"
OWN = "accounts.change_password"

SIGHTS = [
    Sight("index", "Choose your school", "home.index", at("/")),
    # Parents
    Sight("school", "Parent forms", "parent.home", at("/oakwood/")),
    Sight("privacy", "Privacy", "parent.privacy", at("/oakwood/privacy")),
    Sight("terms", "Texting terms", "parent.terms", at("/oakwood/terms")),
    Sight("form", "Family contact form", FORM, at("/oakwood/forms/contact")),
    Sight("form with a cell", "Family contact form", FORM, p.form_with_a_cell),
    Sight("form with errors", "Error: Family contact form", FORM, p.form_with_errors),
    Sight("form with all open", "Family contact form", FORM, p.form_with_everything_open),
    Sight("form to be changed", "Family contact form", FORM, p.form_to_be_changed),
    Sight("form gone stale", "Error: Family contact form", FORM, p.form_gone_stale),
    Sight("form of another tab", "Error: Family contact form", FORM, p.form_of_another_tab),
    Sight("form too large", "That's too long", FORM, p.form_too_large),
    Sight("form sent", "Thank you", "parent.thank_you", p.form_sent),
    Sight("form sent, looked at again", "Thank you", "parent.thank_you", p.form_sent_again),
    Sight("form sent long ago", "Thank you", "parent.thank_you", at("/oakwood/forms/contact/sent")),
    Sight("form in Spanish, errors", "Error: Formulario", FORM, p.form_in_spanish_with_errors),
    Sight("form in Spanish, sent", "Gracias", "parent.thank_you", p.form_in_spanish_sent),
    Sight("school in Spanish", "Formularios para", "parent.home", at("/oakwood/?lang=es")),
    Sight(
        "terms in Spanish", "Términos de los mensajes", "parent.terms", at("/oakwood/terms?lang=es")
    ),
    # Parents who sign in
    Sight("parents' sign-in", "Sign in", "parent.sign_in", at("/oakwood/sign-in")),
    Sight("no email", "Error: Sign in", "parent.sign_in", p.sign_in_without_email),
    Sight("no cookie", "Your browser didn't", "parent.sign_in", p.sign_in_without_cookie),
    Sight("code", "Check your email", "parent.code", p.code_asked_for),
    Sight("code wrong", "Error: Check your email", "parent.code", p.code_wrong),
    Sight("link", "Sign in", "parent.link", p.link_followed),
    Sight(
        "link used up",
        "This link has expired or was already used",
        "parent.link",
        at("/oakwood/sign-in/link/none"),
    ),
    Sight("email changed", "Put your email", "parent.email_change", p.change_to_object_to),
    Sight("email back", "Your email address", "parent.email_change", p.change_objected_to),
    Sight("no objection", "This link", "parent.email_change", at("/oakwood/sign-in/email/none")),
    Sight("texted link", "Texts from the school", "parent.texted_link", p.texted_link),
    Sight("texted link in Spanish", "Mensajes", "parent.texted_link", p.texted_link_in_spanish),
    Sight("texted link, wrong", "Texts from", "parent.texted_link", p.texted_link_with_other_words),
    Sight("texted link, signed in", "Texts", "parent.texted_link", p.texted_link_signed_in),
    Sight("texted link, void", "This link has", "parent.texted_link", at("/oakwood/t/none")),
    Sight("answered by link", "Thank you", "parent.answered_by_link", p.texted_link_said_yes),
    Sight("no by link", "Thank you", "parent.answered_by_link", p.texted_link_said_no),
    Sight("who", "Which parent are you?", "parent.who", p.one_of_two),
    Sight("household", "Your family", "parent.household_page", p.household),
    Sight("household, long", "Your family", "parent.household_page", p.household_of_long_names),
    Sight("household in Spanish", "Su familia", "parent.household_page", p.household_in_spanish),
    Sight("own phones", "Change my phone numbers", "parent.phones", p.own_phones),
    Sight("own phones, errors", "Error: Change my", "parent.phones", p.own_phones_with_errors),
    Sight(
        "own phones, conflict", "Change my phone numbers", "parent.phones", p.own_phones_in_conflict
    ),
    Sight("word to text", "If no text arrives, text us", "parent.handset_page", p.word_to_text),
    Sight("word has come", "It worked", "parent.handset_page", p.word_has_come),
    Sight("outbox", "Outbox", "outbox.page", at("/demo/outbox")),
    # Staff, of no school in particular
    Sight("sign-in", "Staff sign-in", SIGN_IN, at("/staff/sign-in")),
    Sight("sign-in refused", "Error: Staff sign-in", SIGN_IN, s.sign_in_refused),
    Sight("signed out", "Staff sign-in", SIGN_IN, s.signed_out),
    Sight("signed out while typing", "Staff sign-in", EDIT, s.signed_out_while_typing, E),
    Sight("signed in again", "You're signed in.", SIGN_IN, s.signed_in_again, E),
    Sight("typed again", "Edit Olga", EDIT, s.typed_again, E),
    Sight("schools", "Your schools", "accounts.schools", at("/staff/"), BOTH),
    Sight("own password", "Change my password", OWN, at("/staff/password"), V),
    Sight("own password, weak", "Error: Change my password", OWN, c.weak_password, V),
    Sight("forgot", "Forgot your password?", "accounts.forgot", at("/staff/forgot")),
    Sight("forgot, no email", "Error: Forgot your", "accounts.forgot", c.forgot_without_email),
    Sight("forgot, sent", "Check your email", "accounts.forgot_sent", at("/staff/forgot/sent")),
    Sight("reset", "Set a new password", "accounts.reset", c.reset),
    Sight("reset, expired", "This link has", "accounts.reset", at("/staff/reset/none")),
    Sight("join", "Join Oakwood School", "accounts.invitation", c.join),
    Sight("join, errors", "Error: Join Oakwood", "accounts.invitation", c.join_with_errors),
    Sight("join, has an account", "Join Birch", "accounts.invitation", c.join_signed_in, V),
    Sight("join, somebody else", "Join Birch", "accounts.invitation", c.join_as_another, V),
    Sight("join, expired", "This link has", "accounts.invitation", at("/staff/invitation/none")),
    # Staff of a school
    Sight("accounts", "Staff accounts", "staff.accounts_page", c.accounts, BOTH),
    Sight(
        "accounts, errors",
        "Error: Staff accounts",
        "staff.accounts_page",
        c.accounts_with_errors,
        BOTH,
    ),
    Sight("account", "Viewer", "staff.account_page", c.account, BOTH),
    Sight("remove account", "Remove Viewer", "staff.ask_to_remove", c.remove_account, BOTH),
    Sight("audit", "Staff activity", "staff.audit_trail", at(f"{STAFF}/audit"), BOTH),
    Sight("audit, nothing", "Staff activity", "staff.audit_trail", c.audit_of_nothing, BOTH),
    Sight("overview", "Overview", "staff.overview", at(f"{STAFF}/"), V),
    Sight("overview, notices", "Overview", "staff.overview", at(f"{STAFF}/"), E),
    Sight("overview, nothing waits", "Overview", "staff.overview", at("/birchwood/staff/"), BOTH),
    Sight("look-up", "Find: 415", "staff.overview", at(f"{STAFF}/?q=415"), V),
    Sight("look-up, nothing", "Find: zz", "staff.overview", at(f"{STAFF}/?q=zz+zz"), E),
    Sight("look-up, long", "Find: Wolf", "staff.overview", at(f"{STAFF}/?q=Wolf"), E),
    Sight("student", "Mateo", "staff.record", at(STUDENT), E),
    Sight("student, all open", "Mateo", "staff.record", s.record_with_all_open, E),
    Sight("student to a viewer", "Mateo", "staff.record", at(STUDENT), V),
    Sight("student alone", "Olga", "staff.record", at(ALONE), E),
    Sight("student, long", "Wolf", "staff.record", at(LONG), E),
    Sight("parent", "Ana", "staff.record", at(PARENT), E),
    Sight("phones saved", "Ana", "staff.record", s.phones_saved, E),
    Sight("contact", "Edit Mateo", EDIT, at(f"{STUDENT}/edit"), E),
    Sight("parent's details", "Edit Ana", EDIT, at(f"{PARENT}/edit"), E),
    Sight("contact with errors", "Error: Edit Mateo", EDIT, s.contact_with_errors, E),
    Sight("contact in conflict", "Edit Matthew", EDIT, s.contact_in_conflict, E),
    Sight("contact, long", "Edit Wolf", EDIT, at(f"{LONG}/edit"), E),
    Sight("phones", "Ana", "staff.edit_phones", at(f"{PARENT}/phones"), E),
    Sight("phones with errors", "Error: Ana", "staff.edit_phones", s.phones_with_errors, E),
    Sight("phones in conflict", "Ana", "staff.edit_phones", s.phones_in_conflict, E),
    Sight("no opting out", "Only the parent", "staff.edit_phones", s.tried_to_opt_out, E),
    Sight(
        "number not proven", "(4", "staff.prove_number", at(f"{STAFF}/contacts/{{not_proven}}"), E
    ),
    Sight("number told, errors", "Error: (4", "staff.prove_number", s.number_told_without_note, E),
    Sight("number told", "Ben", "staff.record", s.number_told, E),
    Sight("pause", "Pause", "staff.pause_number", at(f"{STAFF}/contacts/{{not_proven}}/pause"), E),
    Sight(
        "access",
        "Texts and access",
        "staff.parent_access",
        at(f"{STUDENT}/parents/{{parent}}/access"),
        E,
    ),
    Sight("history", "Mateo", "staff.history", at(f"{STUDENT}/history"), V),
    Sight("history's end", "Olga", "staff.history", at(f"{ALONE}/history?page=2"), V),
    Sight("add student", "Add a student", "staff.add_student", at(f"{STAFF}/students/new"), E),
    Sight("add student, errors", "Error: Add a", "staff.add_student", s.student_with_errors, E),
    Sight("add parent", "Add a parent of", "staff.add_parent", at(f"{ALONE}/parents/new"), E),
    Sight("add parent, errors", "Error: Add a", "staff.add_parent", s.parent_with_errors, E),
    Sight("add parent, found", "Add a parent of", "staff.add_parent", s.parent_found, E),
    Sight("add parent, full", "Add a parent of", "staff.add_parent", at(f"{FULL}/parents/new"), E),
    Sight("invitations", "Email the form", "staff.invitations_page", at(f"{STAFF}/invitations"), E),
    Sight(
        "invitations, nobody",
        "Email the form",
        "staff.invitations_page",
        at("/birchwood/staff/invitations"),
        BOTH,
    ),
    Sight("no answers", "“No” answers to", REVIEW, at(f"{STAFF}/waiting-answers"), E),
    Sight(
        "no answers, none", "“No” answers to", REVIEW, at("/birchwood/staff/waiting-answers"), BOTH
    ),
    # Texts
    Sight("texts", "Texts", TEXTS, at(f"{STAFF}/texts"), E),
    Sight("replies", "Replies", TEXTS, at(f"{STAFF}/texts?show=replies"), E),
    Sight(
        "no such texts", "Failed", TEXTS, at("/birchwood/staff/texts?show=failed&number=1"), BOTH
    ),
    Sight("conversation", "Texts with", "staff.thread", t.conversation, E),
    Sight("conversation, errors", "Error: Texts with", "staff.thread", t.empty_reply, E),
    Sight("conversation, opted out", "Texts with", "staff.thread", t.conversation_after_stop, V),
    Sight("text with errors", "Error: Write a text", WRITE, t.text_with_errors, E),
    Sight("text looked over", "Send this text?", WRITE, t.text_looked_over, E),
    Sight("text for nobody", "No one can get", WRITE, t.text_for_nobody, E),
    Sight("batch", "Text to Mateo", "staff.batch", at(f"{STAFF}/texts/batches/{{batch}}"), V),
    Sight(
        "batch, not reached",
        "Not reached",
        "staff.not_reached_page",
        at(f"{STAFF}/texts/batches/{{batch}}/not-reached"),
        V,
    ),
    Sight("batch that waits", "Text to Mateo", "staff.batch", t.batch_that_waits, E),
    Sight("help", "Help", "staff.help_page", at(f"{STAFF}/help"), V),
    Sight("handsets", "Demo phones", "handset.index", at("/demo/handset?number=12")),
    Sight("handset", "Demo phone (", "handset.play", t.handset_that_said_stop),
    # Search
    Sight("search begun", "Search", SEARCH, at(f"{STAFF}/search"), V),
    Sight("search", "Search", SEARCH, at(f"{STAFF}/search?f1=enrollment_status&v1=enrolled"), E),
    Sight("search, all open", "Search", SEARCH, t.search_with_all_open, E),
    Sight("search, no name", "Error: Search", None, t.search_without_a_name, V),
    Sight("search, nobody", "Search", SEARCH, at(f"{STAFF}/search?f1=email&v1=none@none"), V),
    Sight("columns", "Change Display", "staff.search_columns", at(f"{STAFF}/search/columns"), V),
    Sight("columns in a panel", "Search", SEARCH, t.columns_in_a_panel, V),
    # What went wrong
    Sight("no such school", "Page not found", "parent.home", at("/nowhere/")),
    Sight("no such page", "Page not found", None, at("/oakwood/no/such/page")),
    Sight("no such record", "Page not found", "staff.record", at(f"{STAFF}/contacts/1"), V),
    Sight("not yours", "You don't have permission to do this", EDIT, at(f"{STUDENT}/edit"), V),
    Sight("only takes a form", "You can't open this page directly", None, at("/staff/sign-out")),
    Sight("page gone stale", "This page has expired", EDIT, s.page_gone_stale, E),
]

NO_PAGES = {
    "static",
    "health.alive",
    "health.ready",
    "home.without_slash",  # leads on
    "staff.without_slash",  # leads on
    "staff.reply_to",  # leads on
    "staff.opt_outs",  # a download, as are these
    "staff.opt_ins",
    "staff.never_asked",
    "staff.do_not_text",
    "staff.do_not_text_xlsx",
    "staff.opt_outs_xlsx",
    "staff.opt_ins_xlsx",
    "staff.never_asked_xlsx",
    "staff.search_csv",
    "staff.search_xlsx",
    "staff.not_reached_csv",
    "staff.not_reached_xlsx",
}
"""Addresses that answer a GET with nothing to look at."""
