"""What a check says of a policy, and what it has to know of the installation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a rule. An `error` keeps the policy from being saved, a `warning` does not.

    Attributes:
        level: `error` or `warning`.
        code: What is wrong, for programs.
        pointer: Where, a JSON pointer.
        rule: The rule's id.
        detail: What is wrong, for people.
    """

    level: str
    code: str
    pointer: str
    rule: str
    detail: str

    def as_json(self) -> dict[str, Any]:
        """Returns the finding as the API shows it."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What there is in an installation. What is None is not known, and nothing is checked against it.

    Attributes:
        attributes: What the active model serves: attribute → the least and largest score that it ever gave, or None.
        sources: The slugs of the sources.
        sections: The sections of their articles.
        lists: The names of the word lists.
        languages: The codes of the languages that the active model serves.
    """

    attributes: Mapping[str, tuple[float, float] | None] | None = None
    sources: frozenset[str] | None = None
    sections: frozenset[str] | None = None
    lists: frozenset[str] | None = None
    languages: frozenset[str] | None = None
