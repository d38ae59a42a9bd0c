"""The application factory: the only place that wires."""

from __future__ import annotations

import logging
import sys
from contextlib import ExitStack
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, redirect, request, url_for
from flask_login import current_user
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as BaseResponse

import erp_core.api
import erp_core.web
from erp_core import access, extensions
from erp_core.config import Config
from erp_core.extensions import db
from erp_core.jobs.worker import Worker
from erp_core.models.types import keyring
from erp_core.plugins import migrate, registry

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LARGEST_BODY = 1024 * 1024
RUN_LIMIT = 30
"""Messages of one run at most, so that a person's click never waits for a whole backlog."""

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; "
    "form-action 'self'"
)


def create_app(config: Config | None = None) -> Flask:
    """Build the application with the plugins that the configuration names. Raises `PluginError` if one is broken."""
    config = config or Config.from_environ()
    app = Flask("erp_core")
    app.config.update(
        ERP=config,
        SECRET_KEY=config.secret_key,
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(config),
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.secure_cookies,
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_SECURE=config.secure_cookies,
        WTF_CSRF_TIME_LIMIT=None,
        BOOTSTRAP_SERVE_LOCAL=True,
        RATELIMIT_STORAGE_URI=config.rate_limit_storage,
        RATELIMIT_ENABLED=config.rate_limits,
        RATELIMIT_HEADERS_ENABLED=True,
    )
    configure_logging()
    keyring.use(config.encryption_keys)
    if config.database_url.startswith("sqlite:///"):
        config.data_dir.mkdir(parents=True, exist_ok=True)

    loaded = registry.load(config.plugins, config)
    registry.install(loaded)
    app.extensions["erp_registry"] = loaded

    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    db.init_app(app)
    with app.app_context():
        extensions.configure_engine(db.engine)
    extensions.migrate.init_app(app, db, directory=str(migrate.script_dir()))
    extensions.login_manager.init_app(app)
    extensions.csrf.init_app(app)
    extensions.bootstrap.init_app(app)
    extensions.limiter.init_app(app)

    app.before_request(_open_request)
    app.teardown_request(_close_request)
    app.after_request(_secure)
    erp_core.web.init_app(app)
    erp_core.api.init_app(app)
    _register_blueprints(app, loaded)
    return app


def sessions(app: Flask) -> sessionmaker[Session]:
    """Sessions for work outside requests: the worker, schedules and commands. They see every tenant."""
    with app.app_context():
        return sessionmaker(db.engine, expire_on_commit=False)


def create_worker(app: Flask, **options: Any) -> Worker:
    """The worker of this application, with the jobs of its plugins."""
    config: Config = app.config["ERP"]
    loaded: registry.Registry = app.extensions["erp_registry"]
    options = {"streams": config.worker_streams, "batch": RUN_LIMIT, **options}
    return Worker(sessions(app), loaded.jobs, **options)


def configure_logging() -> None:
    """Log lines as key and value pairs on standard error."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
    for noisy in ("alembic", "apscheduler", "urllib3", "requests_oauthlib", "oauthlib"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _engine_options(config: Config) -> dict[str, Any]:
    quiet = {"hide_parameters": True}  # an error in the log must not quote a row
    if config.database_url.startswith("sqlite"):
        return quiet
    return quiet | {"pool_pre_ping": True, "pool_size": config.worker_streams + 10, "max_overflow": 20}


def _register_blueprints(app: Flask, loaded: registry.Registry) -> None:
    """Plugins' pages and endpoints; those of flask-smorest join the OpenAPI document."""
    from flask_smorest import Blueprint as ApiBlueprint

    for plugin in loaded.plugins:
        for blueprint in plugin.blueprints():
            if blueprint.name in app.blueprints:
                raise registry.PluginError(
                    f"The plugin {plugin.name} has a blueprint named {blueprint.name}, but that name is taken."
                )
            if isinstance(blueprint, ApiBlueprint):
                erp_core.api.register(app, blueprint)
            else:
                app.register_blueprint(blueprint)


def _open_request() -> BaseResponse | None:
    """Reads run read-only, people sign in first, and the session sees one tenant."""
    view = current_app.view_functions.get(request.endpoint or "")
    g.exits = ExitStack()
    if request.method in SAFE_METHODS and not getattr(view, "writes", False):
        g.exits.enter_context(extensions.read_only())
    open_to_all = request.endpoint is None or request.endpoint.endswith("static") or getattr(view, "public", False)
    if not open_to_all and not current_user.is_authenticated and not erp_core.api.is_api():
        return redirect(
            url_for("auth.sign_in", next=request.full_path.rstrip("?") if request.method == "GET" else None)
        )
    if current_user.is_authenticated:
        access.see_only(db.session(), access.signed_in().tenant_id)
    return None


def _close_request(_error: BaseException | None) -> None:
    if (exits := g.pop("exits", None)) is not None:
        db.session.rollback()
        exits.close()


def _secure(response: Response) -> Response:
    """Headers that keep pages from being framed, sniffed, or fed with another host's scripts."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    if current_user and current_user.is_authenticated:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def start_engine(app: Flask) -> Any:
    """Start the embedded engine in this process: the worker, the schedules and the bell."""
    from erp_core.jobs import embedded

    loaded: registry.Registry = app.extensions["erp_registry"]
    return embedded.start(create_worker(app), [*loaded.schedules, *erp_core.api.SCHEDULES])


__all__ = ["create_app", "create_worker", "sessions", "start_engine"]
