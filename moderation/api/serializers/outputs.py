"""Responses: rows of the archive and of moderation."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from archive.models import Comment, OriginState, TextFormat
from moderation.api.etags import comment_etag
from moderation.api.serializers.fields import OneOrMany
from moderation.api.shown import status_of
from moderation.models import DecidedBy, Decision, Ground, PolicyStatus, PolicyVersion, State
from moderation.policies.checks import ERROR, WARNING
from moderation.policies.goals import policy_goals
from moderation.services.ledger.export import decision_subject
from moderation.services.states.status import UNSCORED

Out = serializers.Serializer[Any]
OUTCOMES = ["created", "edited", "unchanged"]
STATES = [UNSCORED, *State.values]
THREAD_REPLIES = {"type": "array", "items": {"$ref": "#/components/schemas/ThreadComment"}}


class SourceOut(Out):
    """A source."""

    id = serializers.IntegerField()
    slug = serializers.CharField()
    name = serializers.CharField()
    default_language = serializers.CharField()
    timezone = serializers.CharField()


class ArticleOut(Out):
    """An article in a list."""

    id = serializers.IntegerField()
    source = serializers.CharField(source="source.slug")  # type: ignore[assignment]
    external_id = serializers.CharField()
    url = serializers.CharField()
    title = serializers.CharField()
    title_derived = serializers.BooleanField()
    section = serializers.CharField()
    summary = serializers.CharField()
    byline = serializers.CharField()
    dateline = serializers.CharField()
    published_at = serializers.DateTimeField(allow_null=True)
    modified_at = serializers.DateTimeField(allow_null=True)
    language = serializers.CharField()


class PieceOut(Out):
    """A piece of a page."""

    kind = serializers.CharField()
    text = serializers.CharField()


class ArticleDetailOut(ArticleOut):
    """An article with its text."""

    body = serializers.CharField()
    blocks = PieceOut(many=True)
    furniture = PieceOut(many=True)


class ArticleStoredOut(ArticleDetailOut):
    """An article and the outcome of storing it."""

    outcome = serializers.ChoiceField(choices=OUTCOMES)


class ArticleRefOut(Out):
    """The article of a comment."""

    id = serializers.IntegerField()
    external_id = serializers.CharField()
    title = serializers.CharField()
    section = serializers.CharField()


class CommenterOut(Out):
    """Who wrote a comment."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class CommenterListedOut(Out):
    """A commenter, and whether their new comments are held."""

    id = serializers.IntegerField()
    source = serializers.CharField(source="source.slug")  # type: ignore[assignment]
    external_id = serializers.CharField()
    name = serializers.CharField()
    muted = serializers.BooleanField()
    muted_until = serializers.DateTimeField(allow_null=True, help_text="When the mute ends by itself, if it does.")


class CommenterRecordOut(Out):
    """Counts over a commenter's last 1,000 comments, by state."""

    comments = serializers.IntegerField(min_value=0, help_text="How many were counted.")
    approved = serializers.IntegerField(min_value=0)
    rejected = serializers.IntegerField(min_value=0)
    pending = serializers.IntegerField(min_value=0)


class CommenterDetailOut(CommenterListedOut):
    """A commenter with their record."""

    record = serializers.SerializerMethodField()

    @extend_schema_field(CommenterRecordOut)  # type: ignore[untyped-decorator]
    def get_record(self, _commenter: Any) -> dict[str, Any]:
        """Returns the counts, which the view has read."""
        return dict(CommenterRecordOut(self.context["record"]).data)


class VerdictReasonOut(Out):
    """A condition that was met: a score that reached its threshold, or, by its kind, anything else."""

    attribute = serializers.CharField(required=False)
    score = serializers.FloatField(required=False)
    threshold = serializers.FloatField(required=False)
    condition = serializers.CharField(
        required=False, help_text="What was asked about: attribute, fact, list, language, commenter, …"
    )
    name = serializers.CharField(required=False, help_text="Which of its kind: links, approved, a list's name …")
    version = serializers.IntegerField(required=False, help_text="Of a list: the one that the text was matched with.")
    value = serializers.JSONField(required=False, help_text="What was found.")
    gte = serializers.FloatField(required=False)
    lte = serializers.FloatField(required=False)

    def get_fields(self) -> dict[str, Any]:
        """Returns the fields with `not`, which is no name in Python."""
        marked = serializers.BooleanField(required=False, help_text="Under a `not`: it did not hold.")
        return {**super().get_fields(), "not": marked}


class VerdictOut(Out):
    """The policy's verdict on the scores."""

    action = serializers.CharField()
    flagged = serializers.BooleanField()
    rule = serializers.CharField()
    policy = serializers.IntegerField()
    reasons = VerdictReasonOut(many=True)
    overridden = serializers.CharField(required=False, help_text="The rule that a floor rule overrode.")
    braked = serializers.CharField(required=False, help_text="The action that the rule may not take without a person.")

    def to_representation(self, instance: dict[str, Any]) -> dict[str, Any]:
        """Returns the verdict as stored, which is JSON already."""
        return instance


