"""Django peer: admin changelist/record page, public ModelForm page, streaming CSV, STOP view. One file.
env: DB (sqlite path or postgresql:// DSN), STATIC served by Django itself. `prepare()` adds auth tables and the user staff/staff."""

import csv
import os

import django
from django.apps import AppConfig
from django.conf import settings

DB = os.environ["DB"]
if DB.startswith("postgres"):
    from psycopg.conninfo import conninfo_to_dict

    ci = conninfo_to_dict(DB)
    DATABASE = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": ci["dbname"],
        "HOST": ci.get("host", ""),
        "USER": ci.get("user", ""),
        "PORT": ci.get("port", ""),
        "CONN_MAX_AGE": None,
    }
else:  # the tuned set-up of the Django docs: WAL is in the file, IMMEDIATE avoids lock upgrades, connections kept
    DATABASE = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DB,
        "CONN_MAX_AGE": None,
        "OPTIONS": {}
        if os.environ.get("PLAIN")
        else {"transaction_mode": "IMMEDIATE", "timeout": 20},
    }


class App(AppConfig):
    name = label = "django_peer"
    path = os.path.dirname(os.path.abspath(__file__))
    default_auto_field = "django.db.models.BigAutoField"


settings.configure(
    DEBUG=False,
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="django_peer",
    DATABASES={"default": DATABASE},
    STATIC_URL="static/",
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
        "phonenumber_field",
        "django_peer.App",
    ],
    MIDDLEWARE=[
        "django_peer.count_sql",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    PHONENUMBER_DEFAULT_REGION="US",
    AUTH_PASSWORD_VALIDATORS=[],
    LOGGING_CONFIG=None,
)
django.setup()

from django import forms  # noqa: E402
from django.contrib import admin  # noqa: E402
from django.contrib.staticfiles.handlers import StaticFilesHandler  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse  # noqa: E402
from django.template import engines  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402
from django.utils.html import format_html  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402
from phonenumber_field.formfields import PhoneNumberField  # noqa: E402
from phonenumber_field.phonenumber import to_python  # noqa: E402


def count_sql(get_response):
    def middleware(request):
        n = [0]

        def wrap(execute, *a):
            n[0] += 1
            return execute(*a)

        with connection.execute_wrapper(wrap):
            r = get_response(request)
        r["X-SQL-Count"] = str(n[0])
        return r

    return middleware


def model(table):
    return type("Meta", (), {"app_label": "django_peer", "db_table": table, "managed": False})


class Family(models.Model):
    Meta = model("family")


class Contact(models.Model):
    Meta = model("contact")
    family = models.ForeignKey(Family, models.CASCADE, related_name="members")
    role = models.CharField(max_length=8, choices=[("student", "student"), ("parent", "parent")])
    position = models.IntegerField(default=1)
    first_name = models.CharField(max_length=60)
    last_name = models.CharField(max_length=60)
    email = models.EmailField(max_length=120)
    status = models.CharField(
        max_length=10,
        blank=True,
        choices=[(s, s) for s in "inquiry applicant admitted enrolled withdrawn".split()],
    )
    term = models.CharField(max_length=8, blank=True)


class Phone(models.Model):
    Meta = model("phone")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="phones")
    position = models.IntegerField(default=1)
    type = models.CharField(
        max_length=4, choices=[("home", "Home"), ("cell", "Cell"), ("work", "Work")]
    )
    number = models.CharField(
        max_length=20
    )  # a plain field: parsing each stored number again would only slow the peer
    consent = models.CharField(
        max_length=4,
        blank=True,
        choices=[("in", "Opted in"), ("out", "Opted out"), ("none", "No answer")],
    )


class ConsentEvent(models.Model):
    Meta = model("consent_event")
    phone = models.ForeignKey(Phone, models.CASCADE)
    consent = models.CharField(max_length=4)
    source = models.CharField(max_length=10)
    at = models.CharField(max_length=32)


class CellOptIn(admin.SimpleListFilter):
    title, parameter_name = "cell opt-in", "optin"

    def lookups(self, request, model_admin):
        return [("in", "Yes"), ("out", "No")]

    def queryset(self, request, qs):
        v = self.value()
        return (
            qs.filter(
                models.Exists(
                    Phone.objects.filter(contact=models.OuterRef("pk"), type="cell", consent=v)
                )
            )
            if v
            else qs
        )


class PhoneInline(admin.TabularInline):
    model, extra = Phone, 0


