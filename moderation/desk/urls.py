"""The desk's addresses, below `admin/desk/`."""

from django.urls import path, register_converter
from django.urls.converters import IntConverter

from moderation.desk.views import (
    bulk,
    by_score,
    comment,
    commenter,
    finding,
    hand_overs,
    live,
    matching,
    notes,
    numbers,
    queue,
    settings,
    undo,
)
from moderation.desk.views.appeals import appeals
from moderation.desk.views.policies import additions, editor, reversion, rollout, rule, simulation, versions
from moderation.desk.views.wellbeing import pause


class RowConverter(IntConverter):
    """A row's number, of no more digits than every database holds: a longer one is the address of nothing."""

    regex = "[0-9]{1,18}"


register_converter(RowConverter, "row")
app_name = "desk"
urlpatterns = [
    path("", queue.start, name="start"),
    path("comment/<row:comment_id>/", comment.comment, name="comment"),
    path("comment/<row:comment_id>/pause/", pause.pause_end, name="pause-end"),
    path("comment/<row:comment_id>/hold/", hand_overs.hold, name="hold"),
    path("comment/<row:comment_id>/hand-over/", hand_overs.hand_over, name="hand-over"),
    path("comment/<row:comment_id>/hand-over/end/", hand_overs.end_hand_over, name="end-hand-over"),
    path("comment/<row:comment_id>/replies/", bulk.subtree, name="subtree"),
    path("comment/<row:comment_id>/test/", additions.add_test, name="add-test"),
    path("commenter/<row:commenter_id>/", commenter.commenter, name="commenter"),
    path("commenter/<row:commenter_id>/record/", commenter.record, name="record"),
    path("selection/", bulk.selection, name="selection"),
    path("by-score/", by_score.batch, name="batch"),
    path("acts/<uuid:batch>/", matching.bulk_act, name="bulk-act"),
    path("comment/<row:comment_id>/note/", notes.comment_note, name="comment-note"),
    path("commenter/<row:commenter_id>/note/", notes.commenter_note, name="commenter-note"),
    path("notes/<row:note_id>/remove/", notes.remove_note, name="remove-note"),
    path("names/", finding.names, name="names"),
    path("views/", finding.save_view, name="save-view"),
    path("views/<row:view_id>/remove/", finding.remove_view, name="remove-view"),
    path("numbers/", numbers.numbers, name="numbers"),
    path("appeals/", appeals.appeals, name="appeals"),
    path("appeals/<row:appeal_id>/", appeals.appeal, name="appeal"),
    path("undo/", undo.undo, name="undo"),
    path("settings/", settings.own_settings, name="settings"),
    path("policies/", versions.versions, name="policies"),
    path("policies/write/", editor.editor, name="policy-editor"),
    path("policies/<row:version>/", versions.version, name="policy"),
    path("policies/<row:version>/simulate/", simulation.simulation, name="policy-simulation"),
    path("policies/<row:version>/rollout/", rollout.rollout, name="policy-rollout"),
    path("policies/<row:version>/rule/", rule.rule, name="policy-rule"),
    path("policies/<row:version>/revert/", reversion.reversion, name="policy-reversion"),
    path("live/", live.live, name="live"),
    path("<slug:name>/", queue.queue, name="queue"),
    path("<slug:name>/act/", queue.quick, name="quick"),
    path("<slug:name>/all/", matching.matching, name="matching"),
    path("<slug:name>/next/", queue.take_next, name="next"),
]
