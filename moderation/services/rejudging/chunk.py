"""Judges one chunk of reviews again: read and compared without a lock, written in one short transaction.

What changed is judged once more under the lock, from the rows as they are then: a comment that a person decided on, or
that was edited or closed meanwhile, is left alone. Locks: the range, then comments, then reviews, then the ledger.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q

from archive.models import Article, Comment, OriginState, Source
from moderation.models import DecidedBy, PolicyStatus, PolicyVersion, Rejudging, Review, ReviewQuerySet, State
from moderation.policies import Features, Policy, features_needed, judge
from moderation.services.facts.as_of import Subject, features_as_of
from moderation.services.ledger.append import decisions_append
from moderation.services.rejudging.comparison import COMPARED, Comparison, Difference
from moderation.services.states.locking import lock_comments, lock_reviews, reviews_write
from moderation.services.verdicts.features import features_of
from moderation.services.verdicts.stored.stored_columns import StoredReader, StoredRows
from moderation.services.verdicts.transitions import Scored, review_apply_verdict
from moderation.services.verdicts.trial.brake import brake_apply

CHUNK = 5_000
Kept = tuple[Comment, Review]
JUDGED_AGAIN = Q(state__in=[State.PASSED, State.PENDING], decided_by=DecidedBy.NOBODY) | Q(decided_by=DecidedBy.POLICY)


class PolicyChangedError(Exception):
    """Another version of the policy became active while the rows were judged by this one."""


@dataclass(slots=True)
class Rejudge:
    """A run over one range of ids by one policy."""

    version: PolicyVersion
    policy: Policy
    comparison: Comparison = field(init=False)
    reader: StoredReader = field(init=False)

    def __post_init__(self) -> None:
        self.comparison = Comparison(self.policy)
        self.reader = StoredReader.of([self.policy], *COMPARED)

    def step(self, span: Rejudging, *, now: datetime) -> bool:
        """Judges the next chunk of the range and returns whether there was one; raises PolicyChangedError."""
        rows = self.reader.read(reviews_to_judge(), after=span.position, last=span.last_id, size=CHUNK)
        difference = self.comparison.of(rows) if rows else None
        self._write(span, rows, difference, now)
        return rows is not None

    @transaction.atomic
    def _write(self, span: Rejudging, rows: StoredRows | None, difference: Difference | None, now: datetime) -> None:
        """Writes what changed, and how far the range has come."""
        held = Rejudging.objects.select_for_update(no_key=True).get(pk=span.pk)
        if held.position != span.position or held.finished_at:
            # Another process has done this chunk: go on where it is.
            span.position, span.finished_at = held.position, held.finished_at
            return
        self._refuse_changed()
        if rows is None or difference is None:
            span.position, span.finished_at = span.last_id, now
        else:
            self._apply(span, difference, judged=len(rows.ids))
            span.position, span.judged = int(rows.ids[-1]), span.judged + len(rows.ids)
        span.save(update_fields=["position", "judged", "changed", "moved", "finished_at"])

    def _refuse_changed(self) -> None:
        if not PolicyVersion.objects.filter(pk=self.version.pk, active=True).exists():
            raise PolicyChangedError

    def _apply(self, span: Rejudging, difference: Difference, *, judged: int) -> None:
        changed = difference.changed.tolist()
        if difference.drifted:
            _lock([*changed, *difference.drifted])
            risk_write(difference.drifted)
        kept = _open(changed)
        before = [review.state_version for _, review in kept]
        scored = list(map(self._judge, kept, self._features(kept)))
        scored = brake_apply(scored=scored, policy=self.version, judged=judged)
        transitions = [
            review_apply_verdict(scored=one, review=review, policy=self.version)
            for one, (_, review) in zip(scored, kept, strict=True)
        ]
        reviews_write([review for review, _ in transitions])
        decisions_append([row for _, rows in transitions for row in rows])
        span.changed += len(kept) + len(difference.drifted)
        span.moved += sum(review.state_version != was for (_, review), was in zip(kept, before, strict=True))

    def _features(self, kept: Sequence[Kept]) -> list[Features]:
        """Returns the features as they were when the comments came; the queries do not grow with the chunk."""
        subjects = [
            Subject.of(comment, language=_language(review), features=features_of(review.facts))
            for comment, review in kept
        ]
        return features_as_of(subjects=subjects, needed=features_needed(self.policy), history=self.reader.history)

    def _judge(self, kept: Kept, features: Features) -> Scored:
        comment, review = kept
        scores = review.score.values() if review.score else {}
        where = {"source": comment.source.slug, "section": comment.article.section}
        verdict = judge(self.policy, scores, features=features, **where)
        chance = self.policy.audit_chance(verdict.risk)
        return Scored(comment, review.score, verdict, review.facts, chance, review.facts_edition)


def reviews_to_judge() -> ReviewQuerySet:
    """Returns the reviews that are judged again: of current texts with a score that no person decided on.

    Those that a version in rollout has judged are its share, and stay.
    """
    rolling = list(PolicyVersion.objects.filter(status=PolicyStatus.ROLLOUT).values_list("pk", flat=True))
    reviews = Review.objects.filter(JUDGED_AGAIN, score__isnull=False).current()
    return reviews.exclude(policy__in=rolling) if rolling else reviews


def risk_write(drifted: Mapping[int, tuple[float, float]]) -> None:
    """Writes risk and uncertainty by comment id; the rows are locked."""
    table = connection.ops.quote_name(Review._meta.db_table)
    rows = [(risk, uncertainty, pk) for pk, (risk, uncertainty) in drifted.items()]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            values = "unnest(%s::float8[], %s::float8[], %s::bigint[]) AS drifted(risk, uncertainty, id)"
            setting = "SET risk = drifted.risk, uncertainty = drifted.uncertainty"
            columns = [list(column) for column in zip(*rows, strict=True)]
            cursor.execute(f"UPDATE {table} {setting} FROM {values} WHERE comment_id = drifted.id", columns)
        else:
            setting = "SET risk = %s, uncertainty = %s"
            cursor.executemany(f"UPDATE {table} {setting} WHERE comment_id = %s", rows)


def _lock(ids: Collection[int]) -> None:
    """Locks comments and then reviews, in the order of ids, without reading them."""
    for rows in (Comment.objects.filter(pk__in=ids), Review.objects.filter(pk__in=ids)):
        list(rows.order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))


def _open(ids: Collection[int]) -> list[Kept]:
    """Returns those that are still to be judged, locked, with source and article loaded: four queries."""
    comments, reviews = lock_comments(ids), lock_reviews(ids)
    kept = [(one, reviews[one.pk]) for one in comments if _is_open(one, reviews.get(one.pk))]
    sources = Source.objects.in_bulk({comment.source_id for comment, _ in kept})
    articles = Article.objects.only("section", "published_at").in_bulk({comment.article_id for comment, _ in kept})
    for comment, _ in kept:
        comment.source, comment.article = sources[comment.source_id], articles[comment.article_id]
    return kept


def _is_open(comment: Comment, review: Review | None) -> bool:
    """Returns whether the locked rows are still to be judged: the text scored, the comment open, nobody decided."""
    if review is None or review.score is None or comment.taken_revision < comment.revision:
        return False
    if comment.withdrawn_at or comment.erased_at or comment.origin_state == OriginState.DELETED:
        return False
    if review.decided_by == DecidedBy.NOBODY:
        return review.state in {State.PASSED, State.PENDING}
    return review.decided_by == DecidedBy.POLICY


def _language(review: Review) -> str:
    return review.score.language if review.score else ""
