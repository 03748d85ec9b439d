"""Reads from a client's connection without waiting for it."""

import socket

RECEIVED_AT_ONCE = 65_536


def received(client: socket.socket) -> bytes | None:
    """Returns available bytes; None if there are none yet, empty at the connection's end."""
    try:
        return client.recv(RECEIVED_AT_ONCE)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def is_gone(client: socket.socket) -> bool:
    """Whether a client disconnected while its request waited for a thread."""
    try:
        return not client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True
