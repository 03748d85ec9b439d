"""The desk's addresses, below `admin/desk/`."""

from django.urls import path

from moderation.desk.views import bulk, by_score, comment, commenter, queue, settings, undo

app_name = "desk"
urlpatterns = [
    path("", queue.start, name="start"),
    path("comment/<int:comment_id>/", comment.comment, name="comment"),
    path("comment/<int:comment_id>/hold/", comment.hold, name="hold"),
    path("comment/<int:comment_id>/hand-over/", comment.hand_over, name="hand-over"),
    path("comment/<int:comment_id>/replies/", bulk.subtree, name="subtree"),
    path("commenter/<int:commenter_id>/", commenter.commenter, name="commenter"),
    path("commenter/<int:commenter_id>/record/", commenter.record, name="record"),
    path("selection/", bulk.selection, name="selection"),
    path("by-score/", by_score.batch, name="batch"),
    path("undo/", undo.undo, name="undo"),
    path("settings/", settings.own_settings, name="settings"),
    path("<slug:name>/", queue.queue, name="queue"),
    path("<slug:name>/act/", queue.quick, name="quick"),
    path("<slug:name>/next/", queue.take_next, name="next"),
]
