"""The dialect's addresses, exactly Google's: without a trailing slash, and never a redirect."""

from django.urls import path

from moderation.perspective import views

urlpatterns = [
    path("v1alpha1/comments:analyze", views.method, name="perspective-analyze"),
    path("v1alpha1/comments:suggestscore", views.method, name="perspective-suggestscore"),
    path("$discovery/rest", views.discovery, name="perspective-discovery"),
    path("batch", views.batch, name="perspective-batch"),
    path("v1alpha1/<path:rest>", views.nothing, name="perspective-nothing"),
]
