"""What a person confirms is what they were shown: the terms of a preview, signed into its form.

The signature holds who looked, on which page, the action with its reason and its end, and each comment in the version
that was shown. A confirmation that differs in any of them is refused, so no form can act on more or other than it
previewed.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, pairwise
from typing import Any

from django.contrib.auth.models import User
from django.core import signing
from django.utils.translation import gettext as _

from moderation.services.errors import ServiceError
from moderation.services.states.version import VersionToken

SALT = "moderation.preview"
PREVIEW_SECONDS = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewTerms:
    """What a preview is of, apart from its comments; `scope` names the page and what it was asked for."""

    actor: User
    scope: str
    action: str
    reason: str = ""
    until: datetime | None = None

    @property
    def signed_parts(self) -> list[Any]:
        """Returns the terms as JSON holds them."""
        return [self.actor.pk, self.scope, self.action, self.reason, self.until.isoformat() if self.until else None]


def preview_sign(*, terms: PreviewTerms, tokens: Collection[VersionToken]) -> str:
    """Returns the terms and the comments as a signed text for a form; a comment takes about two bytes."""
    return signing.dumps([terms.signed_parts, *tokens_pack(tokens)], salt=SALT, compress=True)


def preview_read(*, terms: PreviewTerms, signature: str) -> dict[int, VersionToken]:
    """Returns comment id → the version that was previewed under these terms.

    Raises ServiceError `preview_changed` if the signature is of other terms or of another person, is older than
    PREVIEW_SECONDS, or was tampered with.
    """
    try:
        signed, steps, versions = signing.loads(signature, salt=SALT, max_age=PREVIEW_SECONDS)
    except signing.BadSignature as error:
        raise _changed() from error
    if signed != terms.signed_parts:
        raise _changed()
    return tokens_unpack(steps, versions)


def preview_check(*, terms: PreviewTerms, tokens: Mapping[int, VersionToken], signature: str) -> None:
    """Refuses, as `preview_read` does, also comments or versions that are not those of the preview."""
    if preview_read(terms=terms, signature=signature) != tokens:
        raise _changed()


def tokens_pack(tokens: Collection[VersionToken]) -> tuple[list[int], dict[str, list[int]]]:
    """Returns the ids as steps, and by place the versions that are not 1 and 1."""
    ordered = sorted(tokens)
    steps = [after - before for before, after in pairwise([0, *(token.comment_id for token in ordered)])]
    return steps, {str(at): list(token[1:]) for at, token in enumerate(ordered) if token[1:] != (1, 1)}


def tokens_unpack(steps: list[int], versions: dict[str, list[int]]) -> dict[int, VersionToken]:
    """Returns comment id → version, in the order of the ids."""
    found = {}
    for at, pk in enumerate(accumulate(steps)):
        revision, state_version = versions.get(str(at), (1, 1))
        found[pk] = VersionToken(pk, revision, state_version)
    return found


def _changed() -> ServiceError:
    said = _("What you confirmed is not what was previewed, or the preview is too old: preview it again, then confirm.")
    return ServiceError("preview_changed", said)
