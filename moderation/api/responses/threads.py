"""Nests a thread's flat list of comments. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

# JSON encoders and parsers fail on deep nesting: below this, replies are siblings of their parent, named in `parent`.
MAX_DEPTH = 50

Node = dict[str, Any]


def thread_nested(comments: Sequence[Node]) -> list[Node]:
    """Puts each comment into the `replies` of its parent and returns the roots; each level keeps the input order.

    A comment whose parent is not among `comments` is a root, and so is one comment of a cycle of parents, which data of
    other systems can have. Each comment appears exactly once.
    """
    by_id = {node["id"]: node for node in comments}
    hosts = _hosts({node["id"]: node["parent"] for node in comments})
    roots: list[Node] = []
    for node in comments:
        host = hosts[node["id"]]
        (roots if host is None else by_id[host]["replies"]).append(node)
    return roots


def _hosts(parents: Mapping[int, int | None]) -> dict[int, int | None]:
    """Returns comment id → the id of the comment whose replies include it, None for a root."""
    hosts: dict[int, int | None] = {}
    depths: dict[int, int] = {}
    for start in parents:
        chain = _unplaced(start, parents, hosts)
        above = parents[chain[-1]] if chain else None
        parent = above if above in hosts else None
        for one in reversed(chain):
            hosts[one], depths[one] = _place(parent, hosts, depths)
            parent = one
    return hosts


def _unplaced(start: int, parents: Mapping[int, int | None], hosts: Mapping[int, int | None]) -> list[int]:
    """Returns `start` and its ancestors, up to one that is placed, missing, or already in the chain."""
    chain: dict[int, None] = {}
    here: int | None = start
    while here is not None and here in parents and here not in hosts and here not in chain:
        chain[here] = None
        here = parents[here]
    return list(chain)


def _place(parent: int | None, hosts: Mapping[int, int | None], depths: Mapping[int, int]) -> tuple[int | None, int]:
    if parent is None:
        return None, 0
    if depths[parent] < MAX_DEPTH:
        return parent, depths[parent] + 1
    return hosts[parent], depths[parent]
