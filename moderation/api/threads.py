"""Nesting a thread in memory from one flat fetch. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

# JSON writers and readers give up on deep nesting: below this, replies stand beside their parents, and `parent` tells.
MAX_DEPTH = 50

Node = dict[str, Any]


def thread_nested(comments: Sequence[Node]) -> list[Node]:
    """Puts each comment into the `replies` of its parent and returns the roots, each level in the order it came.

    A comment whose parent is not among `comments` is a root. So is one of a ring of parents, which other systems' data
    can hold. Each comment comes out once.
    """
    by_id = {node["id"]: node for node in comments}
    hosts = _hosts({node["id"]: node["parent"] for node in comments})
    roots: list[Node] = []
    for node in comments:
        host = hosts[node["id"]]
        (roots if host is None else by_id[host]["replies"]).append(node)
    return roots


def _hosts(parents: Mapping[int, int | None]) -> dict[int, int | None]:
    """Returns comment id → the id of the comment that shows it among its replies, None for a root."""
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
    """Returns `start` and its parents upwards, up to one that is placed, is missing, or came before."""
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
