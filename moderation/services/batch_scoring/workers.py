"""Names of scoring workers: a name says where the worker runs, so that others can tell whether it is still alive."""

import os
import secrets
import socket
from functools import cache
from hashlib import blake2b
from pathlib import Path

HOST_LENGTH = 40


def worker_name() -> str:
    """Returns a new unique name for a run, `host:place:pid:random`, at most 100 characters."""
    return f"{_host()}:{_place()}:{os.getpid()}:{secrets.token_hex(4)}"


def worker_is_dead(name: str) -> bool:
    """Returns whether the worker is certainly dead: it ran in this process namespace and its process is gone.

    A worker on another machine or in another container is never reported dead; its lease expires instead.
    """
    host, place, pid = ([*name.rsplit(":", 3), "", ""])[:3]
    if (host, place) != (_host(), _place()) or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _host() -> str:
    return socket.gethostname()[:HOST_LENGTH]


@cache
def _place() -> str:
    # A process id is meaningful only within one boot and one pid namespace; containers may share a host name.
    known = [_read("/proc/sys/kernel/random/boot_id"), _namespace(), socket.gethostname()]
    return blake2b("\n".join(known).encode(), digest_size=6).hexdigest()


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii")
    except OSError:
        return ""


def _namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""
