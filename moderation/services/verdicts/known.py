"""All that a batch of comments is judged by beside its scores: stored facts, and the rest as it was when they came."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from archive.models import Comment
from moderation.models import Score
from moderation.policies import Features
from moderation.services.facts.as_of import Subject, features_as_of
from moderation.services.facts.history import History
from moderation.services.verdicts.features import TextFacts, batch_facts, features_stored
from moderation.services.word_lists.matching import lists_edition


@dataclass(frozen=True, slots=True)
class Known:
    """A comment's facts, which are stored, and its features, by which it is judged."""

    facts: TextFacts
    features: Features


def batch_features(
    *,
    comments: Sequence[Comment],
    languages: Mapping[int, str],
    known: Mapping[int, Score],
    needed: Collection[str],
    history: History | None = None,
) -> dict[int, Known]:
    """Returns comment id → what is known of it, for comments with their article loaded.

    Facts are stored ones for comments that have a score already (`known`) and whose facts are of the lists as they
    are; the others are computed. The queries do not grow with the batch, and what is not `needed` (the features that
    rules read, `moderation.policies.judging.needs`) is not queried for.
    """
    facts = _stored(known)
    fresh = [one for one in comments if one.pk not in facts]
    facts |= batch_facts(comments=fresh, languages=languages) if fresh else {}
    subjects = [Subject.of(one, language=languages.get(one.pk), features=facts[one.pk].features) for one in comments]
    complete = features_as_of(subjects=subjects, needed=needed, history=history)
    return {one.pk: Known(facts[one.pk], features) for one, features in zip(comments, complete, strict=True)}


def _stored(known: Mapping[int, Score]) -> dict[int, TextFacts]:
    if not known:
        return {}
    edition = lists_edition()
    stored = features_stored(comment_ids=known)
    return {pk: facts for pk, facts in stored.items() if facts.edition is not None and facts.edition >= edition}
