"""How a model is trained, as data: what a run log names, and what a test makes small."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """One training.

    Attributes:
        passes: How often each training text is seen.
        closing: Share of a pass that the closing part takes (`closing`), after the passes.
        closing_rate: Highest learning rate there; rises and falls as that of the passes does.
        most_steps: End earlier, without a closing part, for a machine that has little time; 0: no limit.
        rate: Highest learning rate, AdamW; rises over `warm_up` of the steps, then falls linearly to 0.
        batch_tokens: Padded tokens in a batch of texts of like length.
        max_tokens: Longest text, special tokens included; the rest is not read.
        teacher_weight: Weight of the labels of trained teachers, beside people's, which have 1.
        weak_weight: The same of the small LSTM alone.
        word_weight: The same of a teacher's marks on words that people did not mark.
        named, unnamed: Chances that another group is named (`swapping.swapped`).
        token_weight: Weight of the loss over word pieces.
        scale_weight: Weight of the distance on Perspective's scale, next to the cross-entropy.
        logit_weight: Weight of the distance between logits there, which orders the many low scores.
        noise: Share of the texts that evasion noise is put on.
        dropout: Share of the hidden layers' numbers that a step leaves out. Teachers' shares for every text keep a
            network from learning by heart what dropout would, and it takes a sixth of a step on a processor.
        set_decay: Pull of the sets' own shifts towards none.
        save_seconds: A checkpoint is written as often as this.
    """

    passes: float = 2.0
    closing: float = 1.0
    closing_rate: float = 1e-4
    most_steps: int = 0
    rate: float = 1.5e-4
    warm_up: float = 0.06
    decay: float = 0.01
    batch_tokens: int = 4096
    max_tokens: int = 128
    teacher_weight: float = 1.0
    weak_weight: float = 0.3
    word_weight: float = 0.5
    named: float = 0.4
    unnamed: float = 0.3
    token_weight: float = 1.0
    scale_weight: float = 1.0
    logit_weight: float = 0.3
    noise: float = 0.15
    dropout: float = 0.0
    set_decay: float = 0.001
    save_seconds: float = 180.0


# Teachers are larger and learn from what people said alone.
TEACHER = Recipe(passes=3.0, closing=0.3, rate=6e-5, closing_rate=2e-5, batch_tokens=8192, dropout=0.1)
# The part for Perspective's scale is small, and all else is frozen.
PERSPECTIVE = Recipe(passes=3.0, closing=0.0, rate=1e-3, batch_tokens=8192, dropout=0.1)
