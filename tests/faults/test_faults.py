"""Each fault once, in seconds; `python -m tests.faults` does them in full."""

from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.faults.run import FAULTS, faults_run
from tests.faults.system import system
from tests.redis_server import INSTALLED

pytestmark = pytest.mark.skipif(
    connection.vendor != "postgresql" or not INSTALLED, reason="needs PostgreSQL and redis-server"
)


def test_each_fault_once_loses_nothing_and_does_nothing_twice(tmp_path: Path) -> None:
    default = settings.DATABASES["default"]
    password = f":{default['PASSWORD']}" if default["PASSWORD"] else ""
    base = f"postgres://{default['USER']}{password}@{default['HOST']}:{default['PORT'] or 5432}"
    with system(tmp_path, base) as whole:
        found = faults_run(whole, faults=list(FAULTS), comments=60, seed=7, pause=0.4)
    assert found.violations == []
    assert found.done == list(FAULTS)
    assert found.comments > 60
    assert found.decisions > 0
    assert max(seconds for _, seconds in found.recovered) < 60
