"""The URLs below /api/v1/."""

from django.urls import path

from moderation.api.views.appeals.appeals import AppealDetail, AppealList
from moderation.api.views.articles import ArticleDetail, ArticleList, ArticleThread
from moderation.api.views.commenters import CommenterDetail, CommenterList, CommenterMute
from moderation.api.views.description import Docs, Schema
from moderation.api.views.discussion.analyze import Analyze
from moderation.api.views.discussion.comments import CommentDetail, CommentList, CommentRestore
from moderation.api.views.discussion.decisions import BatchUndo, CommentDecisions, DecisionList, DecisionUndo
from moderation.api.views.discussion.flagged import FlaggedList
from moderation.api.views.discussion.flags import CommentFlags
from moderation.api.views.metrics import Metrics
from moderation.api.views.privacy import CommentErase, CommenterErase, CommenterExport, CommentExport
from moderation.api.views.root import ApiMap
from moderation.api.views.rules.catalogue import ModelList, ReasonList
from moderation.api.views.rules.policies import (
    PolicyActivation,
    PolicyDetail,
    PolicyDiff,
    PolicyList,
    PolicyResolution,
    PolicySimulation,
    PolicySuggestion,
)
from moderation.api.views.rules.policy_stages import (
    PolicyAlarms,
    PolicyHits,
    PolicyRetirement,
    PolicyReversion,
    PolicyRollout,
    PolicyShadow,
)
from moderation.api.views.rules.word_lists import WordListDetail, WordListEntries, WordListList
from moderation.api.views.sources import SourceDetail, SourceList
from moderation.api.views.statistics import StatisticsList, StatisticsReport

urlpatterns = [
    path("", ApiMap.as_view(), name="root"),
    path("sources/", SourceList.as_view(), name="sources"),
    path("sources/<int:id>/", SourceDetail.as_view(), name="source"),
    path("articles/", ArticleList.as_view(), name="articles"),
    path("articles/<int:id>/", ArticleDetail.as_view(), name="article"),
    path("articles/<int:id>/thread/", ArticleThread.as_view(), name="thread"),
    path("comments/", CommentList.as_view(), name="comments"),
    path("comments/<int:id>/", CommentDetail.as_view(), name="comment"),
    path("comments/<int:id>/export/", CommentExport.as_view(), name="comment-export"),
    path("comments/<int:id>/erase/", CommentErase.as_view(), name="comment-erase"),
    path("comments/<int:id>/restore/", CommentRestore.as_view(), name="comment-restore"),
    path("comments/<int:id>/decisions/", CommentDecisions.as_view(), name="comment-decisions"),
    path("comments/<int:id>/flags/", CommentFlags.as_view(), name="comment-flags"),
    path("flagged/", FlaggedList.as_view(), name="flagged"),
    path("commenters/", CommenterList.as_view(), name="commenters"),
    path("commenters/<int:id>/", CommenterDetail.as_view(), name="commenter"),
    path("commenters/<int:id>/mute/", CommenterMute.as_view(), name="commenter-mute"),
    path("commenters/<int:id>/export/", CommenterExport.as_view(), name="commenter-export"),
    path("commenters/<int:id>/erase/", CommenterErase.as_view(), name="commenter-erase"),
    path("decisions/", DecisionList.as_view(), name="decisions"),
    path("decisions/<int:id>/undo/", DecisionUndo.as_view(), name="decision-undo"),
    path("batches/<uuid:batch>/undo/", BatchUndo.as_view(), name="batch-undo"),
    path("appeals/", AppealList.as_view(), name="appeals"),
    path("appeals/<int:id>/", AppealDetail.as_view(), name="appeal"),
    path("analyze/", Analyze.as_view(), name="analyze"),
    path("models/", ModelList.as_view(), name="models"),
    path("reasons/", ReasonList.as_view(), name="reasons"),
    path("policies/", PolicyList.as_view(), name="policies"),
    path("policies/simulate/", PolicySimulation.as_view(), name="policy-simulate"),
    path("policies/suggest/", PolicySuggestion.as_view(), name="policy-suggest"),
    path("policies/<int:version>/", PolicyDetail.as_view(), name="policy"),
    path("policies/<int:version>/diff/", PolicyDiff.as_view(), name="policy-diff"),
    path("policies/<int:version>/resolve/", PolicyResolution.as_view(), name="policy-resolve"),
    path("policies/<int:version>/activate/", PolicyActivation.as_view(), name="policy-activate"),
    path("word-lists/", WordListList.as_view(), name="word-lists"),
    path("word-lists/<slug:name>/", WordListDetail.as_view(), name="word-list"),
    path("word-lists/<slug:name>/entries/", WordListEntries.as_view(), name="word-list-entries"),
    path("policies/<int:version>/shadow/", PolicyShadow.as_view(), name="policy-shadow"),
    path("policies/<int:version>/rollout/", PolicyRollout.as_view(), name="policy-rollout"),
    path("policies/<int:version>/retire/", PolicyRetirement.as_view(), name="policy-retire"),
    path("policies/<int:version>/revert/", PolicyReversion.as_view(), name="policy-revert"),
    path("policies/<int:version>/hits/", PolicyHits.as_view(), name="policy-hits"),
    path("policies/<int:version>/alarms/", PolicyAlarms.as_view(), name="policy-alarms"),
    path("statistics/", StatisticsList.as_view(), name="statistics"),
    path("statistics/<slug:name>/", StatisticsReport.as_view(), name="statistics-report"),
    path("metrics/", Metrics.as_view(), name="metrics"),
    path("schema/", Schema.as_view(), name="schema"),
    path("docs/", Docs.as_view(), name="docs"),
]
