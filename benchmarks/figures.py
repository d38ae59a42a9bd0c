"""How a benchmark times its calls and writes down what it found."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


class Figures:
    """The results of one benchmark: each is a JSON line, printed and appended to results/<name>.jsonl."""

    def __init__(self, name: str, folder: Path = RESULTS) -> None:
        self.path = folder / f"{name}.jsonl"
        self._common: dict[str, Any] = {
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": {"cpus": os.cpu_count(), "python": platform.python_version(), "system": platform.system()},
        }
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, measure: str, **figures: Any) -> dict[str, Any]:
        """Write one result; it says what was measured and in which unit by the names of its figures."""
        line = {"measure": measure, **figures}
        print(json.dumps(line), flush=True)
        with self.path.open("a", encoding="utf-8") as results:
            results.write(json.dumps(self._common | line) + "\n")
        return line

    def time(self, measure: str, calls: Iterable[Callable[[], Any]], each: int = 1) -> float:
        """Run the calls one after another and write how long they took; each call does `each` things at once.

        Returns the milliseconds for one thing.
        """
        taken: list[float] = []
        for call in calls:
            start = time.perf_counter()
            call()
            taken.append((time.perf_counter() - start) * 1000)
        things = len(taken) * each
        self.write(
            measure,
            calls=len(taken),
            things=things,
            seconds=round(sum(taken) / 1000, 3),
            per_second=round(things / sum(taken) * 1000, 1),
            median_ms=round(statistics.median(taken), 3),
            p95_ms=round(sorted(taken)[int(len(taken) * 0.95)], 3),
            ms_each=round(sum(taken) / things, 3),
        )
        return sum(taken) / things


def resident_mb(pid: int) -> float:
    """The memory of a process that is really in use, in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024, 1)
