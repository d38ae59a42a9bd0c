"""The measurements still run; what they find is for people to read."""

import json

from click.testing import CliRunner

from benchmarks.emulator import main


def test_the_benchmark_of_the_emulator_writes_its_figures(tmp_path):
    done = CliRunner().invoke(main, ["--scale", "0.01", "--results", str(tmp_path)])
    assert done.exit_code == 0, done.output
    printed = [json.loads(line) for line in done.output.splitlines()]
    kept = [json.loads(line) for line in (tmp_path / "emulator.jsonl").read_text().splitlines()]
    assert [line["measure"] for line in kept] == [line["measure"] for line in printed]
    assert all({"date", "machine"} <= set(line) for line in kept)
    measures = {line["measure"]: line for line in kept}
    assert measures["invoices created one by one"]["things"] == 30
    assert measures["rows of a query in pages of 1,000"]["things"] == 1000
    assert measures["one by one against batched"]["ratio"] > 0
    assert all(line["rss_mb"] > 10 for line in kept if line["measure"].startswith("memory"))
