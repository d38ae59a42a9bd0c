"""The app server: gunicorn with threads, and the embedded engine in each of its processes."""

from __future__ import annotations

from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from erp_core.app import start_engine


class Server(BaseApplication):
    """Serve one application on one address until a signal ends it."""

    def __init__(self, app: Flask, *, bind: str, workers: int, threads: int, engine: bool) -> None:
        self._app = app
        self._engine: Any = None
        self._settings = {
            "bind": bind,
            "workers": workers,
            "threads": threads,
            "worker_class": "gthread",
            "reuse_port": workers > 1,
            "graceful_timeout": 15,
            "timeout": 60,
            "loglevel": "warning",
            "control_socket_disable": True,
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

    def _start(self, _worker: Any) -> None:
        self._engine = start_engine(self._app)

    def _stop(self, _server: Any, _worker: Any) -> None:
        if self._engine is not None:
            self._engine.stop()
