"""Which model a text goes to: the first one that serves its language. Pure; what the models are is read elsewhere.

A language that a model has as experimental is served only if somebody said so, and a model that serves it in full comes
before one that has it as experimental.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeVar

from moderation.scoring.catalogue.descriptions import ModelDescription

# In place of languages: all that any model has as experimental.
ALL = "all"


class Serving(Protocol):
    """What is asked of a model, whether a description or a row: the languages that it serves, and may serve."""

    @property
    def languages(self) -> Sequence[str]:
        """Those that it serves."""

    @property
    def experimental_languages(self) -> Sequence[str]:
        """Those that it serves if somebody said so."""


M = TypeVar("M", bound=Serving)


def languages_routed(models: Sequence[M], experimental: Collection[str] = ()) -> dict[str, M]:
    """Language → the model that serves it.

    Args:
        models: The first choice first.
        experimental: Languages that are served although a model has them as experimental; `all` among them means all.
    """
    found: dict[str, M] = {}
    for model in models:
        found |= {code: model for code in model.languages if code not in found}
    for model in models:
        wanted = (code for code in model.experimental_languages if ALL in experimental or code in experimental)
        found |= {code: model for code in wanted if code not in found}
    return found


@dataclass(frozen=True)
class Routing:
    """The models that serve together.

    Attributes:
        models: At least one, the first choice first; its default language is that of all.
        experimental: As for `languages_routed`.
    """

    models: tuple[ModelDescription, ...]
    experimental: frozenset[str] = frozenset()

    @classmethod
    def of(cls, description: ModelDescription) -> Routing:
        """One model by itself, with all that it knows: what a server serves of it is said where it is put to use."""
        return cls((description,), frozenset({ALL}))

    @property
    def default_language(self) -> str:
        """Of short or doubtful text that nothing else is known of."""
        return self.models[0].default_language

    @property
    def label(self) -> str:
        """The models in one word, `compact@1` or `compact@1, world@1`, with the experimental languages served."""
        names = ", ".join(model.label for model in self.models)
        tried = [code for code, model in self.routes.items() if code in model.experimental_languages]
        return f"{names} (experimental: {', '.join(tried)})" if tried else names

    @cached_property
    def routes(self) -> dict[str, ModelDescription]:
        """Language → the model that serves it."""
        return languages_routed(self.models, self.experimental)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages that are served."""
        return tuple(self.routes)

    @cached_property
    def on_trial(self) -> dict[str, ModelDescription]:
        """Language → the model that has it as experimental, for those that are therefore not served."""
        known = languages_routed(self.models, {ALL})
        return {code: model for code, model in known.items() if code not in self.routes}

    @cached_property
    def multilingual(self) -> bool:
        """Whether any language is known beside the default one."""
        return len({*self.routes, *self.on_trial}) > 1

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        """All attributes that some model serves."""
        return tuple(dict.fromkeys(name for model in self.models for name in model.attributes))

    def languages_of(self, model: ModelDescription) -> tuple[str, ...]:
        """The languages that go to this model."""
        return tuple(code for code, one in self.routes.items() if one == model)

    def described(self, label: str) -> ModelDescription:
        """The description of one of the models by its label."""
        return next(model for model in self.models if model.label == label)
