"""One page: the notes of the tenant, and a form to add one."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from echo_plugin.models import Note
from erp_core.toolkit import Instance, Invalid, current_tenant_id, db, find, requires

blueprint = Blueprint("echo", __name__, url_prefix="/echo", template_folder="templates")


@blueprint.get("/")
@requires("erp.view")
def notes() -> str:
    """What was echoed, newest first. A view that answers GET can't write: its transaction is read-only."""
    found = db.session.scalars(select(Note).order_by(Note.id.desc()).limit(50)).all()
    return render_template("echo/notes.html", notes=found)


@blueprint.post("/")
@requires("echo.say")
def say() -> Response:
    """Add a note. The form's CSRF token was checked already; an instance of somebody else is not found."""
    text = request.form.get("text", "").strip()
    if not 0 < len(text) <= 200:
        raise Invalid("Nothing was said. Write up to 200 characters.", fields={"text": "Write up to 200 characters."})
    tenant_id = current_tenant_id()
    instance = find(db.session(), Instance, request.form.get("instance_id", 0, type=int), tenant_id=tenant_id)
    db.session.add(Note(tenant_id=tenant_id, instance_id=instance.id, text=text))
    db.session.commit()
    flash("Said.", "success")
    return redirect(url_for("echo.notes"))
