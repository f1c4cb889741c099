"""The codes of the portal. Their values are in the database and in exports."""

from enum import StrEnum


class PhoneType(StrEnum):
    CELL = "cell"
    HOME = "home"
    WORK = "work"


class Slot(StrEnum):
    """The three phones of a contact; the values are part of the form's field names."""

    PRIMARY = "primary_phone"
    SECONDARY = "secondary_phone"
    OTHER = "other_phone"


class ConsentState(StrEnum):
    OPTED_IN = "opted_in"
    OPTED_OUT = "opted_out"
    NOT_ASKED = "not_asked"


class Answer(StrEnum):
    YES = "yes"
    NO = "no"


class Source(StrEnum):
    """The source of a decision. The table in docs/consent.md says what each may do."""

    PARENT_FORM = "parent_form"
    HANDSET = "handset"
    PUBLIC_FORM = "public_form"
    STAFF_ENTRY = "staff_entry"
    ROSTER_IMPORT = "roster_import"
    OPT_OUT_LIST = "opt_out_list"
    TEXT_REPLY = "text_reply"
    CARRIER = "carrier"
    NUMBER_LEFT = "number_left"
    STAFF_PAUSE = "staff_pause"
    STAFF_RESUME = "staff_resume"
    REPLY_PAUSE = "reply_pause"


class Refusal(StrEnum):
    """Reasons why a decision did not have its effect. Callers put them in words."""

    HANDSET_MUST_CONFIRM = "handset_must_confirm"
    OWNER_MUST_SIGN_IN = "owner_must_sign_in"
    ONLY_THE_PARENT = "only_the_parent_opts_back_in"
    STAFF_CANNOT_OPT_OUT = "staff_cannot_opt_out"
    OLDER_THAN_YES = "older_than_the_parents_yes"
    OLDER_THAN_STOP = "older_than_the_stop"
    START_IS_NOT_CONSENT = "start_is_not_consent"
    BLOCKED_BY_CARRIER = "blocked_by_carrier"


class ConsentStrength(StrEnum):
    """Ways in which an opt-in came about, the strongest first."""

    CONFIRMED = "confirmed"
    """By the phone itself, or by a signed-in parent about a number that is proven theirs."""
    FORM = "form"
    """By a form about a number that is not proven."""
    STAFF_TYPED = "staff_typed"
    ROSTER = "roster"


class PauseReason(StrEnum):
    """Reasons why a school does not text a number, whatever its parent answered."""

    WRONG_NUMBER = "wrong_number"
    ASKED_TO_STOP = "asked_to_stop"
    LIKELY_STOP = "likely_stop"
    """A reply that reads like a wish to stop, which staff have not decided on yet."""
    OTHER = "other"


class ProofKind(StrEnum):
    """Ways of showing that a number is a person's."""

    HANDSET = "handset"
    """The phone itself confirmed it for them: by the one-time word, or the link texted to it."""
    STAFF_TYPED = "staff_typed"
    STAFF_TOLD = "staff_told"
    """Staff say that the parent told them the number."""


class ContactRole(StrEnum):
    STUDENT = "student"
    PARENT = "parent"
    CONSULTANT = "consultant"


class Relationship(StrEnum):
    MOTHER = "mother"
    FATHER = "father"
    GUARDIAN = "guardian"
    GRANDPARENT = "grandparent"
    OTHER = "other"


class Grade(StrEnum):
    PK = "PK"
    KG = "KG"
    G1 = "1"
    G2 = "2"
    G3 = "3"
    G4 = "4"
    G5 = "5"
    G6 = "6"
    G7 = "7"
    G8 = "8"
    G9 = "9"
    G10 = "10"
    G11 = "11"
    G12 = "12"


class EnrollmentStatus(StrEnum):
    INQUIRY = "inquiry"
    APPLICANT = "applicant"
    ADMITTED = "admitted"
    ENROLLED = "enrolled"
    WITHDRAWN = "withdrawn"


class StaffRole(StrEnum):
    """Roles of an account at a school. Each includes the one before it."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"

    def includes(self, other: "StaffRole") -> bool:
        order = list(StaffRole)
        return order.index(self) >= order.index(other)


class AuditKind(StrEnum):
    """The kinds of entries in a school's audit trail; pages put them in words."""

    SIGN_IN = "sign_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGN_OUT = "sign_out"
    EXPORT = "export"
    RECORD_VIEW = "record_view"
    ACCOUNT_CHANGE = "account_change"
    PERMISSION_REFUSED = "permission_refused"


class AccountChange(StrEnum):
    """The changes of an account that the audit trail tells apart."""

    CREATED = "created"
    INVITED = "invited"
    INVITATION_CANCELED = "invitation_canceled"
    JOINED = "joined"
    ROLE = "role"
    REMOVED = "removed"
    DISABLED = "disabled"
    ENABLED = "enabled"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 -- the word for it
    RESET_REQUESTED = "reset_requested"
    PASSWORD_RESET = "password_reset"  # noqa: S105 -- the word for it


class ProposalKind(StrEnum):
    """Changes that an unsigned form would make to a family on file."""

    FIELD = "field"
    PHONE = "phone"
    CONSENT = "consent"
    LINK = "link"
    NEW_PARENT = "new_parent"


class ProposalState(StrEnum):
    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    SUPERSEDED = "superseded"
    """The same form was sent again with other answers."""


