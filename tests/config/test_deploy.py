"""The files that deploy: they parse, agree with one another and with the code, and name settings that exist."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from config import celery
from moderation.services.work.broker import Queue

ROOT = Path(settings.BASE_DIR)
DEPLOY = ROOT / "config" / "deploy"
ROLES = {"web", "worker", "beat", "migrate", "manage"}
# Read by the role script and the image alone.
OWN = {"WORKER_NAME", "WORKER_QUEUES", "WORKER_PROCESSES", "BEAT_FILE"}
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
KUBERNETES = yaml.safe_load((DEPLOY / "kubernetes" / "moderato.yaml").read_text(encoding="utf-8"))["items"]
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")


def documented() -> set[str]:
    text = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    return set(re.findall(r"`([A-Z][A-Z_]+)`", text))


def services() -> dict[str, Any]:
    return {name: one for name, one in COMPOSE["services"].items() if one["image"] == "moderato"}


def pods() -> dict[str, Any]:
    made = [one for one in KUBERNETES if one["kind"] in {"Deployment", "Job"}]
    return {one["metadata"]["name"]: one["spec"]["template"]["spec"] for one in made}


def test_every_setting_that_is_named_exists() -> None:
    named = {name for service in services().values() for name in service["environment"]}
    named |= set(next(one["data"] for one in KUBERNETES if one["kind"] == "ConfigMap"))
    named |= {entry["name"] for pod in pods().values() for entry in pod["containers"][0].get("env", [])}
    named |= set(
        re.findall(r"^([A-Z_]+)=", (DEPLOY / "systemd/moderato.env").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert "CELERY_BROKER_URL" in named
    assert sorted(named - documented() - OWN) == []


def test_each_role_is_used_and_every_queue_has_a_worker() -> None:
    for commands in (
        [service["command"] for service in services().values()],
        [pod["containers"][0]["args"] for pod in pods().values()],
    ):
        assert {role for (role,) in commands} == ROLES - {"manage"}
    queues = [one["environment"].get("WORKER_QUEUES", "") for one in services().values()]
    env = [{entry["name"]: entry["value"] for entry in pod["containers"][0].get("env", [])} for pod in pods().values()]
    for found in (queues, [one.get("WORKER_QUEUES", "") for one in env]):
        assert {name for queue in found for name in queue.split(",") if name} == set(Queue)


def test_compose_has_two_workers_a_clock_and_its_stores_and_nothing_runs_as_root_or_writes() -> None:
    assert [service["command"] for service in services().values()].count(["worker"]) == 2
    assert {"postgres", "redis", "web", "beat"} <= set(COMPOSE["services"])
    assert all(one["read_only"] and one["cap_drop"] == ["ALL"] for one in services().values())
    assert all(pod["securityContext"]["runAsNonRoot"] for pod in pods().values())
    for pod in pods().values():
        (container,) = pod["containers"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert {mount["name"] for mount in container["volumeMounts"]} == {one["name"] for one in pod["volumes"]}
    for service in services().values():
        assert set(service.get("depends_on", {})) <= set(COMPOSE["services"])


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_starts_what_it_is_called(role: str, tmp_path: Path) -> None:
    for name in ("gunicorn", "celery", "python3"):
        (tmp_path / name).write_text(f'#!/bin/sh\necho {name} "$@"\n')
        (tmp_path / name).chmod(0o755)
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    said = subprocess.run([DEPLOY / "role", role, "more"], env=path, capture_output=True, text=True, check=True).stdout
    program, rest = said.split(" ", 1)
    assert rest.strip().endswith("more" if role != "web" else "more config.wsgi")
    if program == "celery":
        assert rest.startswith(f"-A config.celery {role} ")
        assert celery.app.main == "moderato"
    elif program == "python3":
        assert rest.startswith("manage.py ")
    else:
        assert rest.startswith("--config config/gunicorn.py")


def test_an_unknown_role_is_refused() -> None:
    run = subprocess.run([DEPLOY / "role", "nurse"], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (2, "role is web, worker, beat, migrate or manage, not nurse\n")


def test_the_units_start_what_is_there() -> None:
    for unit in (DEPLOY / "systemd").glob("*.service"):
        text = unit.read_text(encoding="utf-8")
        (command,) = re.findall(r"^ExecStart=/srv/moderato/\.venv/bin/(\w+) (.*)$", text, re.MULTILINE)
        assert command[0] in {"gunicorn", "celery"}
        assert "config/gunicorn.py" in command[1] or "-A config.celery" in command[1]
        assert "Restart=always" in text
        assert "User=moderato" in text


def test_the_image_is_of_stages_takes_its_base_and_copies_only_what_is_there() -> None:
    assert DOCKERFILE.index("ARG BASE=") < DOCKERFILE.index("FROM ")
    assert re.findall(r"^FROM (\S+)(?: AS (\w+))?$", DOCKERFILE, re.MULTILINE) == [
        ("${BASE}", "packages"), ("${BASE}", "serving"), ("serving", "training"), ("serving", ""),
    ]  # fmt: skip
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    assert [path for line in copied for path in line.split() if not (ROOT / path).exists()] == []
    assert re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE) == ["10001:10001", "0:0", "10001:10001"]
    assert "HEALTHCHECK" in DOCKERFILE


def test_the_image_leaves_out_what_only_trains_and_tests_and_keeps_what_serves() -> None:
    run = [DEPLOY / "serving", ROOT / "requirements.txt"]
    lines = subprocess.run(run, capture_output=True, text=True, check=True).stdout.splitlines()
    kept = {line.partition("==")[0] for line in lines if not line.startswith("#")}
    assert not {"torch", "transformers", "detoxify", "pytest", "hypothesis"} & kept
    assert {"django", "openvino", "celery", "psycopg", "psycopg-pool", "redis", "gunicorn", "tokenizers"} <= kept
    given = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert set(lines) <= set(given)
