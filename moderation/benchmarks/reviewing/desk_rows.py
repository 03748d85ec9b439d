"""Fills a scratch database for `benchmark desk`: seeded rows in bulk, as a newsroom of some years would have them.

Nothing is scored: scores are drawn, most of them low. The queues hold what a working day leaves in them.
"""

import hashlib
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connection

from archive.models import Article, Comment, Commenter, Source
from moderation.models import (
    Action,
    DecidedBy,
    Decision,
    DecisionKind,
    ModelVersion,
    Moderator,
    PolicyVersion,
    Review,
    Score,
    State,
)

SEED = 20211116
BEGIN = datetime(2021, 11, 16, tzinfo=UTC)
SOURCES = ("harbor-times", "north-desk", "weekly")
SECTIONS = ("Politics", "Town", "Sport", "Opinion")
COMMENTS_AN_ARTICLE = 200
PEOPLE = 5_000
WORDS = (
    "the",
    "a",
    "harbour",
    "council",
    "ferry",
    "never",
    "late",
    "again",
    "prices",
    "about",
    "it",
    "is",
    "not",
    "fair",
)
AT_ONCE = 5_000
# How many of a thousand comments that are not pending are in each state.
SHARES = ((State.DEFERRED, 3), (State.ESCALATED, 2), (State.APPROVED, 60), (State.REJECTED, 60), (State.CLOSED, 5))
FLAGGED = 0.8
DECIDED = (State.APPROVED, State.REJECTED)
Rows = tuple[list[Comment], list[Score], list[Review], list[Decision]]


def main() -> None:
    """Migrates and fills: `desk_rows COMMENTS PENDING`."""
    call_command("migrate", verbosity=0)
    comments, pending = map(int, sys.argv[1:])
    rows_fill(comments=comments, pending=pending)
    people()
    if connection.vendor == "postgresql":
        # Autovacuum would do this by itself some minutes later.
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def rows_fill(*, comments: int, pending: int) -> None:
    """Writes `comments` comments, `pending` of them pending, with everything that belongs to them."""
    _Filler(comments, pending).fill()


def people() -> None:
    """Makes a moderator of all sources and one who is limited to the first."""
    for name in ("everywhere", "limited"):
        user = User.objects.create_user(name, is_staff=True)
        user.groups.set(Group.objects.filter(name="moderator"))
        moderator = Moderator.objects.create(user=user)
        moderator.sources.set(Source.objects.filter(slug=SOURCES[0]) if name == "limited" else [])


