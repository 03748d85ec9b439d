"""How a model is trained, as data: logged with each run, and made small by tests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """One training.

    Attributes:
        passes: How often each training text is seen.
        closing: Length of the cool-down phase (`network.cool_down`) that follows the passes, as a share of a pass.
        closing_rate: Highest learning rate in that phase; rises and falls as that of the passes does.
        most_steps: Stop after this many steps, without a cool-down phase; 0: no limit.
        rate: Highest learning rate, AdamW; rises over `warm_up` of the steps, then falls linearly to 0.
        batch_tokens: Padded tokens in a batch of texts of like length.
        max_tokens: Texts are truncated to this length, special tokens included.
        teacher_weight: Weight of trained teachers' labels; people's have 1.
        weak_weight: The same for the small LSTM.
        word_weight: The same for a teacher's word annotations in texts that people did not annotate.
        named, unnamed: Chances that another group is named (`augmentation.counterfactuals`).
        token_weight: Weight of the loss over word pieces.
        scale_weight: Weight of the distance on Perspective's scale, next to the cross-entropy.
        logit_weight: Weight of the distance between logits there, which orders the many low scores.
        noise: Share of the texts that are perturbed.
        dropout: Dropout rate of the hidden layers. Soft labels for every text regularise as dropout would, and
            dropout takes a sixth of a step on a CPU.
        set_decay: Weight decay of the sets' shifts.
        save_seconds: Seconds between checkpoints.
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


# Teachers are larger and learn from people's labels alone.
TEACHER = Recipe(passes=3.0, closing=0.3, rate=6e-5, closing_rate=2e-5, batch_tokens=8192, dropout=0.1)
# The head for Perspective's scale is small, and everything else is frozen.
PERSPECTIVE = Recipe(passes=3.0, closing=0.0, rate=1e-3, batch_tokens=8192, dropout=0.1)
