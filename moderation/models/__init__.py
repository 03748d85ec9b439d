"""Moderation's rows: scores, claims, reviews and the ledger; models, policies, keys, feedback and webhooks."""

from moderation.models.appeals.appeal import Appeal, AppealOutcome
from moderation.models.audit import AuditEntry, AuditKind
from moderation.models.bulk_act import BulkAct
from moderation.models.claim import Claim
from moderation.models.decision import (
    Action,
    Decision,
    DecisionKind,
    DecisionNote,
    Ground,
    Reason,
    ReviewRound,
    StatementCategory,
    StatementKeyword,
)
from moderation.models.feedback import Feedback, ReaderFlag
from moderation.models.people.access import ApiKey, Moderator, Scope
from moderation.models.people.commenter import LookUp, Mute, Standing, StandingKind
from moderation.models.people.privacy import Erasure, ErasureKind
from moderation.models.people.second_factor import RecoveryCode, SecondFactor
from moderation.models.people.team import HandOver, HandOverEnd, SavedView, TeamNote
from moderation.models.review import DecidedBy, QueueName, Review, ReviewQuerySet, State
from moderation.models.rules.policy import PolicyStatus, PolicyVersion
from moderation.models.rules.rejudging import Rejudging
from moderation.models.rules.rollout import Reversion, Rollout, ShadowVerdict
from moderation.models.rules.word_list import WordList, WordListEntry, WordListVersion, WordMatch
from moderation.models.score import ModelVersion, Score
from moderation.models.statement import Statement
from moderation.models.statistics import DailyFigure, Figure
from moderation.models.webhook import Delivery, WebhookTarget

__all__ = [
    "Action",
    "ApiKey",
    "Appeal",
    "AppealOutcome",
    "AuditEntry",
    "AuditKind",
    "BulkAct",
    "Claim",
    "DailyFigure",
    "DecidedBy",
    "Decision",
    "DecisionKind",
    "DecisionNote",
    "Delivery",
    "Erasure",
    "ErasureKind",
    "Feedback",
    "Figure",
    "Ground",
    "HandOver",
    "HandOverEnd",
    "LookUp",
    "ModelVersion",
    "Moderator",
    "Mute",
    "PolicyStatus",
    "PolicyVersion",
    "QueueName",
    "ReaderFlag",
    "Reason",
    "RecoveryCode",
    "Rejudging",
    "Reversion",
    "Review",
    "ReviewQuerySet",
    "ReviewRound",
    "Rollout",
    "SavedView",
    "Scope",
    "Score",
    "SecondFactor",
    "ShadowVerdict",
    "Standing",
    "StandingKind",
    "State",
    "Statement",
    "StatementCategory",
    "StatementKeyword",
    "TeamNote",
    "WebhookTarget",
    "WordList",
    "WordListEntry",
    "WordListVersion",
    "WordMatch",
]
