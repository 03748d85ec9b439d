"""Adds a comment that somebody has before them to a policy, as one of its tests."""

from dataclasses import asdict
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from archive.models import Comment
from moderation.models import PolicyStatus, PolicyVersion, Review
from moderation.policies.documents.schema import FACTS
from moderation.services.errors import conflict
from moderation.services.facts.as_of import Subject, features_as_of
from moderation.services.policies.rights import reach_check
from moderation.services.policies.versions import PolicySaved, policy_create
from moderation.services.states.current import current_review
from moderation.services.verdicts.features import features_of

# What a policy may ask of people's records; all of it is put into the test.
ASKED = ("commenter", "flags")


def policy_add_test(*, comment: Comment, expect: str, actor: User) -> PolicySaved:
    """Saves a draft with the comment's scores and facts as a test that expects the action `expect`.

    The draft follows the actor's newest draft if that is younger than the active version, else the active version. A
    test of the same comment that is there already is replaced. The comment's text is not kept: it may be erased.

    Raises ServiceError: `conflict` for a comment without scores of its current text, or if no policy is active; else as
    `policy_create`.
    """
    reach_check(actor=actor)
    review = current_review(comment)
    if review is None or review.score is None:
        raise conflict(_("The comment's current text has no scores yet."))
    base, test = _base(actor), _test(comment, review, expect)
    others = [one for one in base.body.get("tests", []) if one.get("name") != test["name"]]
    body = {**base.body, "schema": 2, "tests": [*others, test]}
    note = f"Comment {comment.pk} as a test; follows version {base.version}."
    return policy_create(body=body, actor=actor, note=note)


def _base(actor: User) -> PolicyVersion:
    active = PolicyVersion.objects.filter(active=True).first()
    if active is None:
        raise conflict(_("No policy is active."))
    drafts = PolicyVersion.objects.filter(author=actor, status=PolicyStatus.DRAFT, version__gt=active.version)
    return drafts.order_by("-version").first() or active


def _test(comment: Comment, review: Review, expect: str) -> dict[str, Any]:
    places = {"source": comment.source.slug, "section": comment.article.section}
    return {
        "name": f"comment {comment.pk}",
        "scores": review.score.values() if review.score else {},
        "facts": _facts(comment, review),
        **{name: value for name, value in places.items() if value},
        "expect": expect,
    }


def _facts(comment: Comment, review: Review) -> dict[str, Any]:
    """Returns what was known of the comment beside its scores when it came, as a test has it."""
    language = (review.score.language if review.score else "").partition("-")[0].lower()
    subject = Subject.of(comment, language=language, features=features_of(review.facts))
    known = asdict(features_as_of(subjects=[subject], needed=ASKED)[0])
    return {name: value for name, value in known.items() if value is not None and name in FACTS["properties"]}
