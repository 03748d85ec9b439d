"""The five models that Detoxify publishes, as frozen data: what is known about each before it is downloaded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Published:
    """One of Detoxify's models.

    Attributes:
        kind: Detoxify's own name for it.
        base: The base model on the Hugging Face hub, whose `config.json` and tokenizer it uses.
        languages: ISO 639 codes of the languages it was trained on; the first is the default.
        training: What it was trained on.
    """

    kind: str
    base: str
    languages: tuple[str, ...]
    training: str
    licence: str = "Apache-2.0"
    max_tokens: int = 512
    overlap_tokens: int = 64

    @property
    def source(self) -> str:
        """Where its weights come from, in one line."""
        return f"Detoxify {self.kind} ({self.base}), trained on {self.training}"


_TOXIC = "the Toxic Comment Classification Challenge"
_BIAS = "the Unintended Bias in Toxicity Classification Challenge"
_MULTILINGUAL = "the Multilingual Toxic Comment Classification Challenge"

PUBLISHED = {
    "detoxify-original": Published("original", "bert-base-uncased", ("en",), _TOXIC),
    "detoxify-unbiased": Published("unbiased", "roberta-base", ("en",), _BIAS),
    "detoxify-multilingual": Published(
        "multilingual", "xlm-roberta-base", ("en", "fr", "es", "it", "pt", "tr", "ru"), _MULTILINGUAL
    ),
    "detoxify-original-small": Published("original-small", "albert-base-v2", ("en",), _TOXIC),
    "detoxify-unbiased-small": Published("unbiased-small", "albert-base-v2", ("en",), _BIAS),
}
