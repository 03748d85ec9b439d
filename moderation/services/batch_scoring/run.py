"""Scores unscored comments: claim, run the model, save, batch by batch, until nothing is left.

`manage.py score_comments` calls this. Inference runs outside transactions, and each batch is saved in one short
transaction (`services.verdicts.triage`): a killed run loses at most the batch it was scoring. Comments that a caller
waits for are scored by `services.online_scoring.posted`.
"""

import logging
from collections.abc import Callable, Iterator

from django.conf import settings
from django.db.models import Count, Exists, OuterRef

from archive.models import Comment, CommentQuerySet
from moderation.models import Claim, ModelVersion
from moderation.scoring import ScoringError
from moderation.services.batch_scoring.chunk import ScoreRun, batches
from moderation.services.batch_scoring.claims import (
    SET_ASIDE,
    claim_active,
    claims_await,
    claims_lift,
    claims_release_dead,
    claims_take,
    keep_lease,
)
from moderation.services.batch_scoring.inference import Inference
from moderation.services.batch_scoring.options import ScoreOptions, ScorePlan, ScoreReport
from moderation.services.batch_scoring.selection import IdRange, Selection, source_find
from moderation.services.batch_scoring.workers import worker_name
from moderation.services.model_versions import (
    ModelsInUse,
    model_describe,
    model_register,
    models_active,
    models_described,
    models_ordered,
    models_scorer,
    models_together,
)
from moderation.services.verdicts.triage import comments_close, comments_to_close

logger = logging.getLogger(__name__)

Progress = Callable[[ScoreReport], None]
Stop = Callable[[], bool]
# Batches claimed at a time: enough to put texts of similar length into the same batch.
CLAIM_BATCHES = 8
SET_ASIDE_CLAIMS = Claim.objects.filter(SET_ASIDE, comment=OuterRef("pk"))


def comments_score(*, options: ScoreOptions, progress: Progress | None = None, stop: Stop | None = None) -> ScoreReport:
    """Scores the comments that `options` select, and returns a report.

    `progress` is called after each batch. `stop` is called before each; if it returns True, the run releases its claims
    and ends. Raises ServiceError for invalid options. If the model itself fails, the run ends early and the report's
    `error` has the code; saved batches stay saved, and the next run continues from there.
    """
    options.check()
    stop = stop or _never
    run = _run_open(options.model)
    selection = _selection(options, run.models, active=run.active)
    if options.rescore:
        claims_lift(comments=selection.comments())
    run.report.closed = comments_close() if run.active and not options.is_part else 0
    run.report.total = _total(selection, options)
    with keep_lease(worker=run.worker, seconds=settings.MODERATION_LEASE_SECONDS):
        _score_all(run, selection, options, progress or _quiet, stop)
    run.report.stopped = stop()
    return run.report


def comments_score_plan(*, options: ScoreOptions) -> ScorePlan:
    """Returns what a run with these options would do; writes nothing, not even the model's registration."""
    options.check()
    label, models, active = _planned(options.model)
    selection = _selection(options, models, active=active)
    wanted = selection.comments() if options.rescore else selection.comments().filter(~Exists(SET_ASIDE_CLAIMS))
    if options.limit is not None:
        wanted = Comment.objects.filter(pk__in=wanted.order_by("pk").values("pk")[: options.limit])
    counts = wanted.order_by("source__slug").values_list("source__slug").annotate(Count("pk"))
    return ScorePlan(
        model=label,
        active=active,
        by_source=dict(counts),
        leased=Claim.objects.filter(
            claim_active(), set_aside_at=None, comment__in=wanted.order_by().values("pk")
        ).count(),
        set_aside=0 if options.rescore else selection.claims().filter(SET_ASIDE).count(),
        closed=comments_to_close().count() if active else 0,
    )


def _run_open(label: str | None) -> ScoreRun:
    """Returns a run with the active models, or with the model `label` if that is not one of them."""
    current = models_active()
    model = model_register(description=model_describe(label=label)) if label else current[0]
    active = model in current
    models = models_together(current if active else [model])
    report = ScoreReport(model=models.label, active=active)
    return ScoreRun(Inference(models_scorer(models), models.probes), models, report.active, worker_name(), report)


def _planned(label: str | None) -> tuple[str, ModelsInUse | None, bool]:
    """Returns the models that a run would have: their names, their rows if they were used before, whether active."""
    current = models_ordered(ModelVersion.objects.filter(active=True))
    if label is None:
        if current:
            return (models := models_together(current)).label, models, True
        return ", ".join(one.label for one in models_described()), None, True
    description = model_describe(label=label)
    found = ModelVersion.objects.filter(name=description.name, version=description.version).first()
    if found is not None and found in current:
        return (models := models_together(current)).label, models, True
    first = not current and description in models_described()
    return description.label, models_together([found]) if found else None, first


def _selection(options: ScoreOptions, models: ModelsInUse | None, *, active: bool) -> Selection:
    return Selection(
        models=models,
        active=active,
        walk=options.rescore or not active,
        since=options.since,
        source=source_find(options.source) if options.source else None,
        shard=options.shard,
        span=IdRange(*options.span) if options.span else None,
        ids=options.ids,
    )


def _total(selection: Selection, options: ScoreOptions) -> int:
    found = selection.comments().count()
    return found if options.limit is None else min(found, options.limit)


def _score_all(run: ScoreRun, selection: Selection, options: ScoreOptions, progress: Progress, stop: Stop) -> None:
    try:
        for ids in _chunks(run, selection, options, stop):
            for batch in batches(run.load(ids), options.batch_size):
                if stop():
                    return
                run.batch(batch)
                progress(run.report)
            if run.active and _changed(run.models):
                raise ScoringError("model_changed", "Other models became active.", retryable=True)
    except ScoringError as error:
        run.report.error = error.code
        logger.error("the run ended early: %s", error.code)


def _changed(models: ModelsInUse) -> bool:
    active = set(ModelVersion.objects.filter(active=True).values_list("pk", flat=True))
    return active != {row.pk for row in models.rows}


def _chunks(run: ScoreRun, selection: Selection, options: ScoreOptions, stop: Stop) -> Iterator[list[int]]:
    """Claims comments and yields their ids until only those held by live runs are left."""

    def wanted() -> int:
        left = options.batch_size * CLAIM_BATCHES
        left = left if options.limit is None else min(left, options.limit - run.report.done)
        return 0 if stop() else left

    for span in selection.spans():
        rest = span
        while wanted() > 0 and (ids := _claim(run, selection.within(rest), wanted())):
            yield ids
            rest = rest.above(ids[-1])
    while wanted() > 0:
        if ids := _claim(run, selection.left_over(), wanted()):
            yield ids
        elif not _others_done(selection, options, stop):
            run.report.left_to_others = selection.leases().count()
            return


def _others_done(selection: Selection, options: ScoreOptions, stop: Stop) -> bool:
    """Returns whether to look again for comments that others held; a part waits only for what dead processes held."""
    if options.is_part:
        return claims_release_dead(selection.leases()) > 0
    return claims_await(claims=selection.leases, stop=stop)


def _claim(run: ScoreRun, comments: CommentQuerySet, limit: int) -> list[int]:
    return claims_take(
        comments=comments,
        worker=run.worker,
        seconds=settings.MODERATION_LEASE_SECONDS,
        limit=limit,
        on_deadly=run.report.set_aside.update,
    )


def _never() -> bool:
    return False


def _quiet(_report: ScoreReport) -> None:
    return None
