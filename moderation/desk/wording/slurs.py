"""Where the slurs of `slurs.txt` stand in a text, so that a page can mask them. For display only.

Each letter may be written many times and as its look-alikes, and inside a slur stand-ins (`f**got`) may take the place
of any. A backtracking pattern tries each way to part a run of stand-ins among the letters, which is work without end.
So the slurs are a tree of letters, and all ways through it are followed at once, a step a character (Thompson 1968).
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).with_name("slurs.txt")
_LOOK_ALIKES = {"a": "a@4", "e": "e3", "i": "i1!", "o": "o0", "s": "s$5", "g": "g9"}
_ANY_LETTER = "*.·_"
# Letters whose capital another letter has too: `ı` is I, `ſ` is S.
_SAME_CAPITAL = {"ı": "i", "ſ": "s"}
# What stands for any character that no slur is written with.
_WORD, _SPACE, _OTHER = "word", "space", "other"
_MAX_STEPS = 8192
# One character as often as it follows itself: where one more of them changed nothing, no further one will.
_RUN = re.compile(r"(.)\1*", re.DOTALL)


@dataclass(slots=True, eq=False)
class _Node:
    """A letter of a slur at its place: the signs it is written with, and what may follow it."""

    signs: frozenset[str] = frozenset()
    repeats: bool = True
    optional: bool = False
    ends: bool = False
    after: dict[tuple[str, bool], "_Node"] = field(default_factory=dict)


def _stems() -> list[str]:
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _signs(letter: str, *, inside: bool) -> frozenset[str]:
    return frozenset(_LOOK_ALIKES.get(letter, letter) + (_ANY_LETTER if inside else ""))


_STEMS = _stems()
_ALPHABET = frozenset("-").union(*(_signs(letter, inside=True) for letter in {*"".join(_STEMS)} - {*" *"}))
_WORD_SIGNS = frozenset(sign for sign in _ALPHABET if sign.isalnum() or sign == "_") | {_WORD}


def _tree() -> _Node:
    root = _Node()
    for stem in _STEMS:
        node, body = root, stem.removesuffix("*")
        for at, letter in enumerate(body):
            inside = 0 < at < len(body) - 1
            node = node.after.setdefault((letter, inside), _node(letter, inside=inside))
        node.ends = True
        if stem.endswith("*"):
            node.after["*", False] = _Node(_WORD_SIGNS, ends=True)
    return root


def _node(letter: str, *, inside: bool) -> _Node:
    if letter in " -":
        return _Node(frozenset({_SPACE, "-"}), repeats=False, optional=True)
    return _Node(_signs(letter, inside=inside))


def _beginning(first: _Node) -> str:
    """Two signs that a slur may begin with: most words of a text are passed by after one look."""
    second = first.signs.union(*(node.signs for node in first.after.values()))
    return "".join(f"[{re.escape(''.join(sorted(one & _ALPHABET)))}]" for one in (first.signs, second))


_ROOT = _tree()
_BEGINS = re.compile(rf"(?<!\w)(?:{'|'.join(_beginning(node) for node in _ROOT.after.values())})", re.IGNORECASE)


def slurs_in(text: str) -> list[tuple[int, int]]:
    """Returns begin and end, in code points, of each slur in the text, in order and without overlap.

    Of two at one place the one that begins first is taken, and of those the longest.
    """
    found = []
    at = 0
    while begins := _BEGINS.search(text, at):
        span, at = _followed(text, begins.start())
        found += [span] if span else []
    return found


def _followed(text: str, at: int) -> tuple[tuple[int, int] | None, int]:
    """Follows what begins at `at`, and what begins on the way; returns the first slur, and where to go on."""
    nodes: tuple[_Node, ...] = ()
    begins: list[int] = []
    best = None
    state: object = None
    while at < len(text):
        if best is None and not (at and _is_word(text[at - 1])):
            nodes, begins = (*nodes, _ROOT), [*begins, at]
        nodes, came, ending = _step(nodes, _sign(text[at]))
        begins = [begins[index] for index in came]
        at += 1
        if ending is not None and not (at < len(text) and _is_word(text[at])):
            best = begins[ending], at
            kept = [index for index, begin in enumerate(begins) if begin <= best[0]]
            nodes, begins = tuple(nodes[index] for index in kept), [begins[index] for index in kept]
        if not nodes:
            break
        earlier, state = state, (nodes, begins, best)
        if text[at - 1] == text[at - 2 : at - 1] and state == earlier:
            at = max(at, _end_of_run(text, at - 1) - 1)
    return best, best[1] if best else at


def _end_of_run(text: str, at: int) -> int:
    found = _RUN.match(text, at)
    return found.end() if found else at


@lru_cache(maxsize=_MAX_STEPS)
def _step(nodes: tuple[_Node, ...], sign: str) -> tuple[tuple[_Node, ...], tuple[int, ...], int | None]:
    """Returns the nodes that a sign leads to, the index of the node that each came from, and the first that ends."""
    came: dict[_Node, int] = {}
    for index, node in enumerate(nodes):
        for reached in _reached(node, sign):
            came.setdefault(reached, index)
    ending = next((place for place, node in enumerate(came) if node.ends), None)
    return tuple(came), tuple(came.values()), ending


def _reached(node: _Node, sign: str) -> list[_Node]:
    following = list(node.after.values())
    following += [inner for child in following if child.optional for inner in child.after.values()]
    return [one for one in ([node] if node.repeats else []) + following if sign in one.signs]


def _sign(character: str) -> str:
    letter = _SAME_CAPITAL.get(character, character.lower()[0])
    if letter in _ALPHABET:
        return letter
    return _WORD if character.isalnum() else _SPACE if character.isspace() else _OTHER


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
