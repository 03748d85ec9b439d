"""The ledger: one row per decision, never changed and never deleted.

Database triggers refuse UPDATE and DELETE (`moderation.models.ledger`). An undo is a new row that refers to the one it
undoes. The ledger holds no text: a decision keeps a seal of the text that was judged, so that the text can be erased.
"""

from collections.abc import Collection
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from archive.models import Comment, Commenter
from moderation.models.rules.policy import PolicyVersion

# A source with at most as many comments is small.
SMALL = 1_000


class DecisionKind(models.TextChoices):
    """Who or what made the change."""

    PERSON = "person", _("a person")
    POLICY = "policy", _("the policy")
    IMPORT = "import", _("the import")
    UNDO = "undo", _("an undo")
    APPEAL = "appeal", _("an appeal")
    SYSTEM = "system", _("the system")


class Action(models.TextChoices):
    """What can be done to a comment, to its commenter (mute, unmute), and to either (erase)."""

    APPROVE = "approve", _("approve")
    REJECT = "reject", _("reject")
    DEFER = "defer", _("defer")
    ESCALATE = "escalate", _("escalate")
    HIGHLIGHT = "highlight", _("highlight")
    UNHIGHLIGHT = "unhighlight", _("remove the highlight")
    REOPEN = "reopen", _("reopen")
    UNDO = "undo", _("undo")
    APPEAL = "appeal", _("appeal")
    CLOSE = "close", _("close")
    HOLD = "hold", _("hold")
    QUEUE = "queue", _("queue")
    MUTE = "mute", _("mute")
    UNMUTE = "unmute", _("unmute")
    ERASE = "erase", _("erase")


class Ground(models.TextChoices):
    """A decision's ground, in the terms of the EU's Digital Services Act, article 17."""

    NONE = "", _("not given")
    TERMS = "terms", _("incompatible with the terms")
    ILLEGAL = "illegal", _("illegal content")


class ReviewRound(models.TextChoices):
    """Which round of review the decision belongs to."""

    FIRST = "first", _("first")
    SECOND = "second", _("second")
    GOLDEN = "golden", _("golden")


class StatementCategory(models.TextChoices):
    """Kinds of violations, in the terms of the EU's DSA Transparency Database."""

    ANIMAL_WELFARE = "ANIMAL_WELFARE", _("animal welfare")
    CONSUMER_INFORMATION = "CONSUMER_INFORMATION", _("consumer information")
    CYBER_VIOLENCE = "CYBER_VIOLENCE", _("cyber violence")
    CYBER_VIOLENCE_AGAINST_WOMEN = "CYBER_VIOLENCE_AGAINST_WOMEN", _("cyber violence against women")
    PRIVACY = "DATA_PROTECTION_AND_PRIVACY_VIOLATIONS", _("data protection and privacy")
    SPEECH = "ILLEGAL_OR_HARMFUL_SPEECH", _("illegal or harmful speech")
    INTELLECTUAL_PROPERTY = "INTELLECTUAL_PROPERTY_INFRINGEMENTS", _("intellectual property")
    CIVIC_DISCOURSE = "NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS", _("civic discourse or elections")
    NOT_SPECIFIED = "NOT_SPECIFIED_NOTICE", _("not specified by the notice")
    TERMS = "OTHER_VIOLATION_TC", _("another violation of the terms")
    MINORS = "PROTECTION_OF_MINORS", _("protection of minors")
    PUBLIC_SECURITY = "RISK_FOR_PUBLIC_SECURITY", _("public security")
    SCAMS = "SCAMS_AND_FRAUD", _("scams and fraud")
    SELF_HARM = "SELF_HARM", _("self-harm")
    PRODUCTS = "UNSAFE_AND_PROHIBITED_PRODUCTS", _("unsafe or prohibited products")
    VIOLENCE = "VIOLENCE", _("violence")


class StatementKeyword(models.TextChoices):
    """What a violation is more exactly, in the same terms."""

    NONE = "", _("not given")
    HATE_SPEECH = "HATE_SPEECH", _("hate speech")
    DISCRIMINATION = "DISCRIMINATION", _("discrimination")
    DEFAMATION = "DEFAMATION", _("defamation")
    INCITEMENT = "INCITEMENT_VIOLENCE_HATRED", _("incitement to violence or hatred")
    HARASSMENT = "CYBER_HARASSMENT", _("harassment")
    BULLYING = "CYBER_BULLYING_INTIMIDATION", _("bullying or intimidation")
    SEXUAL = "ADULT_SEXUAL_MATERIAL", _("sexual material")
    MISINFORMATION = "MISINFORMATION_DISINFORMATION", _("misinformation")
    ADVERTISEMENT = "HIDDEN_ADVERTISEMENT", _("hidden advertisement")


