"""Fills a scratch database for `benchmark policy`: scored comments of sources of unequal size, judged by one policy.

Nothing is scored: scores are drawn. A tenth of the comments have been decided on by people, who see through most of the
model's mistakes: of what was queued most, and of what passed those that were drawn for an audit.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django.core.management import call_command
from django.db import connection

from archive.database.bulk import allocate_ids, blank_values, build_row, bulk_write, chunk_write, rows_insert
from archive.models import Article, Comment, Commenter, Source
from moderation.benchmarks.judging.policy_rules import SECTIONS, SOURCES, WORD_LIST, policy_after, policy_before
from moderation.benchmarks.judging.policy_states import DECIDED_AFTER, decision_values, report_values, state_values
from moderation.models import (
    Decision,
    ModelVersion,
    PolicyStatus,
    PolicyVersion,
    ReaderFlag,
    Review,
    Score,
    Standing,
    StandingKind,
)
from moderation.policies import judge, parse_policy, policy_sha256
from moderation.policies.columns import Coded, SubjectColumns, judge_columns
from moderation.policies.documents.schema import ACTIONS
from moderation.services.verdicts.features import features_of
from moderation.services.word_lists.entries import Entry
from moderation.services.word_lists.lists import Author, word_list_create
from moderation.services.word_lists.matching import lists_edition

SEED = 20211116
BEGIN = datetime(2021, 11, 16, tzinfo=UTC)
SHARES = (0.62, 0.2, 0.1, 0.05, 0.02, 0.01)
LANGUAGES, LANGUAGE_SHARES = ("en", "tr", "de"), (0.9, 0.07, 0.03)
COMMENTS_AN_ARTICLE, COMMENTS_A_PERSON = 200, 12
WORDS = ("the", "a", "harbour", "council", "ferry", "never", "late", "again", "prices", "is", "not", "fair", "nobody")
TEXTS = 5_000
AT_ONCE = 20_000
LIST_HITS, REPORTED, STAFF = 0.01, 0.02, 50
PUBLISHED_OVER = timedelta(days=200)


def main() -> None:
    """Migrates and fills: `policy_rows ROWS`; the policy after the change is active, the rows are of the one before."""
    call_command("migrate", verbosity=0)
    rows_fill(rows=int(sys.argv[1]))
    if connection.vendor == "postgresql":
        # Autovacuum would do this by itself some minutes later.
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def rows_fill(*, rows: int) -> None:
    """Writes `rows` comments with their scores and reviews, and the ledger of what was decided."""
    filler = _Filler(rows)
    with bulk_write():
        for begin in range(0, rows, AT_ONCE):
            with chunk_write():
                filler.write(begin, min(AT_ONCE, rows - begin))
    PolicyVersion.objects.update(active=False, status=PolicyStatus.RETIRED)
    _version(3, policy_after(), active=True)


def _version(version: int, body: dict[str, Any], *, active: bool) -> PolicyVersion:
    status = PolicyStatus.ACTIVE if active else PolicyStatus.RETIRED
    columns = {"body": body, "sha256": policy_sha256(body), "active": active, "status": status}
    return PolicyVersion.objects.create(version=version, **columns)


class _Filler:
    """Draws rows from a seed, many at a time."""

    def __init__(self, rows: int) -> None:
        self._draw = np.random.default_rng(SEED)
        self._model = ModelVersion.objects.create(name="compact", version=1, sha256="0" * 64, active=True)
        self._version = _version(2, policy_before(), active=False)
        self._policy = parse_policy(policy_before(), version=2)
        self._texts = [" ".join(self._draw.choice(WORDS, size)) for size in self._draw.integers(3, 60, TEXTS)]
        self._sources = Source.objects.bulk_create([Source(slug=slug, name=slug) for slug in SOURCES])
        self._articles = self._some(Article, max(len(SOURCES) * len(SECTIONS), rows // COMMENTS_AN_ARTICLE))
        self._people = self._some(Commenter, max(len(SOURCES), rows // COMMENTS_A_PERSON))
        staff = [Standing(commenter=one, kind=StandingKind.STAFF, since=BEGIN) for one in self._people[0][-STAFF:]]
        Standing.objects.bulk_create(staff)
        word_list_create(name=WORD_LIST, entries=[Entry("blorg")], author=Author())
        self._edition = lists_edition()

    def _some(self, model: type[Any], count: int) -> list[list[Any]]:
        """Returns, by source, rows of `model`, as many as the source's share of `count`."""
        found = []
        for source, share in zip(self._sources, SHARES, strict=True):
            rows = [model(source=source, external_id=str(number)) for number in range(max(4, int(count * share)))]
            for number, row in enumerate(rows):
                if model is Article:
                    row.section = SECTIONS[number % len(SECTIONS)]
                    row.published_at = BEGIN + PUBLISHED_OVER * float(self._draw.random())
            found.append(model.objects.bulk_create(rows))
        return found

    def write(self, begin: int, count: int) -> None:
        """Writes `count` comments from the number `begin` on, with what belongs to them."""
        comments = self._comments(begin, count)
        facts, drawn = self._facts(comments), self._scores(comments)
        scores = self._score_rows(comments, drawn)
        features = [
            replace(features_of(one), language=score.__dict__["language"], flags=0.0)
            for one, score in zip(facts, scores, strict=True)
        ]
        subjects = SubjectColumns(count, drawn, features, *self._columns(comments))
        reviews = list(self._reviews(comments, scores, facts, subjects))
        for rows in (comments, scores, reviews, self._decisions(reviews), self._reports(reviews)):
            rows_insert(rows)

    def _comments(self, begin: int, count: int) -> list[Comment]:
        blank, drawn = blank_values(Comment), self._draw.choice(len(SOURCES), count, p=SHARES)
        ids = allocate_ids(Comment, count)
        texts = self._draw.integers(0, TEXTS, count).tolist()
        return [
            build_row(Comment, {**blank, **self._comment(begin + at, source, texts[at]), "id": ids[at]})
            for at, source in enumerate(drawn.tolist())
        ]

    def _comment(self, number: int, source: int, text: int) -> dict[str, Any]:
        articles, people = self._articles[source], self._people[source]
        return {
            "source_id": self._sources[source].pk,
            "article_id": articles[number % len(articles)].pk,
            # The most eager tenth of the readers writes most of the comments.
            "commenter_id": people[(number * 7919) % max(1, len(people) // (1 + number % 10))].pk,
            "external_id": str(number),
            "raw": self._texts[text],
            "text": self._texts[text],
            "text_hash": f"{number:064x}",
            "created_at": BEGIN + timedelta(seconds=40 * number),
            "received_at": BEGIN + timedelta(seconds=40 * number),
            "seal_key": number.to_bytes(16, "big"),
            "taken_revision": 1,
        }

    def _columns(self, comments: Sequence[Comment]) -> tuple[Coded, Coded]:
        sections = {row.pk: row.section for rows in self._articles for row in rows}
        slugs = {source.pk: source.slug for source in self._sources}
        return Coded.of(slugs[row.source_id] for row in comments), Coded.of(
            sections[row.article_id] for row in comments
        )

    def _scores(self, comments: Sequence[Comment]) -> dict[str, Any]:
        """Returns scores that go together: one comment in eight is heated."""
        heat = np.where(self._draw.random(len(comments)) < 1 / 8, self._draw.beta(5, 2, len(comments)), 0.0)
        noise = {name: self._draw.beta(1, 9, len(comments)) for name in Score.ATTRIBUTES}
        rarer = {"toxicity": 1.0, "insult": 0.9, "obscene": 0.6}
        return {
            name: np.round(np.clip(np.maximum(low, heat * rarer.get(name, 0.3) + low / 4), 0, 1), 6)
            for name, low in noise.items()
        }

    def _score_rows(self, comments: Sequence[Comment], scores: dict[str, Any]) -> list[Score]:
        blank, ids = (
            {**blank_values(Score), "model_id": self._model.pk, "revision": 1},
            allocate_ids(Score, len(comments)),
        )
        languages = self._draw.choice(LANGUAGES, len(comments), p=LANGUAGE_SHARES).tolist()
        rows = zip(*(scores[name].tolist() for name in Score.ATTRIBUTES), strict=True)
        return [
            build_row(
                Score,
                {
                    **blank,
                    **dict(zip(Score.ATTRIBUTES, row, strict=True)),
                    "id": ids[at],
                    "comment_id": comments[at].pk,
                    "text_hash": comments[at].text_hash,
                    "language": languages[at],
                },
            )
            for at, row in enumerate(rows)
        ]

    def _reviews(
        self,
        comments: Sequence[Comment],
        scores: Sequence[Score],
        facts: Sequence[dict[str, Any]],
        subjects: SubjectColumns,
    ) -> Iterator[Review]:
        blank = {**blank_values(Review), "policy_id": self._version.pk}
        found, (lot, truth, reported) = (
            judge_columns(self._policy, subjects),
            self._draw.random((3, len(comments))).tolist(),
        )
        flagged, risk, uncertainty = found.flagged.tolist(), found.risk.tolist(), found.uncertainty.tolist()
        for at, (comment, score) in enumerate(zip(comments, scores, strict=True)):
            harmful = truth[at] < 0.02 + 0.9 * score.__dict__["toxicity"] ** 2
            action = ACTIONS[found.action[at]]
            yield build_row(
                Review,
                {
                    **blank,
                    **{name: score.__dict__[name] for name in Score.ATTRIBUTES},
                    **state_values(action, lot[at], comment.created_at + DECIDED_AFTER, harmful=harmful),
                    "comment_id": comment.pk,
                    "source_id": comment.source_id,
                    "article_id": comment.article_id,
                    "created_at": comment.created_at,
                    "score_id": score.pk,
                    "flagged": flagged[at],
                    "risk": risk[at],
                    "uncertainty": uncertainty[at],
                    "verdict": self._verdict(subjects, at, action),
                    "facts": facts[at],
                    "near_hash": facts[at]["near_hash"],
                    "facts_edition": self._edition,
                    "reader_flags": int(reported[at] < REPORTED),
                },
            )

    def _facts(self, comments: Sequence[Comment]) -> list[dict[str, Any]]:
        """Returns facts as they are stored when a comment is scored; one in a hundred hits the word list."""
        links, capitals, repeats, hit = self._draw.random((4, len(comments))).tolist()
        return [
            {
                "text_hash": comment.text_hash,
                "links": int(links[at] * 1.05) + int(links[at] * 1.01),
                "length": len(comment.text),
                "near_hash": f"{comment.pk * 2654435761 % 2**64:016x}",
                "capitals": round(capitals[at] ** 4, 4),
                "repeats": int(repeats[at] ** 9 * 6),
                "lists": {WORD_LIST: {"version": 1, "hits": int(hit[at] < LIST_HITS)}},
            }
            for at, comment in enumerate(comments)
        ]

    def _verdict(self, subjects: SubjectColumns, at: int, action: str) -> dict[str, Any]:
        if action == "pass":
            return {"action": action, "flagged": False, "rule": "", "policy": 2, "reasons": []}
        one = subjects.subject(at)
        where = {"source": subjects.sources[at], "section": subjects.sections[at]}
        return judge(self._policy, one.scores, features=one.features, **where).as_json()

    def _decisions(self, reviews: Sequence[Review]) -> list[Decision]:
        decided = [review for review in reviews if review.decided_by]
        ids = allocate_ids(Decision, len(decided))
        blank = blank_values(Decision)
        return [
            build_row(Decision, {**blank, **decision_values(review), "id": pk})
            for pk, review in zip(ids, decided, strict=True)
        ]

    def _reports(self, reviews: Sequence[Review]) -> list[ReaderFlag]:
        """Returns one report of each reported comment, by one of a few hundred readers."""
        reported = [review for review in reviews if review.reader_flags]
        ids, blank = allocate_ids(ReaderFlag, len(reported)), blank_values(ReaderFlag)
        return [
            build_row(ReaderFlag, {**blank, **report_values(review), "id": pk})
            for pk, review in zip(ids, reported, strict=True)
        ]
