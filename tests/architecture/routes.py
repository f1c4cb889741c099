"""Every address and who may open it."""

from dataclasses import dataclass
from enum import Enum


class Who(Enum):
    """The people who may open an address. Each kind of staff includes those after it."""

    ANYONE = "anyone"
    PARENT = "a signed-in parent"
    SIGNED_IN = "whoever is signed in, whatever their school"
    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"
    PROVIDER = "the provider of texts, by its signature"


@dataclass(frozen=True)
class Route:
    endpoint: str
    methods: str
    who: Who
    address: str
    ids: str = ""
    """The kinds of ids in the address, in its order: `student parent`."""
    status: int = 200
    """The status of a GET by those who may."""
    post: int | None = None
    """The status of a POST by those who may, if it is always the same."""


A, P, S, V, E, D = Who.ANYONE, Who.PARENT, Who.SIGNED_IN, Who.VIEWER, Who.EDITOR, Who.ADMIN
CONTACT = "/oakwood/staff/contacts/{}"
BATCH = "/oakwood/staff/texts/batches/{}"

ROUTES = [
    Route("static", "GET", A, "/static/portal.css"),
    Route("health.alive", "GET", A, "/healthz"),
    Route("health.ready", "GET", A, "/readyz"),
    Route("home.index", "GET", A, "/"),
    Route("home.without_slash", "GET", A, "/oakwood", status=308),
    Route("outbox.page", "GET", A, "/demo/outbox", status=404),  # but in a trial
    Route("webhooks.receive", "POST", Who.PROVIDER, "/webhooks/twilio/inbound"),
    Route("webhooks.report", "POST", Who.PROVIDER, "/webhooks/twilio/status"),
    Route("handset.index", "GET", A, "/demo/handset", status=404),
    Route("handset.play", "GET", A, "/demo/handset/14155550182", status=404),
    Route("handset.answer", "POST", A, "/demo/handset/14155550182", post=404),
    # Parents
    Route("parent.home", "GET", A, "/oakwood/"),
    Route("parent.privacy", "GET", A, "/oakwood/privacy"),
    Route("parent.terms", "GET", A, "/oakwood/terms"),
    Route("parent.contact_form", "GET", A, "/oakwood/forms/contact"),
    Route("parent.send_contact_form", "POST", A, "/oakwood/forms/contact"),
    Route("parent.thank_you", "GET", A, "/oakwood/forms/contact/sent"),
    Route("parent.show_answers", "POST", A, "/oakwood/forms/contact/sent", post=303),
    Route("parent.clear_answers", "POST", A, "/oakwood/forms/contact/sent/clear", post=303),
    Route("parent.sign_in", "GET", A, "/oakwood/sign-in"),
    Route("parent.ask_for_code", "POST", A, "/oakwood/sign-in"),
    Route("parent.code", "GET", A, "/oakwood/sign-in/code", status=303),
    Route("parent.send_code", "POST", A, "/oakwood/sign-in/code"),
    Route("parent.link", "GET", A, "/oakwood/sign-in/link/none", status=410),
    Route("parent.follow_link", "POST", A, "/oakwood/sign-in/link/none"),
    Route("parent.email_change", "GET", A, "/oakwood/sign-in/email/none", status=410),
    Route("parent.undo_email_change", "POST", A, "/oakwood/sign-in/email/none", post=410),
    Route("parent.texted_link", "GET", A, "/oakwood/t/none", status=410),
    Route("parent.answer_by_link", "POST", A, "/oakwood/t/none"),
    Route("parent.answered_by_link", "GET", A, "/oakwood/texts/answered", status=303),
    Route("parent.who", "GET", A, "/oakwood/sign-in/who", status=303),
    Route("parent.choose_who", "POST", A, "/oakwood/sign-in/who"),
    Route("parent.sign_out", "POST", A, "/oakwood/sign-out"),
    Route("parent.household_page", "GET", P, "/oakwood/household"),
    Route("parent.give_answer", "POST", P, "/oakwood/household/answer"),
    Route("parent.confirm", "POST", P, "/oakwood/household/confirm"),
    Route("parent.settle_waiting", "POST", P, "/oakwood/household/waiting"),
    Route("parent.phones", "GET", P, "/oakwood/household/phones"),
    Route("parent.change_phones", "POST", P, "/oakwood/household/phones"),
    Route("parent.show_confirmation_word", "POST", P, "/oakwood/household/handset"),
    Route("parent.handset_page", "GET", P, "/oakwood/household/handset/14155550182", status=303),
    # Staff, of no school in particular
    Route("accounts.sign_in", "GET POST", A, "/staff/sign-in"),
    Route("accounts.sign_out", "POST", A, "/staff/sign-out"),
    Route("accounts.schools", "GET", S, "/staff/", status=303),
    Route("accounts.change_password", "GET POST", S, "/staff/password"),
    Route("accounts.forgot", "GET POST", A, "/staff/forgot"),
    Route("accounts.forgot_sent", "GET", A, "/staff/forgot/sent"),
    Route("accounts.reset", "GET POST", A, "/staff/reset/none", status=410),
    Route("accounts.invitation", "GET POST", A, "/staff/invitation/none", status=410),
    # Staff of a school
    Route("staff.without_slash", "GET", V, "/oakwood/staff", status=308),
    Route("staff.overview", "GET", V, "/oakwood/staff/"),
    Route("staff.record", "GET", V, CONTACT, "student"),
    Route("staff.history", "GET", V, f"{CONTACT}/history", "student"),
    Route("staff.opt_outs", "GET", V, "/oakwood/staff/opt-outs.csv"),
    Route("staff.do_not_text", "GET", V, "/oakwood/staff/do-not-text.csv"),
    Route("staff.do_not_text_xlsx", "GET", V, "/oakwood/staff/do-not-text.xlsx"),
    Route("staff.opt_ins", "GET", V, "/oakwood/staff/opt-ins.csv"),
    Route("staff.never_asked", "GET", V, "/oakwood/staff/never-asked.csv"),
    Route("staff.opt_outs_xlsx", "GET", V, "/oakwood/staff/opt-outs.xlsx"),
    Route("staff.opt_ins_xlsx", "GET", V, "/oakwood/staff/opt-ins.xlsx"),
    Route("staff.never_asked_xlsx", "GET", V, "/oakwood/staff/never-asked.xlsx"),
    Route("staff.edit_contact", "GET POST", E, f"{CONTACT}/edit", "student"),
    Route("staff.edit_phones", "GET POST", E, f"{CONTACT}/phones", "parent"),
    Route("staff.prove_number", "GET POST", E, f"{CONTACT}/numbers/{{}}", "other number"),
    Route("staff.undo_number_proof", "POST", E, f"{CONTACT}/numbers/{{}}/undo", "other number"),
    Route("staff.pause_number", "GET POST", E, f"{CONTACT}/numbers/{{}}/pause", "other number"),
    Route("staff.confirm_wish", "POST", E, f"{CONTACT}/numbers/{{}}/wants-to-stop", "other number"),
    Route("staff.resume_number", "POST", E, f"{CONTACT}/numbers/{{}}/resume", "other number"),
    Route("staff.add_student", "GET POST", E, "/oakwood/staff/students/new"),
    Route("staff.add_parent", "GET POST", E, f"{CONTACT}/parents/new", "student"),
    Route("staff.parent_access", "GET POST", E, f"{CONTACT}/parents/{{}}/access", "student parent"),
    Route("staff.remove_parent", "POST", E, f"{CONTACT}/parents/{{}}/remove", "student parent"),
    Route("staff.invite", "POST", E, f"{CONTACT}/invitation", "parent"),
    Route("staff.invitations_page", "GET", E, "/oakwood/staff/invitations"),
    Route("staff.send_invitations", "POST", E, "/oakwood/staff/invitations"),
    Route("staff.stop_campaign", "POST", E, "/oakwood/staff/invitations/{}/stop", "campaign"),
    Route("staff.texts_page", "GET", V, "/oakwood/staff/texts"),
    Route("staff.mark_read", "POST", E, "/oakwood/staff/texts/read"),
    Route("staff.thread", "GET", V, "/oakwood/staff/texts/numbers/{}", "number"),
    Route("staff.reply", "POST", E, "/oakwood/staff/texts/numbers/{}", "number"),
    Route("staff.reply_to", "GET", V, "/oakwood/staff/texts/replies/{}", "text", status=303),
    Route("staff.decide_wish", "POST", E, "/oakwood/staff/texts/wish"),
    Route("staff.compose_text", "GET", E, "/oakwood/staff/texts/new"),
    Route("staff.send_text", "POST", E, "/oakwood/staff/texts/new"),
    Route("staff.batch", "GET", V, "/oakwood/staff/texts/batches/{}", "batch"),
    Route("staff.not_reached_page", "GET", V, f"{BATCH}/not-reached", "batch"),
    Route("staff.not_reached_csv", "GET", V, f"{BATCH}/not-reached.csv", "batch"),
    Route("staff.not_reached_xlsx", "GET", V, f"{BATCH}/not-reached.xlsx", "batch"),
    Route("staff.invite_not_reached", "POST", E, f"{BATCH}/not-reached/invitations", "batch"),
    Route("staff.approve_batch", "POST", D, f"{BATCH}/approve", "batch"),
    Route("staff.cancel_batch", "POST", E, "/oakwood/staff/texts/batches/{}/cancel", "batch"),
    Route("staff.resume_texts", "POST", D, "/oakwood/staff/texts/resume"),
    Route("staff.help_page", "GET", V, "/oakwood/staff/help"),
    Route("staff.search_page", "GET", V, "/oakwood/staff/search"),
    Route("staff.search_columns", "GET", V, "/oakwood/staff/search/columns"),
    Route("staff.search_csv", "GET", V, "/oakwood/staff/search.csv"),
    Route("staff.search_xlsx", "GET", V, "/oakwood/staff/search.xlsx"),
    Route("staff.save_search", "POST", V, "/oakwood/staff/search/saved", post=422),
    Route("staff.run_saved", "POST", V, "/oakwood/staff/search/saved/{}/run", "search", post=303),
    # One that came with the school; one's own is any member's to change.
    Route(
        "staff.change_saved",
        "POST",
        D,
        "/oakwood/staff/search/saved/{}",
        "search",
        post=422,
    ),
    Route("staff.invite_chosen", "POST", E, "/oakwood/staff/invitations/chosen", post=303),
    Route("staff.close_notice", "POST", E, "/oakwood/staff/notices/{}/close", "notice", post=303),
    Route("staff.waiting_answers_page", "GET", E, "/oakwood/staff/waiting-answers"),
    Route("staff.review_answers", "POST", E, "/oakwood/staff/waiting-answers", post=303),
    Route("staff.proposals_decide", "POST", E, f"{CONTACT}/proposals", "student"),
    Route("staff.audit_trail", "GET", D, "/oakwood/staff/audit"),
    Route("staff.accounts_page", "GET", D, "/oakwood/staff/accounts"),
    Route("staff.invite_staff", "POST", D, "/oakwood/staff/accounts"),
    Route(
        "staff.cancel_invitation",
        "POST",
        D,
        "/oakwood/staff/accounts/invitations/{}/cancel",
        "invitation",
        post=303,
    ),
    Route("staff.account_page", "GET", D, "/oakwood/staff/accounts/{}", "account"),
    Route("staff.change_role", "POST", D, "/oakwood/staff/accounts/{}", "account"),
    Route("staff.ask_to_remove", "GET", D, "/oakwood/staff/accounts/{}/remove", "account"),
    Route(
        "staff.remove_account", "POST", D, "/oakwood/staff/accounts/{}/remove", "account", post=303
    ),
]
CSRF_BY_ITSELF = {"parent.send_contact_form", "webhooks.receive", "webhooks.report"}
"""Views that check their form's token themselves, and bring the form back when it is old; and
those whose posts are signed, whoever is signed in."""
ENDS_THE_SESSION = {"accounts.sign_out", "parent.sign_out", "parent.clear_answers"}

STAFF_RANKS = [Who.VIEWER, Who.EDITOR, Who.ADMIN]
