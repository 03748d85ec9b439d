"""Keeps what a candidate said beside the active version: the newest 100,000 verdicts, one a comment and revision."""

from collections.abc import Sequence

from django.db.models import F

from moderation.models import Rollout, ShadowVerdict
from moderation.services.verdicts.transitions import Beside, Scored

SHADOW_ROWS = 100_000
# So many rows are deleted at a time, of which there may be that many more.
TRIMMED = 1_000
REPLACED = ("action", "rule", "active_action", "active_rule", "effective", "at")


def beside_save(*, scored: Sequence[Scored]) -> None:
    """Writes what the candidate said about these comments, and counts where it failed. Three queries at most."""
    said = [(one, one.beside) for one in scored if one.beside]
    rows = [_row(one, beside) for one, beside in said if beside.verdict]
    if rows:
        unique = ["policy", "comment", "revision"]
        ShadowVerdict.objects.bulk_create(rows, update_conflicts=True, unique_fields=unique, update_fields=REPLACED)
        _trim([row.pk for row in rows])
    if failed := [beside.version.pk for _, beside in said if beside.verdict is None]:
        Rollout.objects.filter(pk=failed[0]).update(failures=F("failures") + len(failed))


def _row(one: Scored, beside: Beside) -> ShadowVerdict:
    action, rule = (beside.verdict.action, beside.verdict.rule) if beside.verdict else ("", "")
    return ShadowVerdict(
        policy_id=beside.version.pk,
        comment_id=one.comment.pk,
        revision=one.comment.revision,
        action=action,
        rule=rule,
        active_action=beside.active.action,
        active_rule=beside.active.rule,
        effective=beside.effective,
    )


def _trim(written: Sequence[int]) -> None:
    """Deletes the oldest rows, every thousand new ones."""
    newest = max(written)
    if newest // TRIMMED != (min(written) - 1) // TRIMMED:
        ShadowVerdict.objects.filter(pk__lte=newest - SHADOW_ROWS).delete()