@admin.register(Contact)
class ContactAdmin(admin.ModelAdmin):
    list_display = [
        "last_name",
        "first_name",
        "role",
        "email",
        "status",
        "parent_1",
        "parent_2",
        "parent_3",
        "parent_4",
    ]
    list_filter = ["role", "status", CellOptIn]
    search_fields = ["first_name", "last_name", "email", "phones__number"]
    ordering, list_per_page, inlines, raw_id_fields = (
        ["last_name", "first_name", "id"],
        50,
        [PhoneInline],
        ["family"],
    )

    def get_queryset(
        self, request
    ):  # prefetch: 3 queries instead of hundreds (what a careful Django user does)
        qs = super().get_queryset(request)
        if os.environ.get("NAIVE"):
            return qs
        parents = (
            Contact.objects.filter(role="parent").order_by("position").prefetch_related("phones")
        )
        return qs.select_related("family").prefetch_related(
            models.Prefetch("family__members", parents, to_attr="parents")
        )

    def parent(self, c, i):
        ps = getattr(c.family, "parents", None) or c.family.members.filter(role="parent").order_by(
            "position"
        )
        ph = next((p for p in ps[i].phones.all() if p.position == 1), None) if i < len(ps) else None
        colour = {"in": "green", "out": "red"}.get(ph.consent, "gray") if ph else ""
        return format_html('<span style="color:{}">{}</span>', colour, ph.number) if ph else ""


for i in range(4):
    f = lambda self, c, i=i: self.parent(c, i)
    f.short_description = f"parent {i + 1} phone"
    setattr(ContactAdmin, f"parent_{i + 1}", f)


class ParentForm(forms.ModelForm):
    class Meta:
        model, fields = Contact, ["first_name", "last_name", "email"]


class PhoneForm(forms.ModelForm):
    number = PhoneNumberField(region="US")

    class Meta:
        model, fields = Phone, ["number", "type", "consent"]

    def clean(self):
        d = super().clean()
        if d.get("type") == "cell" and d.get("consent") not in ("in", "out"):
            self.add_error("consent", "Choose whether the school may text this number.")
        if d.get("number"):
            d["number"] = d["number"].as_e164
        return d


Phones = forms.inlineformset_factory(
    Contact, Phone, form=PhoneForm, extra=3, max_num=3, can_delete=False
)
PAGE = engines[
    "django"
].from_string("""<!doctype html><html lang=en><head><meta charset=utf-8><title>Contact form</title>
<meta name=viewport content="width=device-width"><style>body{font:16px sans-serif;max-width:40em;margin:auto}.errorlist{color:#b00}</style></head>
<body><h1>Contact form</h1><form method=post>{% csrf_token %}{{ form.as_div }}{{ phones.management_form }}
{% for f in phones %}<fieldset><legend>Phone {{ forloop.counter }}</legend>{{ f.as_div }}</fieldset>{% endfor %}<button>Send</button></form></body></html>""")


def form(request):
    p, ph = ParentForm(request.POST or None), Phones(request.POST or None, prefix="phones")
    if request.method == "POST" and p.is_valid() & ph.is_valid():
        with transaction.atomic():
            p.instance.family, p.instance.role = Family.objects.create(), "parent"
            ph.instance = p.save()
            for i, f in enumerate(f for f in ph.forms if f.has_changed()):
                f.instance.position = i + 1
            ConsentEvent.objects.bulk_create(
                [
                    ConsentEvent(
                        phone=x, consent=x.consent, source="form", at=timezone.now().isoformat()
                    )
                    for x in ph.save()
                    if x.consent
                ]
            )
        return HttpResponseRedirect("/thanks")
    return HttpResponse(PAGE.render({"form": p, "phones": ph}, request))


def export(request):
    if not request.user.is_staff:
        return HttpResponse(status=403)
    w = csv.writer(type("Echo", (), {"write": lambda self, x: x})())
    qs = (
        Phone.objects.filter(consent="out")
        .order_by("contact_id", "id")
        .values_list("contact_id", "contact__first_name", "contact__last_name", "number", "type")
    )
    return StreamingHttpResponse(
        map(w.writerow, qs.iterator(chunk_size=2000)), content_type="text/csv"
    )


@csrf_exempt
def stop(request):
    number = to_python(request.POST["From"]).as_e164
    with transaction.atomic():
        ids = list(Phone.objects.filter(number=number, type="cell").values_list("id", flat=True))
        Phone.objects.filter(id__in=ids).update(consent="out")
        ConsentEvent.objects.bulk_create(
            [
                ConsentEvent(phone_id=i, consent="out", source="sms", at=timezone.now().isoformat())
                for i in ids
            ]
        )
    return HttpResponse("<Response/>", content_type="text/xml")


urlpatterns = [
    path("admin/", admin.site.urls),
    path("form", form),
    path("thanks", lambda r: HttpResponse("Thank you")),
    path("export.csv", export),
    path("sms", stop),
]
app = StaticFilesHandler(get_wsgi_application())


def prepare():
    from django.contrib.auth.models import User
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    if os.environ.get("PLAIN") and not DB.startswith("postgres"):
        connection.cursor().execute(
            "PRAGMA journal_mode=DELETE"
        )  # Django's own defaults, for comparison
    if not User.objects.filter(username="staff").exists():
        User.objects.create_superuser("staff", "", "staff")