class Reason(models.Model):
    """A reason that the newsroom gives for a rejection.

    `category`, `keyword` and `legal_ground` (the law, or the clause of the terms) are what a statement of reasons says.
    """

    code = models.SlugField(max_length=32, unique=True)
    label = models.CharField(max_length=100)
    ground = models.CharField(max_length=8, choices=Ground, default=Ground.TERMS)
    category = models.CharField(max_length=64, choices=StatementCategory, default=StatementCategory.TERMS)
    keyword = models.CharField(max_length=32, choices=StatementKeyword, blank=True, default=StatementKeyword.NONE)
    legal_ground = models.CharField(max_length=400, blank=True, default="")

    class Meta:
        verbose_name = _("reason")
        verbose_name_plural = _("reasons")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.label


class DecisionQuerySet(models.QuerySet["Decision"]):
    """Reads of the ledger."""

    def in_sources(self, sources: Collection[int]) -> Self:
        """Rows about comments or commenters of these sources, given by id; all rows if `sources` is empty."""
        of_sources = Q(comment__source__in=sources) | Q(commenter__source__in=sources)
        return self.filter(of_sources) if sources else self.all()

    def of_source(self, source: int) -> Self:
        """Rows about comments or commenters of one source.

        The rows of a small source are looked up by their comments, however far apart they lie. Those of a large one
        are frequent, and soon found in the order of the ledger.
        """
        comments, people = (
            list(rows.filter(source=source).values_list("pk", flat=True)[: SMALL + 1])
            for rows in (Comment.objects.all(), Commenter.objects.all())
        )
        if max(len(comments), len(people)) > SMALL:
            return self.in_sources([source])
        return self.filter(Q(comment__in=comments) | Q(commenter__in=people))


class Decision(models.Model):
    """One row of the ledger. Ids follow commit order, so a reader that asks for rows after an id misses none.

    A row is about a `comment` or, when somebody is muted, unmuted or erased, about a `commenter`; never about both.
    `until` is when the effect ends by itself: a deferred comment comes back, a mute expires.

    `text_seal` is the HMAC-SHA256, in hexadecimal, of the text that was judged, under the comment's `seal_key`.
    `scores` is what the actor saw. `review_probability` is the probability with which the comment was selected for
    review, for unbiased counts.
    """

    comment = models.ForeignKey(Comment, on_delete=models.PROTECT, null=True, related_name="decisions")
    commenter = models.ForeignKey(Commenter, on_delete=models.PROTECT, null=True, related_name="decisions")
    kind = models.CharField(max_length=8, choices=DecisionKind)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    api_key = models.CharField(max_length=100, blank=True, default="")
    policy = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, null=True, related_name="+")
    rule = models.CharField(max_length=100, blank=True, default="")
    action = models.CharField(max_length=16, choices=Action)
    from_state = models.CharField(max_length=16)
    to_state = models.CharField(max_length=16)
    reason = models.CharField(max_length=32, blank=True, default="")
    ground = models.CharField(max_length=8, choices=Ground, blank=True, default="")
    automated_detection = models.BooleanField(default=False)
    automated_decision = models.BooleanField(default=False)
    scores = models.JSONField(default=dict)
    model = models.CharField(max_length=80, blank=True, default="")
    revision = models.PositiveIntegerField(null=True)
    text_seal = models.CharField(max_length=64, blank=True, default="")
    review_probability = models.FloatField(default=1.0)
    round = models.CharField(max_length=8, choices=ReviewRound, default=ReviewRound.FIRST)
    undoes = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="undone_by")
    batch = models.UUIDField(null=True)
    until = models.DateTimeField(null=True)
    at = models.DateTimeField(default=timezone.now)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        db_table = "moderation_decision"
        ordering = ["id"]
        permissions = [
            ("decide", "Can decide on comments"),
            ("undo_others", "Can undo another person's decisions"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(comment__isnull=False, commenter=None) | Q(comment=None, commenter__isnull=False),
                name="decision_about_one",
            ),
        ]
        indexes = [
            models.Index(fields=["comment", "id"], name="decision_comment"),
            models.Index(fields=["actor", "id"], name="decision_actor"),
            models.Index(fields=["batch"], name="decision_batch"),
            models.Index(fields=["at"], name="decision_at"),
        ]

    def __str__(self) -> str:
        about = f"comment {self.comment_id}" if self.comment_id else f"commenter {self.commenter_id}"
        return f"decision {self.pk}: {self.action} on {about}"


class DecisionNote(models.Model):
    """The actor's note on a decision; a separate table because a note can be erased and a ledger row cannot."""

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="note")
    text = models.TextField(blank=True, default="")

    class Meta:
        verbose_name = _("decision note")
        verbose_name_plural = _("decision notes")

    def __str__(self) -> str:
        return f"note on decision {self.decision_id}"
