"""Everything that is stored of a person or a comment, as JSON Lines; the last line seals those before it.

Who decided and who reported stay out: they are other people. The last line has the confirmation that erasing asks for,
so that nobody erases what nobody has exported.
"""

import hashlib
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from archive.database.by_the_way import note_soon
from archive.models import Comment, Commenter
from moderation.models import Appeal, Decision, DecisionNote, Feedback, HandOver, LookUp, Mute, ReaderFlag, Standing
from moderation.services.ledger.audit import export_record
from moderation.services.ledger.export import decision_fields, moment_text, with_names
from moderation.services.states.current import review_of

CHUNK = 500
# Hexadecimal digits of the digest that a person types or a program sends to confirm.
CONFIRMATION_DIGITS = 16
OTHERS = ("actor", "api_key", "batch")
COMMENT_FIELDS = (
    *("id", "external_id", "parent_external_id", "raw", "text", "text_format", "language", "origin_state"),
    *("revision", "meta"),
)
COMMENT_TIMES = ("created_at", "received_at", "edited_at", "withdrawn_at", "erased_at")
APPEAL_FIELDS = ("text", "appellant", "callback_url", "outcome", "answer")
FEEDBACK_FIELDS = ("text", "scores", "languages", "community_id", "client_token", "session_id", "context")


def commenter_export_lines(*, commenter: Commenter) -> Iterator[str]:
    """Yields a line for the commenter, one for each of their comments in the order of ids, and the sealing line."""
    comments = Comment.objects.filter(commenter=commenter)
    return _sealed(_documents([_commenter(commenter)], comments))


def export_note(*, commenter: Commenter, actor: User) -> None:
    """Records that somebody had a commenter's data exported: as a look-up of their record, and in the audit trail."""
    seen = {"commenter_id": commenter.pk, "actor_id": actor.pk, "at": timezone.now()}

    def note() -> None:
        LookUp.objects.create(**seen)
        export_record(subject=f"commenter {commenter.pk}", actor=actor)

    note_soon(note)


def comment_export_lines(*, comment: Comment) -> Iterator[str]:
    """Yields a line for the comment, and the sealing line."""
    return _sealed(_documents([], Comment.objects.filter(pk=comment.pk)))


def export_digest(*, lines: Iterable[str]) -> str:
    """Returns the digest that the sealing line of an export has."""
    (last,) = deque(lines, maxlen=1)
    digest: str = json.loads(last)["sha256"]
    return digest


def confirmation_of(digest: str) -> str:
    """Returns what confirms an erasure: the beginning of the export's digest."""
    return digest[:CONFIRMATION_DIGITS]


def _sealed(documents: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    digest = hashlib.sha256()
    for document in documents:
        line = json.dumps(document, ensure_ascii=False) + "\n"
        digest.update(line.encode("utf-8", "surrogatepass"))
        yield line
    total = digest.hexdigest()
    end = {"kind": "end", "exported_at": moment_text(timezone.now()), "sha256": total}
    yield json.dumps({**end, "confirmation": confirmation_of(total)}) + "\n"


def _documents(first: list[dict[str, Any]], comments: QuerySet[Comment]) -> Iterator[dict[str, Any]]:
    yield from first
    after = 0
    while chunk := list(_loaded(comments.filter(pk__gt=after).order_by("pk"))[:CHUNK]):
        notes = _notes(Decision.objects.filter(comment__in=chunk))
        yield from (_comment(comment, notes) for comment in chunk)
        after = chunk[-1].pk


def _loaded(comments: QuerySet[Comment]) -> QuerySet[Comment]:
    decisions = Prefetch("decisions", with_names(Decision.objects.order_by("pk")))
    flags = Prefetch("flags", ReaderFlag.objects.order_by("pk"))
    feedback = Prefetch("feedback", Feedback.objects.order_by("pk"))
    loaded = comments.select_related("source", "article", "review__score__model").defer("article__body")
    notes = Prefetch("hand_overs", HandOver.objects.exclude(note="").order_by("pk"))
    return loaded.prefetch_related("revisions", decisions, flags, feedback, notes, "team_notes", "appeals")


def _comment(comment: Comment, notes: Mapping[int, str]) -> dict[str, Any]:
    review = review_of(comment)
    return {
        "kind": "comment",
        **{name: getattr(comment, name) for name in COMMENT_FIELDS},
        **{name: _moment(getattr(comment, name)) for name in COMMENT_TIMES},
        "article": {name: getattr(comment.article, name) for name in ("external_id", "title", "url")},
        "earlier_texts": [{"revision": one.revision, "raw": one.raw} for one in comment.revisions.all()],
        "state": review.state if review else None,
        "scores": review.score.values() if review and review.score else None,
        "verdict": review.verdict if review else None,
        "decisions": [_decision(row, notes) for row in comment.decisions.all()],
        "reports": [{"reason": one.reason, "at": moment_text(one.at)} for one in comment.flags.all()],
        "notes": [
            *({"note": one.note, "at": moment_text(one.at)} for one in comment.hand_overs.all()),
            *({"note": one.text, "at": moment_text(one.at)} for one in comment.team_notes.all()),
        ],
        "appeals": [_appeal(one) for one in comment.appeals.all()],
        "feedback": [{name: getattr(one, name) for name in FEEDBACK_FIELDS} for one in comment.feedback.all()],
    }


def _appeal(appeal: Appeal) -> dict[str, Any]:
    said = {name: getattr(appeal, name) for name in APPEAL_FIELDS}
    return {**said, "made_at": moment_text(appeal.made_at), "decided_at": _moment(appeal.decided_at)}


def _commenter(commenter: Commenter) -> dict[str, Any]:
    about = with_names(Decision.objects.filter(commenter=commenter).order_by("pk"))
    notes = _notes(about)
    standings = Standing.objects.filter(commenter=commenter).order_by("pk")
    mutes = Mute.objects.filter(commenter=commenter).order_by("pk")
    reports = ReaderFlag.objects.filter(reporter=commenter.external_id, comment__source=commenter.source)
    return {
        "kind": "commenter",
        "id": commenter.pk,
        "source": commenter.source.slug,
        "external_id": commenter.external_id,
        "name": commenter.name,
        "decisions": [_decision(row, notes) for row in about],
        "mutes": [{"reason": one.reason, "since": _moment(one.since), "until": _moment(one.until)} for one in mutes],
        "standings": [{"kind": one.kind, "note": one.note, "since": _moment(one.since)} for one in standings],
        "notes": [{"note": one.text, "at": moment_text(one.at)} for one in commenter.team_notes.order_by("pk")],
        "reported": [{"comment": one.comment_id, "reason": one.reason} for one in reports.order_by("pk")],
    }


def _decision(row: Decision, notes: Mapping[int, str]) -> dict[str, Any]:
    fields = {name: value for name, value in decision_fields(row).items() if name not in OTHERS}
    return {**fields, "note": notes.get(row.pk, "")}


def _notes(decisions: QuerySet[Decision]) -> dict[int, str]:
    return dict(DecisionNote.objects.filter(decision__in=decisions.values("pk")).values_list("decision_id", "text"))


def _moment(moment: Any) -> str | None:
    return moment_text(moment) if moment else None
