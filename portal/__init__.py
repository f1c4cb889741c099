"""The parent portal: a school's forms, consent to be texted, and the records behind both."""

import os
from contextlib import suppress
from pathlib import Path

from flask import Flask
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket
from werkzeug.middleware.proxy_fix import ProxyFix

from portal import models as models  # the tables, for db and migrations
from portal import signed_tokens
from portal.config import INSTANCE, LARGEST_FORM, ROOT, Settings
from portal.database.engines import engine_options, prepare_engine
from portal.extensions import REPLICA, babel, compress, csrf, db
from portal.log_redaction import install as redact_log
from portal.private_files import is_private, make_private_folder
from portal.translation_files import TRANSLATIONS, compile_translations


def create_app(settings: Settings | None = None, commands: bool = True) -> Flask:
    """The app, from the environment if no settings are given. Raises SettingsError.

    `commands`: False for a web server, which runs none of them and starts sooner so.
    """
    redact_log()
    settings = settings or Settings.from_environ(os.environ)
    app = Flask(
        __name__, template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static")
    )
    engine = engine_options(settings)
    replica = {REPLICA: {"url": settings.replica_url, **engine}} if settings.replica_url else {}
    app.config.update(
        PORTAL=settings,
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine,
        SQLALCHEMY_BINDS=replica,
        SESSION_COOKIE_NAME=settings.cookie_name,
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        WTF_CSRF_CHECK_DEFAULT=True,
        WTF_CSRF_SSL_STRICT=False,  # portal.views.csrf_check is stricter, without the Referer
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_MIN_SIZE=400,
    )
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask's documented way
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
    if not settings.testing and (folder := templates_folder()):
        cache = TemplateCache(str(folder))
        app.jinja_options = {**app.jinja_options, "bytecode_cache": cache}
    db.init_app(app)
    csrf.init_app(app)
    compress.init_app(app)
    signed_tokens.install(app)
    with app.app_context():
        for each in db.engines.values():
            prepare_engine(each, bool(settings.database_pooler))
    _register(app)
    if commands:
        from portal import cli

        cli.register(app)
    return app


class TemplateCache(FileSystemBytecodeCache):
    """Compiled templates in files. If the disk is full, pages work without them."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


def templates_folder() -> Path | None:
    """The folder for compiled templates, which are code: one that only this user can write to.
    None where there can't be one; templates are compiled at each start then."""
    folder = INSTANCE / "templates"
    try:
        for each in (INSTANCE, folder):
            make_private_folder(each)
        return folder if is_private(INSTANCE) and is_private(folder) else None
    except OSError:
        return None


def _register(app: Flask) -> None:
    from portal import audit_writer, views
    from portal.delivery import form_worker, mail_worker
    from portal.views import language

    compile_translations()
    babel.init_app(
        app,
        locale_selector=language.choose,
        timezone_selector=language.timezone,
        default_translation_directories=str(TRANSLATIONS),
    )
    mail_worker.init_app(app)
    form_worker.init_app(app)
    audit_writer.init_app(app)
    views.register(app)
