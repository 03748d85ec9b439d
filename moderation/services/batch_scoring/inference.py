"""Asking the model, with one text's failure kept away from its neighbours.

Outside any transaction: nothing here touches the database. Whatever a model raises ends as a code, never as a message,
because a message may quote the text.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from archive.models import Comment
from moderation.scoring import Refusal, Result, ScoringError, Span

logger = logging.getLogger(__name__)

TRIES = 3
# What any model can read: a model that fails on this is broken, and no comment is to blame.
PROBE = "The train was late again this morning."


class LateError(Exception):
    """The caller's time is over: no text is to blame, and nothing is saved."""


class TextScorer(Protocol):
    """What is asked of a scorer."""

    def score(
        self,
        texts: Sequence[str],
        *,
        languages: Sequence[str | None] | None = None,
        fallbacks: Sequence[str | None] | None = None,
        spans: bool = False,
    ) -> list[Result | Refusal]:
        """As `Scorer.score`; a scorer that waits for only so long raises LateError."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A text that made the model fail three times; `code` is the kind of error."""

    code: str


Outcome = Result | Refusal | Failure


@dataclass(slots=True)
class Inference:
    """A scorer that counts what it is sent.

    `texts_sent` counts every text of every call that asks for scores, failed calls too; `spans_sent` counts flagged
    texts that were sent a second time for the spans in them.
    """

    scorer: TextScorer
    texts_sent: int = 0
    spans_sent: int = 0

    def outcomes(self, comments: Sequence[Comment]) -> list[Outcome]:
        """Returns one outcome a comment, same order. Raises ScoringError if the model itself is at fault."""
        try:
            return list(self._send(comments))
        except LateError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a text does to a model stays with that text
            logger.warning("a batch of %d made the model fail: %s", len(comments), error_code(error))
        self._probe()
        return self._apart(comments)

    def spans(self, comments: Sequence[Comment]) -> list[tuple[Span, ...]]:
        """Returns the spans in each comment; none for one that makes the model fail."""
        self.spans_sent += len(comments)
        try:
            results = self.scorer.score(
                _texts(comments), languages=_languages(comments), fallbacks=_fallbacks(comments), spans=True
            )
        except LateError:
            raise
        except Exception as error:  # noqa: BLE001 - the scores are there; spans can be made again on demand
            logger.warning("no spans for %d comment(s): %s", len(comments), error_code(error))
            return [()] * len(comments)
        return [result.spans if isinstance(result, Result) else () for result in results]

    def _send(self, comments: Sequence[Comment]) -> list[Result | Refusal]:
        self.texts_sent += len(comments)
        logger.debug("sending %d texts to the model, %d so far in this run", len(comments), self.texts_sent)
        return self.scorer.score(_texts(comments), languages=_languages(comments), fallbacks=_fallbacks(comments))

    def _probe(self) -> None:
        try:
            self.scorer.score([PROBE])
        except LateError:
            raise
        except Exception as error:
            raise ScoringError(error_code(error), "The model fails on any text.", retryable=True) from error

    def _apart(self, comments: Sequence[Comment]) -> list[Outcome]:
        """Halves a failed batch until the texts that fail are alone."""
        if len(comments) == 1:
            return [self._alone(comments)]
        middle = len(comments) // 2
        return [*self._half(comments[:middle]), *self._half(comments[middle:])]

    def _half(self, comments: Sequence[Comment]) -> list[Outcome]:
        try:
            return list(self._send(comments)) if len(comments) > 1 else [self._alone(comments)]
        except LateError:
            raise
        except Exception:  # noqa: BLE001 - halved again
            return self._apart(comments)

    def _alone(self, comments: Sequence[Comment]) -> Outcome:
        code = ""
        for _ in range(TRIES):
            try:
                return self._send(comments)[0]
            except LateError:
                raise
            except Exception as error:  # noqa: BLE001 - tried again, then set aside
                code = error_code(error)
        return Failure(code)


def error_code(error: Exception) -> str:
    """Returns what may be kept and logged of an error: the engine's code, else the type's name; never its message."""
    return error.code if isinstance(error, ScoringError) else type(error).__name__


def _texts(comments: Sequence[Comment]) -> list[str]:
    return [comment.text for comment in comments]


def _languages(comments: Sequence[Comment]) -> list[str | None]:
    return [comment.language or None for comment in comments]


def _fallbacks(comments: Sequence[Comment]) -> list[str | None]:
    """Returns what short or doubtful text is taken to be in: the language of its article, else of its source."""
    return [comment.article.language or comment.source.default_language or None for comment in comments]
