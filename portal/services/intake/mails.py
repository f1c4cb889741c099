"""The email that follows a contact form, in the transaction that takes it in.

For an unsigned one, to the address that it gave, whatever is on file: what was said, and a link
that signs in. `portal.services.intake.owner_notices` tells the others who have its numbers.
The names that a form gives are not repeated: a stranger may write anything there, to anybody.
"""

from portal.form_answers import ContactAnswers, ParentAnswer
from portal.phone import show_number
from portal.queries.accounts.parents import mailbox
from portal.queries.schools import SchoolRow
from portal.services.accounts import parent_sign_in
from portal.services.accounts.tokens import MakeUrl
from portal.services.mail import limits as mail_limits
from portal.services.mail import parent_emails
from portal.services.mail.parent_emails import SaidPhone


def send_receipt(
    school: SchoolRow,
    submission_id: int,
    answers: ContactAnswers,
    language: str,
    make_url: MakeUrl,
    network: str,
) -> None:
    """Write the email that follows an unsigned form; `language` is the form's. A signed-in parent
    sees the result on the page, and gets no email."""
    sender = answers.parents[1].email or ""
    token = parent_sign_in.make_link(school.id, sender, "receipt", submission_id)
    if token is None:
        return
    with parent_emails.language(language):
        link = make_url(token)
        words = parent_emails.receipt_mail(school.name, _said(school, answers.parents), link)
    to = mailbox(school.id, sender)
    mail_limits.enqueue_limited(school.id, "receipt", to, language, words, network)


def _said(school: SchoolRow, parents: dict[int, ParentAnswer]) -> list[SaidPhone]:
    return [
        SaidPhone(n, show_number(p.number, school.country), p.extension, p.type, p.answer)
        for n, parent in sorted(parents.items())
        for p in parent.phones
    ]
