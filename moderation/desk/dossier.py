"""All that the page of one comment shows: the marked text, why it is there, the thread around it, its history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, CharField, FilteredRelation, Q, QuerySet, Value

from archive.admin.thread import Thread, ThreadItem, thread_around
from archive.models import Comment, CommentRevision
from moderation.desk.access import Person
from moderation.desk.cards import held_by, holder_of, readers_see, severity
from moderation.desk.wording.labels import ATTRIBUTES, STATES, label
from moderation.desk.wording.text import Change, TextPiece, changes, pieces
from moderation.models import Decision, HandOver, ReaderFlag, Review, State, TeamNote
from moderation.services.states.current import review_of, shown_state
from moderation.services.states.version import VersionToken
from moderation.services.verdicts.thresholds import AttributeRow, attribute_rows

MAX_DECISIONS = 20
MAX_REVISIONS = 5
MAX_SAID = 30
RELATED = ("source", "article", "commenter", "review__score__model", "review__policy", "review__holder")


@dataclass(frozen=True, slots=True)
class Bar:
    """One attribute's score against its nearest bar, both 0 to 1; `score` is None if the model gave none."""

    row: AttributeRow

    @property
    def name(self) -> str:
        """Returns the attribute in words."""
        return label(ATTRIBUTES, self.row.attribute)

    @property
    def score(self) -> float | None:
        """Returns the score."""
        return self.row.score

    @property
    def bar(self) -> float | None:
        """Returns the highest threshold that was reached, else the lowest there is."""
        reached = [one.value for one in self.row.thresholds if one.reached]
        return max(reached) if reached else min((one.value for one in self.row.thresholds), default=None)

    @property
    def rules(self) -> str:
        """Returns the rules whose threshold was reached."""
        return ", ".join(dict.fromkeys(one.rule for one in self.row.thresholds if one.reached))

    @property
    def width(self) -> str:
        """Returns the score as the length of a bar of 100."""
        return f"{100 * (self.row.score or 0):.1f}"

    @property
    def at(self) -> str:
        """Returns the place of the threshold on a bar of 100."""
        return f"{100 * (self.bar or 0):.1f}"


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit: the number of the text that it left, and what it changed."""

    revision: int
    changes: list[Change]


@dataclass(frozen=True, slots=True)
class Said:
    """A reader's report, or a colleague's note of the number `note`."""

    at: datetime
    who: str
    text: str
    note: int = 0


@dataclass(frozen=True, slots=True)
class Dossier:
    """One comment for its page. `review` is None if it was never scored; `edited`: its scores are of an old text.

    `holder` is the name of another person who holds it; `mine`: the person does. `handed` is the hand-over that
    stands; `kept` says that it is to somebody else.
    """

    comment: Comment
    review: Review | None
    text: list[TextPiece]
    bars: list[Bar]
    thread: Thread
    parent: ThreadItem | None
    decisions: Sequence[Decision]
    edits: list[Edit]
    flags: Sequence[Said]
    notes: Sequence[Said]
    severe: bool
    blurred: bool
    holder: str
    mine: bool
    handed: HandOver | None
    kept: bool

    @property
    def state(self) -> str:
        """Returns the comment's state."""
        return shown_state(self.comment)

    @property
    def state_label(self) -> str:
        """Returns the state in words."""
        return label(STATES, self.state)

    @property
    def language(self) -> str:
        """Returns the language that was declared, else the detected one; empty if neither is known."""
        return self.comment.language or self._detected

    @property
    def is_language_detected(self) -> bool:
        """Says whether the language was detected and not declared."""
        return bool(not self.comment.language and self._detected)

    @property
    def _detected(self) -> str:
        review = self.review
        found = review.score.language if review and review.score else ""
        return found or str(review.facts.get("language", "") if review else "")

    @property
    def readers_see(self) -> bool:
        """Says whether readers see the comment now."""
        return readers_see(self.comment, self.review)

    @property
    def token(self) -> VersionToken:
        """Returns the version that an action from this page is made conditional on."""
        return VersionToken.of(self.comment)

    @property
    def edited(self) -> bool:
        """Says whether the text was edited after it was scored."""
        return self.review is not None and self.comment.taken_revision < self.comment.revision

    @property
    def is_closed(self) -> bool:
        """Says whether the comment was withdrawn, erased or deleted: nothing can be decided on it any more."""
        return self.review is not None and self.review.state == State.CLOSED

    @property
    def decidable(self) -> bool:
        """Says whether the person can decide: the text is scored, the comment is still there, and no other's."""
        return self.review is not None and not self.is_closed and not self.edited and not self.kept

    @property
    def masked(self) -> bool:
        """Says whether a slur is masked in the text."""
        return any(piece.masked for piece in self.text)

    @property
    def marked(self) -> bool:
        """Says whether words or sentences are marked in the text."""
        return any(piece.word is not None or piece.sentence is not None for piece in self.text)