class CommentOut(Out):
    """A comment and its review status."""

    id = serializers.IntegerField()
    source = serializers.CharField(source="source.slug")  # type: ignore[assignment]
    external_id = serializers.CharField()
    article = ArticleRefOut()
    parent = serializers.IntegerField(source="parent_id", allow_null=True)  # type: ignore[assignment]
    commenter = CommenterOut(allow_null=True)
    text = serializers.CharField()
    text_format = serializers.ChoiceField(choices=TextFormat.choices)
    language = serializers.CharField(allow_null=True, help_text="As given, else as the model detected it.")
    created_at = serializers.DateTimeField()
    revision = serializers.IntegerField()
    origin_state = serializers.ChoiceField(choices=OriginState.choices)
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    state = serializers.ChoiceField(choices=STATES)
    held = serializers.BooleanField()
    highlighted = serializers.BooleanField()
    flagged = serializers.BooleanField()
    decided_by = serializers.ChoiceField(
        choices=[one for one in DecidedBy.values if one],
        allow_null=True,
        help_text="Who decided on it, a key counting as a person; null if nobody did.",
    )
    model = serializers.CharField(allow_null=True)
    scores = serializers.DictField(child=serializers.FloatField(), allow_null=True)
    verdict = VerdictOut(allow_null=True)
    etag = serializers.CharField(help_text="For If-Match and If-None-Match.")

    def to_representation(self, comment: Comment) -> dict[str, Any]:
        """Returns the comment's own fields and those of its status."""
        data = super().to_representation(CommentRow(comment))
        return {**data, "etag": comment_etag(comment, {name: data[name] for name in COMMENT_FIELDS})}


COMMENT_FIELDS = tuple(CommentOut().fields)


class CommentRow:
    """A comment together with the attributes of its status; the tag is made of the others."""

    etag = ""

    def __init__(self, comment: Comment) -> None:
        self.comment = comment
        self.status = status_of(comment)
        self.language = comment.language or self.status.language

    def __getattr__(self, name: str) -> Any:
        return getattr(self.status, name) if hasattr(self.status, name) else getattr(self.comment, name)


class CommentStoredOut(CommentOut):
    """A comment and the outcome of storing it."""

    outcome = serializers.ChoiceField(choices=OUTCOMES)


class CommentsStoredOut(OneOrMany):
    """A stored comment, or a list of them if a list was sent (for the schema)."""

    one = CommentStoredOut


class ThreadCommentOut(CommentOut):
    """A comment with its replies."""

    replies = serializers.SerializerMethodField()

    @extend_schema_field(THREAD_REPLIES)  # type: ignore[untyped-decorator]
    def get_replies(self, row: CommentRow) -> list[Any]:
        """Returns no replies: `thread_nested` adds them afterwards."""
        return []


class ThreadOut(Out):
    """A page of an article's comments, oldest first, with replies nested in their parents."""

    article = ArticleRefOut()
    comments = ThreadCommentOut(many=True)
    truncated = serializers.BooleanField(help_text="Whether the article has more comments after these.")
    next = serializers.URLField(allow_null=True, help_text="The URL of the next page.")
    previous = serializers.URLField(allow_null=True, help_text="The URL of the previous page.")


class DecisionOut(Out):
    """A ledger row: about a comment, or about muting or unmuting a commenter."""

    id = serializers.IntegerField()
    comment = serializers.IntegerField(source="comment_id", allow_null=True)
    commenter = serializers.IntegerField(source="commenter_id", allow_null=True)
    source = serializers.SerializerMethodField()  # type: ignore[assignment]
    external_id = serializers.SerializerMethodField(help_text="Of the comment, else of the commenter.")
    kind = serializers.CharField()
    actor = serializers.CharField(source="actor.username", default=None, allow_null=True)
    api_key = serializers.CharField()
    policy = serializers.IntegerField(source="policy.version", default=None, allow_null=True)
    rule = serializers.CharField()
    action = serializers.CharField()
    from_state = serializers.CharField()
    to_state = serializers.CharField()
    reason = serializers.CharField()
    ground = serializers.CharField()
    automated_detection = serializers.BooleanField()
    automated_decision = serializers.BooleanField()
    scores = serializers.DictField(child=serializers.FloatField())
    model = serializers.CharField()
    revision = serializers.IntegerField(allow_null=True)
    text_seal = serializers.CharField()
    review_probability = serializers.FloatField()
    round = serializers.CharField()
    undoes = serializers.IntegerField(source="undoes_id", allow_null=True)
    batch = serializers.UUIDField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True, help_text="When a deferral or a mute ends.")
    at = serializers.DateTimeField()
    note = serializers.SerializerMethodField(help_text="Empty if there is none.")

    def get_note(self, decision: Decision) -> str:
        """Returns the note's text."""
        note = getattr(decision, "note", None)
        return note.text if note else ""

    def get_source(self, decision: Decision) -> str:
        """Returns the slug of the source."""
        return decision_subject(decision).source.slug

    def get_external_id(self, decision: Decision) -> str:
        """Returns the source's own id of the comment or commenter."""
        return decision_subject(decision).external_id


