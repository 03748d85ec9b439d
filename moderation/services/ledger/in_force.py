"""Which of a comment's ledger rows still hold."""

from collections.abc import Sequence

from moderation.models import Decision, DecisionKind


def decisions_in_force(rows: Sequence[Decision]) -> list[Decision]:
    """Returns those of a comment's rows that are neither undone nor undos themselves."""
    undone = {row.undoes_id for row in rows}
    return [row for row in rows if row.pk not in undone and row.kind != DecisionKind.UNDO]