class FormOptOutState(StrEnum):
    """States of a no on a form from somebody on whose record the number is not proven."""

    TAKEN = "taken"
    """It took effect right away."""
    WAITING = "waiting"
    """It came in a burst: the number gets no texts, and staff confirm or discard it."""
    CONFIRMED = "confirmed"
    DISCARDED = "discarded"
    ENDED = "ended"
    """A later yes by the phone or its parent ended it, or the sender's own correction."""


class OwnerNoticeKind(StrEnum):
    """Things that we tell the people who have a number on their record about somebody else's
    answer."""

    OPTED_OUT = "opted_out"
    ON_HOLD = "on_hold"
    """A no waits for staff."""
    NAMED = "named"
    """One fixed text, for those on whose record the number is not proven."""
    NOBODY = "nobody"
    """Nobody could be emailed: staff see it on the overview."""
    PAUSED = "paused"
    """Staff paused texts, or ended that."""
    RESUMED = "resumed"


class MessageKind(StrEnum):
    """Kinds of texts. All but a batch's speak for themselves."""

    BATCH = "batch"
    WELCOME = "welcome"
    """The first text to a number: who, what about, how often, STOP and HELP."""
    STOP_CONFIRMATION = "stop_confirmation"
    PAUSE_NOTICE = "pause_notice"
    """The answer to a clear wish in other words than STOP."""
    HELP = "help"


class MessageState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    """A worker gave it to the provider and has no answer yet."""
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    NOT_KNOWN = "not_known"
    """The portal ended while it was in the provider's hands: it may have arrived."""


class MessageFault(StrEnum):
    """Reasons why a text failed. Pages put them in words."""

    OPTED_OUT = "opted_out"
    NOT_ASKED = "not_asked"
    NO_CELL = "no_cell"
    BLOCKED = "blocked_by_carrier"
    COUNTRY = "country"
    TEXTING_OFF = "texting_off"
    OUTDATED = "outdated"
    """It answered a number that opted out, and the number is not opted out anymore."""
    CANCELLED = "cancelled"
    PROVIDER = "provider"
    """The provider refused it for good; its code says why."""
    GAVE_UP = "gave_up"
    """The provider could not be reached, again and again."""
    NO_WAITING = "no_waiting"
    """A form said no to texts, and staff have not reviewed that yet."""
    PAUSED = "paused"
    """The school itself decided not to text the number."""
    TOO_LATE = "too_late"
    """The time after which staff did not want it sent had passed."""
    SWITCHED_OFF = "switched_off"
    """Staff turned off texts to this parent about the child that it is about."""


class InboundKind(StrEnum):
    """Kinds of texts that came in."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    WORD = "word"
    """The one-time word of the household page."""
    WISH = "wish"
    """A clear wish to get no more texts, in words other than a keyword."""
    WRONG_NUMBER = "wrong_number"
    """Says that the number is not the parent's."""
    NEAR_MISS = "near_miss"
    """Mentions an opt-out keyword, or the like: for staff to read, not guessed."""
    REPLY = "reply"


class ReactionKind(StrEnum):
    """Kinds of reactions to a text. They aren't stored, but read from the text each time."""

    LIKED = "liked"
    LOVED = "loved"
    DISLIKED = "disliked"
    LAUGHED = "laughed"
    EMPHASIZED = "emphasized"
    QUESTIONED = "questioned"
    REACTED = "reacted"
    REMOVED = "removed"


class InboundVia(StrEnum):
    """Ways by which a text came in."""

    WEBHOOK = "webhook"
    RECONCILE = "reconcile"
    """Asked for afterwards: it had passed the portal by."""
    HANDSET = "handset"
    """Typed on the page that plays a handset, where texts are kept and not sent."""


class WorkerKind(StrEnum):
    """The workers: `flask mail work` and `flask texts work`."""

    MAIL = "mail"
    TEXTS = "texts"


class EmailFault(StrEnum):
    """Reasons why an email did not arrive. Pages put them in words."""

    NO_MAILBOX = "no_mailbox"
    NO_DOMAIN = "no_domain"
    """No server takes email for the part after the @."""
    TURNED_OFF = "turned_off"
    FULL = "full"
    BLOCKED = "blocked"
    """Blocked by a rule or a filter of their server or ours. The address may be right."""
    OTHER = "other"
    NOT_DELIVERED = "not_delivered"
    """We tried for hours, but the server did not answer, or said to try later."""


class NoticeKind(StrEnum):
    """Subjects of a notice on the overview. `templates/staff/_notices.html` has the words."""

    EMAILS_ALIKE = "emails_alike"
    """Addresses that were taken for one before, or are one now: found when keys were made again."""
    EMAIL_PUT_BACK = "email_put_back"
    """The owner of a former sign-in address objected to its change."""
    SAME_FAMILY = "same_family"
    """A form added a student, and another one with the same name has parents who have something in
    common with those on the form."""
    MAIL_DELAYED = "mail_delayed"
    """Emails wait, as more were asked for than a limit lets go out."""
    WELCOME_DELAYED = "welcome_delayed"
    """Welcomes go with the first real text, as more were asked for than a limit lets go out."""
    TEXTS_TOO_LATE = "texts_too_late"
    """Texts of a batch could not go out in time."""
    EMERGENCY_WAITS = "emergency_waits"
    """An editor's emergency text waits for an admin."""
    TEXTS_HELD = "texts_held"
    """Texts wait because of a fault of our own: `portal/services/texting/held_texts.py`."""