class _Filler:
    """Draws rows from a seed."""

    def __init__(self, comments: int, pending: int) -> None:
        # Reproducible, and no secret.
        self._draw = random.Random(SEED)  # noqa: S311
        self._count, self._pending = comments, pending
        self._ids: list[int] = []
        self._model = ModelVersion.objects.create(name="compact", version=1, sha256="0" * 64, active=True)
        self._policy = PolicyVersion.objects.get(active=True)
        self._bounds = list(accumulate(share for _state, share in SHARES))

    def fill(self) -> None:
        """Writes everything."""
        self._sources = Source.objects.bulk_create([Source(slug=slug, name=slug) for slug in SOURCES])
        self._articles = Article.objects.bulk_create(self._article(number) for number in range(self._articles_wanted()))
        self._people = Commenter.objects.bulk_create(self._person(number) for number in range(PEOPLE))
        for numbers in _chunks(range(1, self._count + 1)):
            self._write(numbers)

    def _articles_wanted(self) -> int:
        return max(1, self._count // COMMENTS_AN_ARTICLE)

    def _article(self, number: int) -> Article:
        source = self._sources[number % len(SOURCES)]
        section = SECTIONS[number % len(SECTIONS)]
        return Article(source=source, external_id=str(number), title=self._text(6), section=section)

    def _person(self, number: int) -> Commenter:
        source = self._sources[number % len(SOURCES)]
        return Commenter(source=source, external_id=str(number), name=f"Reader {number}")

    def _text(self, words: int) -> str:
        return " ".join(self._draw.choices(WORDS, k=words)).capitalize() + "."

    def _write(self, numbers: tuple[int, ...]) -> None:
        comments = Comment.objects.bulk_create(self._comment(number) for number in numbers)
        self._ids += [comment.pk for comment in comments]
        scored = [comment for comment in comments if comment.taken_revision]
        scores = Score.objects.bulk_create(self._score(comment) for comment in scored)
        reviews = [self._review(comment, score) for comment, score in zip(scored, scores, strict=True)]
        Review.objects.bulk_create(reviews)
        Decision.objects.bulk_create(self._decision(review) for review in reviews if review.state in DECIDED)

    def _comment(self, number: int) -> Comment:
        article = self._articles[number % len(self._articles)]
        text = self._text(min(400, max(3, int(self._draw.lognormvariate(2.9, 0.8)))))
        return Comment(
            source_id=article.source_id,
            article=article,
            commenter=self._people[self._draw.randrange(PEOPLE // 3) * 3 + article.source_id % 3],
            parent_id=self._parent(number),
            external_id=str(number),
            raw=text,
            text=text,
            text_hash=hashlib.sha256(text.encode()).hexdigest(),
            language="en" if number % 50 else "tr",
            created_at=BEGIN + timedelta(minutes=5 * number),
            # One in a hundred has not been scored yet.
            taken_revision=0 if number % 100 == 0 else 1,
        )

    def _parent(self, number: int) -> int | None:
        """Returns an earlier comment of the same article for one in three, if it is stored already."""
        at = number - len(self._articles) - 1
        return self._ids[at] if number % 3 == 0 and 0 <= at < len(self._ids) else None

    def _score(self, comment: Comment) -> Score:
        high = self._is_pending(comment)
        draw = (self._draw.betavariate(6, 2) if high else self._draw.betavariate(1, 9) for _ in Score.ATTRIBUTES)
        return Score(
            comment=comment,
            model=self._model,
            revision=1,
            text_hash=comment.text_hash,
            language="en",
            **{name: round(value, 4) for name, value in zip(Score.ATTRIBUTES, draw, strict=True)},
        )

    def _is_pending(self, comment: Comment) -> bool:
        return int(comment.external_id) % max(1, self._count // self._pending) == 1

    def _review(self, comment: Comment, score: Score) -> Review:
        state = State.PENDING if self._is_pending(comment) else self._state()
        risk = round((score.toxicity or 0) / FLAGGED, 6)
        by = self._draw.choice((DecidedBy.PERSON, DecidedBy.POLICY)) if state in DECIDED else DecidedBy.NOBODY
        reasons = [{"attribute": "toxicity", "score": score.toxicity, "threshold": FLAGGED}]
        flagged = (score.toxicity or 0) >= FLAGGED
        return Review(
            comment=comment,
            source_id=comment.source_id,
            article_id=comment.article_id,
            created_at=comment.created_at,
            state=state,
            held=state == State.PENDING and self._draw.random() < 0.05,  # noqa: PLR2004
            highlighted=state == State.APPROVED and self._draw.random() < 0.05,  # noqa: PLR2004
            flagged=flagged,
            risk=risk,
            uncertainty=round(max(0.0, 1 - abs(1 - risk)), 6),
            score=score,
            **score.columns(),
            policy=self._policy,
            verdict={"rule": "flag-toxic", "reasons": reasons if flagged else []},
            facts={"text_hash": comment.text_hash},
            reader_flags=int(self._draw.random() < 0.005),  # noqa: PLR2004
            decided_by=by,
        )

    def _state(self) -> State:
        at = self._draw.randrange(1_000)
        return next((SHARES[i][0] for i, bound in enumerate(self._bounds) if at < bound), State.PASSED)

    def _decision(self, review: Review) -> Decision:
        action = Action.APPROVE if review.state == State.APPROVED else Action.REJECT
        columns: dict[str, Any] = {"from_state": State.PENDING, "to_state": review.state, "revision": 1}
        return Decision(comment_id=review.pk, kind=DecisionKind.POLICY, action=action, policy=self._policy, **columns)


def _chunks(numbers: range) -> Iterator[tuple[int, ...]]:
    rest = iter(numbers)
    while chunk := tuple(islice(rest, AT_ONCE)):
        yield chunk
