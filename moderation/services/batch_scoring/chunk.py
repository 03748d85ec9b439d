"""What a scoring run does with a chunk of claimed comments: load, batch by length, score, judge and save.

`services.batch_scoring.run` decides what is claimed and when to stop.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import F

from archive.models import Comment
from moderation.models import Claim, ModelVersion, PolicyVersion, Review, Score
from moderation.policies import Policy, Reason, VerdictReason, features_needed, judge, judge_refusal
from moderation.policies.verdict import UNSCORABLE
from moderation.scoring import Refusal, Result, Span
from moderation.services.batch_scoring.claims import claims_set_aside
from moderation.services.batch_scoring.inference import TRIES, Failure, Inference, Outcome
from moderation.services.batch_scoring.options import ScoreReport
from moderation.services.model_versions import ModelsInUse
from moderation.services.verdicts.known import Known, batch_features
from moderation.services.verdicts.transitions import Scored
from moderation.services.verdicts.triage import batch_save, scores_save
from moderation.services.verdicts.trial.candidate import policies_judging

logger = logging.getLogger(__name__)

COLUMNS = (
    *("source_id", "article_id", "source__slug", "article__section", "raw", "text", "text_hash", "language"),
    *("source__default_language", "article__language"),
    *("article__published_at", "received_at", "edited_at"),
    *("created_at", "origin_state", "seal_key", "revision", "taken_revision", "external_id", "commenter_id"),
)

BATCH_CHARACTERS = 32_768


@dataclass(slots=True)
class ScoreRun:
    """A run of one worker. Scores of the `active` models move reviews; those of another are only stored."""

    inference: Inference
    models: ModelsInUse
    active: bool
    worker: str
    report: ScoreReport

    def load(self, ids: Sequence[int]) -> list[Comment]:
        """Returns the claimed comments that need scoring or judging, with the related rows that takes."""
        comments = Comment.objects.filter(pk__in=ids).select_related("source", "article").only(*COLUMNS)
        refused = self._refused_before(ids)
        Claim.objects.filter(pk__in=refused, worker=self.worker).delete()
        return [comment for comment in comments if comment.pk not in refused]

    def batch(self, comments: Sequence[Comment]) -> None:
        """Scores and saves one batch. Raises ScoringError if the model itself fails; nothing is saved then."""
        (policy_row, policy), candidate = policies_judging()
        known = self._scores_known(comments)
        fresh = [comment for comment in comments if comment.pk not in known]
        outcomes = dict(zip((one.pk for one in fresh), self._outcomes(fresh), strict=True))
        found = {one.pk: known.get(one.pk) or outcomes[one.pk] for one in comments}
        needed = features_needed(policy) | (candidate.needed if candidate and self.active else frozenset())
        features = batch_features(comments=comments, languages=_languages(found), known=known, needed=needed)
        scored = [self._scored(one, found[one.pk], features[one.pk], policy) for one in comments]
        judged = [one for one in scored if one is not None]
        if candidate and self.active:
            judged = [candidate.judge(one, features[one.comment.pk].features) for one in judged]
        self._add_spans([one for one in judged if one.verdict.flagged and one.score and one.score.pk is None])
        self._save(judged, policy_row)
        self._set_aside(outcomes)

    def _refused_before(self, ids: Sequence[int]) -> set[int]:
        """Returns the ids of comments whose current text these models have already refused."""
        rows = Review.objects.filter(comment_id__in=ids, verdict__rule__startswith=f"{UNSCORABLE}:")
        taken = rows.filter(comment__taken_revision=F("comment__revision"), facts__model=self.models.label)
        return set(taken.values_list("comment_id", flat=True))

    def _scores_known(self, comments: Sequence[Comment]) -> dict[int, Score]:
        """Returns comment id → the score of its current text that counts: such a comment is judged without scoring."""
        revisions = {comment.pk: comment.revision for comment in comments}
        found = Score.objects.filter(model__in=self.models.rows, comment_id__in=revisions).select_related("model")
        counting = (
            score for score in found.order_by("scored_at", "pk") if score.revision == revisions[score.comment_id]
        )
        return {score.comment_id: score for score in counting if self.models.counts(score)}

    def _outcomes(self, comments: Sequence[Comment]) -> list[Outcome]:
        try:
            return self.inference.outcomes(comments) if comments else []
        finally:
            self.report.texts_sent = self.inference.texts_sent

    def _scored(self, comment: Comment, found: Outcome | Score, known: Known, policy: Policy) -> Scored | None:
        if isinstance(found, Failure):
            return None
        facts, edition = known.facts.as_json(comment.text_hash), known.facts.edition
        if isinstance(found, Refusal):
            language = found.language.code if found.language else ""
            facts = {**facts, "language": language, "model": self.models.label}
            return Scored(comment, None, judge_refusal(policy, found.code), facts, facts_edition=edition)
        self.report.reused += isinstance(found, Score)
        score = found if isinstance(found, Score) else self._row(comment, found)
        source, section = comment.source.slug, comment.article.section
        verdict = judge(policy, score.values(), features=known.features, source=source, section=section)
        return Scored(comment, score, verdict, facts, policy.audit_chance(verdict.risk), edition)

    def _row(self, comment: Comment, result: Result) -> Score:
        return score_row(comment=comment, model=self.models.by_label[result.model], result=result)

    def _add_spans(self, flagged: Sequence[Scored]) -> None:
        """Adds spans to flagged comments only: few are, and spans for all would cost as much as the scores."""
        if not flagged or not self.active:
            return
        found = self.inference.spans([one.comment for one in flagged])
        self.report.spans_sent = self.inference.spans_sent
        for one, spans in zip(flagged, found, strict=True):
            if one.score:
                one.score.spans = spans_kept(spans, one.verdict.reasons)

    def _save(self, judged: Sequence[Scored], policy: PolicyVersion) -> None:
        if self.active:
            reviews = batch_save(scored=judged, policy=policy, worker=self.worker)
            self.report.changed += len(judged) - len(reviews)
            self._count_reviews(reviews)
        else:
            self._count_scores(scores_save(scored=judged, worker=self.worker))

    def _set_aside(self, outcomes: Mapping[int, Outcome]) -> None:
        failures = {pk: outcome.code for pk, outcome in outcomes.items() if isinstance(outcome, Failure)}
        claims_set_aside(worker=self.worker, failures=failures, attempts=TRIES)
        self.report.set_aside.update(failures)
        for pk, code in failures.items():
            logger.error("the model failed on comment %d %d times; set aside: %s", pk, TRIES, code)

    def _count_reviews(self, reviews: Sequence[Review]) -> None:
        for review in reviews:
            self._count(review.score, review.verdict["rule"])
            self.report.states[review.state] += 1
            self.report.flagged += review.flagged

    def _count_scores(self, kept: Sequence[Scored]) -> None:
        for one in kept:
            self._count(one.score, one.verdict.rule)

    def _count(self, score: Score | None, rule: str) -> None:
        if score is not None:
            self.report.scored += 1
            self.report.by_model[self.models.labels[score.model_id]] += 1
        else:
            self.report.refused[rule.partition(":")[2]] += 1


def _languages(found: Mapping[int, Outcome | Score]) -> dict[int, str]:
    """Returns comment id → the language in which its text was scored, or was refused."""
    languages = {}
    for pk, one in found.items():
        if isinstance(one, Score):
            languages[pk] = one.language
        elif not isinstance(one, Failure) and one.language:
            languages[pk] = one.language.code
    return languages


def batches(comments: Sequence[Comment], size: int) -> Iterator[list[Comment]]:
    """Yields the comments in batches, shortest first, so that texts of similar length share a batch.

    A batch has up to `size` texts and 32,768 characters, or a single longer text: this bounds what a killed run loses,
    and what a stop has to wait for, to a few seconds of work.
    """
    batch: list[Comment] = []
    characters = 0
    for comment in sorted(comments, key=lambda comment: len(comment.text)):
        if batch and (len(batch) == size or characters + len(comment.text) > BATCH_CHARACTERS):
            yield batch
            batch, characters = [], 0
        batch.append(comment)
        characters += len(comment.text)
    if batch:
        yield batch


def score_row(*, comment: Comment, model: ModelVersion, result: Result) -> Score:
    """Returns an unsaved Score with the result; attributes without a column go to `extra`."""
    columns = {name: result.scores.get(name) for name in Score.ATTRIBUTES}
    return Score(
        comment_id=comment.pk,
        model=model,
        revision=comment.revision,
        text_hash=comment.text_hash,
        extra={name: value for name, value in result.scores.items() if name not in columns},
        windows=result.windows,
        normalised=result.normalised,
        language=result.language.code,
        language_confidence=result.language.confidence,
        **columns,
    )


def spans_kept(spans: Sequence[Span], reasons: Sequence[Reason]) -> list[dict[str, Any]]:
    """Returns, as JSON, the spans behind a verdict's reasons: sentences at or above the threshold, and words.

    Each reason that is a score gets at least its highest-scoring sentence.
    """
    kept: list[Span] = []
    for reason in (one for one in reasons if isinstance(one, VerdictReason)):
        about = [span for span in spans if span.attribute == reason.attribute]
        sentences = [span for span in about if span.kind == "sentence"]
        reaching = [span for span in sentences if span.score >= reason.threshold]
        kept += reaching or sorted(sentences, key=lambda span: -span.score)[:1]
        kept += [span for span in about if span.kind == "word"]
    kept.sort(key=lambda span: (span.begin, span.kind, span.attribute))
    return [asdict(one) for one in dict.fromkeys(kept)]
