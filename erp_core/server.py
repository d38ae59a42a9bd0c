"""The app server: gunicorn with threads, and the embedded engine in each of its processes."""

from __future__ import annotations

import socket
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from erp_core.app import start_engine
from erp_core.extensions import db


class PortTaken(Exception):
    """Something serves on that address already."""


def _check_port(bind: str) -> None:
    """With several processes the port is shared on purpose (SO_REUSEPORT), so that a second server would start unseen."""
    host, _, port = bind.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=1).close()
    except OSError:
        return
    raise PortTaken(f"Something serves on {bind} already. Stop it, or choose another --port.")


class Server(BaseApplication):
    """Serve one application on one address until a signal ends it. Raises `PortTaken` when somebody serves there."""

    def __init__(self, app: Flask, *, bind: str, workers: int, threads: int, engine: bool) -> None:
        _check_port(bind)
        self._app = app
        self._engine: Any = None
        self._settings = {
            "bind": bind,
            "workers": workers,
            "threads": threads,
            "worker_class": "gthread",
            "reuse_port": workers > 1,
            "graceful_timeout": 30,  # longer than the engine takes to give its messages back
            "timeout": 60,
            "loglevel": "warning",
            "control_socket_disable": True,
            "post_fork": self._forget_connections,
        }
        if engine:
            self._settings |= {"post_worker_init": self._start, "worker_exit": self._stop}
        super().__init__()

    def load_config(self) -> None:
        """Take the settings above; nothing comes from files or the command line."""
        for name, value in self._settings.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application to serve."""
        return self._app

    def _forget_connections(self, _server: Any, _worker: Any) -> None:
        """A connection that was opened before the fork belongs to the parent: two processes must never share one."""
        with self._app.app_context():
            db.engine.dispose(close=False)

    def _start(self, _worker: Any) -> None:
        self._engine = start_engine(self._app)

    def _stop(self, _server: Any, _worker: Any) -> None:
        if self._engine is not None:
            self._engine.stop()
