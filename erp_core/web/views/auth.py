"""Signing in and out, and one's own password."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user
from werkzeug.security import check_password_hash

from erp_core.access import current_actor, public, signed_in
from erp_core.errors import ERPError, Invalid
from erp_core.extensions import db, limiter, login_manager
from erp_core.models import User
from erp_core.services import accounts
from erp_core.web.errors import own_path
from erp_core.web.forms import PasswordForm, SignInForm

bp = Blueprint("auth", __name__)


def init_app(app: Flask) -> None:
    """Teach Flask-Login who a session belongs to."""
    login_manager.user_loader(load_user)
    login_manager.session_protection = "basic"


def load_user(identity: str) -> User | None:
    """The person of a session cookie, unless their password changed or they were switched off since."""
    user_id, _, version = identity.partition(":")
    if not (user_id.isdecimal() and version.isdecimal()):
        return None
    user = db.session.get(User, int(user_id))
    return user if user is not None and user.active and user.session_version == int(version) else None


@bp.route("/sign-in", methods=["GET", "POST"])
@public
@limiter.limit("10 per minute", methods=["POST"])
def sign_in() -> ResponseReturnValue:
    """Let a person in, and lead them where they wanted to go, on this host only."""
    target = own_path(request.args.get("next")) or url_for("main.dashboard")
    if current_user.is_authenticated:
        return redirect(target)
    form = SignInForm()
    if form.validate_on_submit():
        user = accounts.authenticate(db.session(), form.email.data or "", form.password.data or "")
        if user is not None:
            cookie.clear()
            login_user(user, remember=bool(form.remember.data))
            return redirect(target)
        form.problem = (
            "E-mail address and password don't match. Check both, or ask your administrator for a new password."
        )
    return render_template("erp/sign_in.html", form=form), 401 if form.problem else 200


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """Forget the person."""
    logout_user()
    cookie.pop("instance_id", None)
    flash("You are signed out.", "success")
    return redirect(url_for("auth.sign_in"))


@bp.route("/password", methods=["GET", "POST"])
def password() -> ResponseReturnValue:
    """Change one's own password; other sessions end, this one stays."""
    form = PasswordForm()
    if form.validate_on_submit():
        user = signed_in()
        try:
            if not check_password_hash(user.password_hash, form.current.data or ""):
                wrong = "That is not your current password."
                raise Invalid(f"The password was not changed. {wrong}", fields={"current": wrong})
            if form.new.data != form.again.data:
                differs = "The two new passwords differ. Type them again."
                raise Invalid(f"The password was not changed. {differs}", fields={"again": differs})
            accounts.change_password(db.session(), user, form.new.data or "", actor=current_actor())
            db.session.commit()
        except ERPError as error:
            db.session.rollback()
            form.refuse(error)
        else:
            login_user(user)
            flash("Your password is changed. You are signed out everywhere else.", "success")
            return redirect(url_for("main.dashboard"))
    return render_template("erp/password.html", form=form), 422 if form.problem else 200
