"""`benchmark hostile`: readers beside hostile requests, which are bounded and go nowhere else."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from moderation.benchmarks.attacks.hostile_requests import HOST, KINDS, MAX_CLIENTS, HostilePlan, attack, requests_made

PLAN = HostilePlan("", 0, 2, 1.0, key="k", session="s", comments=[1, 2])


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_one_request_to_this_machine_of_a_length_that_it_declares(kind: str) -> None:
    for number in range(4):
        request = KINDS[kind](PLAN, number)
        head, _, body = request.data.partition(b"\r\n\r\n")
        assert b"Host: 127.0.0.1" in head
        assert len(body) <= 12_000_000
        if not request.is_slow and head.startswith(b"POST"):
            assert b"Content-Length: %d" % len(body) in head


def test_an_attack_counts_what_came_back() -> None:
    with closing(socket.create_server((HOST, 0))) as listener:

        def answer() -> None:
            for reply in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b""):
                with closing(listener.accept()[0]) as client:
                    client.recv(65_536)
                    client.sendall(reply)

        answering = threading.Thread(target=answer)
        answering.start()
        plan = HostilePlan("slow_head", listener.getsockname()[1], 2, 20.0)
        found = attack(plan, requests_made(plan))
        answering.join()
    assert found == {"400": 1, "closed": 1}


def test_an_attack_is_bounded() -> None:
    with pytest.raises(ValueError, match="at most"):
        requests_made(HostilePlan("slow_head", 1, MAX_CLIENTS + 1, 1.0))
    with pytest.raises(CommandError, match="hostile: at most"):
        call_command("benchmark", "hostile", attackers=MAX_CLIENTS + 1)


@pytest.mark.django_db(transaction=True)
def test_the_command_measures_readers_alone_and_beside_an_attack(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    attacks = ["nested_batch", "slow_body"]
    call_command("benchmark", "hostile", seconds=1, attackers=4, attacks=attacks, json=path, stdout=StringIO())
    figures = json.loads(path.read_text())["hostile"]
    assert set(figures) == {"database", "clients", "quiet", *attacks}
    for part in (figures["quiet"], figures["nested_batch"]):
        assert all(part[f"{name}_p99_ms"] > 0 for name in ("healthz", "queue", "analyze"))
    assert figures["nested_batch"]["replies"] == {"403": 4}