class BatchUndoneOut(Out):
    """The outcome of undoing a batch of decisions."""

    batch = serializers.UUIDField(help_text="The batch id of the undo's own rows.")
    done = serializers.IntegerField()
    refused = serializers.DictField(
        child=serializers.ListField(child=serializers.IntegerField()), help_text="Refusal → ids of comments."
    )


class FlagOut(Out):
    """A reader's report, and whether it was new."""

    comment = serializers.IntegerField(source="flag.comment_id")
    reporter = serializers.CharField(source="flag.reporter")
    reason = serializers.CharField(source="flag.reason")
    at = serializers.DateTimeField(source="flag.at")
    outcome = serializers.ChoiceField(choices=OUTCOMES)


class ReasonOut(Out):
    """A reason of the newsroom's list, and its ground in the terms of the Digital Services Act."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    ground = serializers.ChoiceField(choices=Ground.values)


class EndpointOut(Out):
    """One address of the API."""

    url = serializers.CharField(help_text="The URL, with {names} in place of ids.")
    methods = serializers.ListField(child=serializers.CharField())
    about = serializers.CharField()


class EndpointsOut(Out):
    """The map of the API."""

    endpoints = EndpointOut(many=True)


class ModelOut(Out):
    """A model that this installation has scored with."""

    id = serializers.IntegerField()
    label = serializers.CharField(source="__str__")  # type: ignore[assignment]
    name = serializers.CharField()
    version = serializers.IntegerField()
    sha256 = serializers.CharField()
    attributes = serializers.ListField(child=serializers.CharField())
    languages = serializers.ListField(child=serializers.CharField())
    active = serializers.BooleanField()
    registered_at = serializers.DateTimeField()


class GoalOut(Out):
    """A goal of a policy, and the number that it became."""

    pointer = serializers.CharField(help_text="Where in the policy, a JSON pointer.")
    attribute = serializers.CharField()
    goal = serializers.CharField()
    threshold = serializers.FloatField(allow_null=True, help_text="Null until the version is activated.")


class PolicyOut(Out):
    """A version of the policy."""

    version = serializers.IntegerField()
    active = serializers.BooleanField()
    status = serializers.ChoiceField(choices=PolicyStatus.choices)
    note = serializers.CharField()
    author = serializers.CharField(source="author.username", default=None, allow_null=True)
    sha256 = serializers.CharField()
    created_at = serializers.DateTimeField()
    activated_at = serializers.DateTimeField(allow_null=True)
    activated_by = serializers.CharField(source="activated_by.username", default=None, allow_null=True)
    goals = serializers.SerializerMethodField()
    percent = serializers.IntegerField(source="rollout.percent", default=0, help_text="Its share while it rolls out.")
    failures = serializers.IntegerField(source="rollout.failures", default=0, help_text="Comments it failed on.")
    braked_at = serializers.DateTimeField(source="rollout.braked_at", default=None, allow_null=True)
    braked_rules = serializers.ListField(
        child=serializers.CharField(), source="rollout.braked_rules", default=list, help_text="Taken back by revert."
    )
    body = serializers.JSONField()

    @extend_schema_field(GoalOut(many=True))  # type: ignore[untyped-decorator]
    def get_goals(self, version: PolicyVersion) -> Any:
        """Returns the goals in the version's body."""
        return GoalOut(list(policy_goals(version.body)), many=True).data

    def to_representation(self, instance: PolicyVersion) -> dict[str, Any]:
        """Returns the version; one that never left the draft has no share, failures or brakes."""
        shown = super().to_representation(instance)
        nothing = {"percent": 0, "failures": 0, "braked_rules": []}
        return {**shown, **{name: value for name, value in nothing.items() if shown[name] is None}}


class FindingOut(Out):
    """Something that the static checks warn of."""

    level = serializers.ChoiceField(choices=[(ERROR, ERROR), (WARNING, WARNING)])
    code = serializers.CharField()
    pointer = serializers.CharField(help_text="Where in the policy, a JSON pointer.")
    rule = serializers.CharField()
    detail = serializers.CharField()


class PolicySavedOut(PolicyOut):
    """A version that was written, with what there is to warn of."""

    warnings = FindingOut(many=True)
