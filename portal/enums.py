"""The words of the portal that are stored: their values stand in the database and in exports."""

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
    """Where a decision came from; DESIGN.md's table says what each may do."""

    PARENT_FORM = "parent_form"
    HANDSET = "handset"
    PUBLIC_FORM = "public_form"
    STAFF_ENTRY = "staff_entry"
    ROSTER_IMPORT = "roster_import"
    OPT_OUT_LIST = "opt_out_list"
    TEXT_REPLY = "text_reply"
    CARRIER = "carrier"
    NUMBER_LEFT = "number_left"


class Refusal(StrEnum):
    """Why a decision did not have the effect that was asked for; callers put it in words."""

    HANDSET_MUST_CONFIRM = "handset_must_confirm"
    OWNER_MUST_SIGN_IN = "owner_must_sign_in"
    ONLY_THE_PARENT = "only_the_parent_opts_back_in"
    STAFF_CANNOT_OPT_OUT = "staff_cannot_opt_out"
    OLDER_THAN_YES = "older_than_the_parents_yes"
    OLDER_THAN_STOP = "older_than_the_stop"
    START_IS_NOT_CONSENT = "start_is_not_consent"
    BLOCKED_BY_CARRIER = "blocked_by_carrier"


class ProofKind(StrEnum):
    """How it was shown that a number is a person's."""

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
    """What an account may do at a school; each includes the one before it."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"

    def includes(self, other: "StaffRole") -> bool:
        order = list(StaffRole)
        return order.index(self) >= order.index(other)


class ProposalKind(StrEnum):
    """What an unsigned form would change about a family that is on file."""

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


class MessageKind(StrEnum):
    """What a text is; all but a batch's answer for themselves."""

    BATCH = "batch"
    WELCOME = "welcome"
    """The first text to a number: who, what about, how often, STOP and HELP."""
    STOP_CONFIRMATION = "stop_confirmation"
    HELP = "help"


class MessageState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    """In the provider's hands: whoever took it has not said yet what came of it."""
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    NOT_KNOWN = "not_known"
    """The portal ended while it was in the provider's hands: it may have arrived."""


class TextFault(StrEnum):
    """Why a text failed; pages put it in words."""

    OPTED_OUT = "opted_out"
    NOT_ASKED = "not_asked"
    NO_CELL = "no_cell"
    BLOCKED = "blocked_by_carrier"
    COUNTRY = "country"
    TEXTING_OFF = "texting_off"
    OUTDATED = "outdated"
    """It answered a number that opted out, and the number is not opted out any more."""
    CANCELLED = "cancelled"
    PROVIDER = "provider"
    """The provider refused it for good; its code says why."""
    GAVE_UP = "gave_up"
    """The provider could not be reached, again and again."""


class InboundKind(StrEnum):
    """What a text that came in was taken for."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    WORD = "word"
    """The one-time word of the household page."""
    NEAR_MISS = "near_miss"
    """Holds an opt-out keyword among other words: for staff to read, not guessed."""
    REPLY = "reply"


class InboundVia(StrEnum):
    """How a text came in."""

    WEBHOOK = "webhook"
    RECONCILE = "reconcile"
    """Asked for afterwards: it had passed the portal by."""
    HANDSET = "handset"
    """Typed on the page that plays a handset, where texts are kept and not sent."""
