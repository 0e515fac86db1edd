"""A pytest plugin for full CI: a skipped test fails, because there everything that tests need is installed.

``make test`` loads it when ``CI`` is set: ``pytest -p tests.no_skips``.
"""

from __future__ import annotations

from collections.abc import Generator

import pytest


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip, but no expected failure (which pytest counts as one), into a failure with its reason."""
    if report.skipped and not hasattr(report, "wasxfail"):
        # A skip's longrepr is (path, line, reason).
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, which full CI does not allow. {reason}"


# Outermost, so that pytest's own handling of skips and expected failures is done by then.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_if_skipped(report)
    return report
