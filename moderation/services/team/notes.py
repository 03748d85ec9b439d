"""Notes between moderators on a comment or a commenter, without a decision. They go where comments and people go."""

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from archive.models import Comment, Commenter
from moderation.models import TeamNote
from moderation.services.accounts.source_limits import user_sources
from moderation.services.errors import conflict, denied, invalid, not_found

NOTE_CHARACTERS = 2_000
# Who may take away what others wrote.
REMOVE_OTHERS = "moderation.undo_others"


def note_write(*, about: Comment | Commenter, author: User, text: str) -> TeamNote:
    """Writes a note.

    Raises ServiceError: `validation_error` at `/text`; `not_found` for another source's comment or commenter;
    `conflict` for one that was erased.
    """
    _check_source(about.source_id, author)
    if about.erased_at is not None:
        raise conflict(_("It was erased: nothing is written of it any more."))
    if not text.strip() or len(text) > NOTE_CHARACTERS:
        said = _("A note has 1 to %(limit)d characters.") % {"limit": NOTE_CHARACTERS}
        raise invalid("/text", said, limit=NOTE_CHARACTERS)
    target = {"comment": about} if isinstance(about, Comment) else {"commenter": about}
    return TeamNote.objects.create(author=author, text=text.strip(), **target)


def note_read(*, note_id: int, actor: User) -> TeamNote:
    """Returns a note with what it is about; raises ServiceError `not_found`, also for another source's."""
    note = TeamNote.objects.select_related("comment", "commenter").filter(pk=note_id).first()
    if note is None:
        raise not_found(_("There is no such note."))
    about = note.comment or note.commenter
    _check_source(about.source_id if about else 0, actor)
    return note


def note_remove(*, note: TeamNote, actor: User) -> None:
    """Takes away a note that `note_read` gave; raises ServiceError `permission_denied` for others'."""
    if note.author_id != actor.pk and not actor.has_perm(REMOVE_OTHERS):
        raise denied(_("Another person's note is taken away only by who may undo others' decisions."))
    TeamNote.objects.filter(pk=note.pk).delete()


def _check_source(source: int, person: User) -> None:
    sources = user_sources(person)
    if sources and source not in sources:
        raise not_found(_("There is no such comment or commenter."))