def comment_for(person: Person, comment_id: int) -> Comment | None:
    """Returns the comment with all that its page reads; None if there is none that the person may see."""
    # A comment has at most one hand-over that stands, so joining it adds no row.
    standing = FilteredRelation("hand_overs", condition=Q(hand_overs__ended_at=None))
    rows: QuerySet[Any] = Comment.objects.all()
    joined = rows.alias(standing=standing).select_related(*RELATED, "standing__giver", "standing__taker")
    comments = person.within(joined.defer("raw", "meta", "article__furniture"))
    found: Comment | None = comments.filter(pk=comment_id).first()
    return found


def dossier_of(comment: Comment, person: Person, *, spans: Sequence[dict[str, Any]], reveal: bool) -> Dossier:
    """Returns what the page shows: at most seven queries, fewer if there are no edits, flags or replies."""
    review, handed, (flags, notes) = review_of(comment), handed_of(comment), _said(comment)
    thread = thread_around(comment, Comment.objects.select_related("commenter", "review__score"))
    severe = severity(review) >= person.settings.severe_from
    mask = person.settings.mask_slurs and not reveal
    return Dossier(
        comment=comment,
        review=review,
        text=pieces(comment.text, spans, mask=mask),
        bars=[Bar(row) for row in attribute_rows(comment, review)] if review else [],
        thread=thread,
        parent=next((item for item in thread.items if item.comment.pk == comment.parent_id), None),
        decisions=_decisions(comment),
        edits=edits_of(comment) if comment.revision > 1 else [],
        flags=flags,
        notes=notes,
        severe=severe,
        blurred=severe and not reveal and person.settings.blur_above is not None,
        holder=holder_of(review, person),
        mine=held_by(review, person),
        handed=handed,
        kept=handed is not None and handed.taker_id != person.user.pk,
    )


def _said(comment: Comment) -> tuple[list[Said], list[Said]]:
    """Returns readers' reports and colleagues' notes, the newest first, in one query."""
    nobody, none = Value("", output_field=CharField()), Value(0, output_field=BigIntegerField())
    flags = ReaderFlag.objects.filter(comment=comment).values_list("at", nobody, "reason", none)
    notes = TeamNote.objects.filter(comment=comment).order_by().values_list("at", "author__username", "text", "pk")
    rows = [Said(*row) for row in flags.union(notes, all=True).order_by("-at")[:MAX_SAID]]
    return [one for one in rows if not one.note], [one for one in rows if one.note]


def handed_of(comment: Comment) -> HandOver | None:
    """Returns the hand-over that stands, which `comment_for` has loaded."""
    found: HandOver | None = getattr(comment, "standing", None)
    return found


def _decisions(comment: Comment) -> Sequence[Decision]:
    rows = comment.decisions.select_related("actor", "policy", "note").defer("scores", "policy__body")
    return list(rows.order_by("-pk")[:MAX_DECISIONS])


def edits_of(comment: Comment, since: int = 0) -> list[Edit]:
    """Returns the last edits of a comment from revision `since` on, newest first. One query."""
    rows = CommentRevision.objects.filter(comment=comment, revision__gte=since).order_by("-revision")
    earlier = list(rows.only("revision", "text")[:MAX_REVISIONS])
    later = [comment.text, *(row.text for row in earlier)]
    return [Edit(row.revision, changes(row.text, after)) for row, after in zip(earlier, later, strict=False)]
