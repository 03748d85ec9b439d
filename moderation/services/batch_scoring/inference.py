"""Calls the model, and isolates a text on which it fails from the rest of the batch.

Nothing here touches the database, so that inference runs outside transactions. Errors are kept as codes, never as
messages, because a message may quote the text.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from archive.models import Comment
from moderation.scoring import Refusal, Result, ScoringError, Span

logger = logging.getLogger(__name__)

TRIES = 3
# A text that any model can score, said to be in a language of its own: a model that fails on it is broken, and no
# comment is to blame.
PROBE = "The train was late again this morning."


class LateError(Exception):
    """The caller's deadline has passed: no text is to blame, and nothing is saved."""


class TextScorer(Protocol):
    """The part of a scorer's interface that is needed here."""

    def score(
        self,
        texts: Sequence[str],
        *,
        languages: Sequence[str | None] | None = None,
        fallbacks: Sequence[str | None] | None = None,
        spans: bool = False,
    ) -> list[Result | Refusal]:
        """Like `Scorer.score`; a scorer with a deadline raises LateError once it has passed."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A text on which the model failed three times; `code` is the kind of error."""

    code: str


Outcome = Result | Refusal | Failure


@dataclass(slots=True)
class Inference:
    """A scorer that counts its texts.

    `probes` has a language of each of its models, in which the probe is sent to it; None is for its default one.
    `texts_sent` counts the texts of every scoring call, including failed ones; `spans_sent` counts flagged texts that
    were sent again for their spans.
    """

    scorer: TextScorer
    probes: Sequence[str | None] = (None,)
    texts_sent: int = 0
    spans_sent: int = 0

    def outcomes(self, comments: Sequence[Comment]) -> list[Outcome]:
        """Returns one outcome per comment, in the same order. Raises ScoringError if the model itself is at fault."""
        try:
            return list(self._send(comments))
        except LateError:
            raise
        except Exception as error:  # noqa: BLE001 - the text that causes it is found below
            logger.warning("the model failed on a batch of %d: %s", len(comments), error_code(error))
        self._probe()
        return self._bisect(comments)

    def spans(self, comments: Sequence[Comment]) -> list[tuple[Span, ...]]:
        """Returns the spans of each comment; none for any if the model fails."""
        self.spans_sent += len(comments)
        try:
            results = self.scorer.score(
                _texts(comments), languages=_languages(comments), fallbacks=_fallbacks(comments), spans=True
            )
        except LateError:
            raise
        except Exception as error:  # noqa: BLE001 - the scores are there, and spans can be computed on demand
            logger.warning("no spans for %d comment(s): %s", len(comments), error_code(error))
            return [()] * len(comments)
        return [result.spans if isinstance(result, Result) else () for result in results]

    def _send(self, comments: Sequence[Comment]) -> list[Result | Refusal]:
        self.texts_sent += len(comments)
        logger.debug("sending %d texts to the model, %d so far in this run", len(comments), self.texts_sent)
        return self.scorer.score(_texts(comments), languages=_languages(comments), fallbacks=_fallbacks(comments))

    def _probe(self) -> None:
        try:
            self.scorer.score([PROBE] * len(self.probes), languages=self.probes)
        except LateError:
            raise
        except Exception as error:
            raise ScoringError(error_code(error), "The model fails on any text.", retryable=True) from error

    def _bisect(self, comments: Sequence[Comment]) -> list[Outcome]:
        """Bisects a failed batch until each failing text is on its own."""
        if len(comments) == 1:
            return [self._retry(comments)]
        middle = len(comments) // 2
        return [*self._half(comments[:middle]), *self._half(comments[middle:])]

    def _half(self, comments: Sequence[Comment]) -> list[Outcome]:
        try:
            return list(self._send(comments)) if len(comments) > 1 else [self._retry(comments)]
        except LateError:
            raise
        except Exception:  # noqa: BLE001 - bisected further
            return self._bisect(comments)

    def _retry(self, comments: Sequence[Comment]) -> Outcome:
        code = ""
        for _ in range(TRIES):
            try:
                return self._send(comments)[0]
            except LateError:
                raise
            except Exception as error:  # noqa: BLE001 - retried, then set aside
                code = error_code(error)
        return Failure(code)


def error_code(error: Exception) -> str:
    """Returns what may be stored and logged of an error: the engine's code, else the type's name, never the message."""
    return error.code if isinstance(error, ScoringError) else type(error).__name__


def _texts(comments: Sequence[Comment]) -> list[str]:
    return [comment.text for comment in comments]


def _languages(comments: Sequence[Comment]) -> list[str | None]:
    return [comment.language or None for comment in comments]


def _fallbacks(comments: Sequence[Comment]) -> list[str | None]:
    """Returns the language to assume if detection is unsure: the article's, else the source's."""
    return [comment.article.language or comment.source.default_language or None for comment in comments]
