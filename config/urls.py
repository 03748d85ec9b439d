"""All URLs of the project."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from config.requests.entrance import with_safe_next
from moderation.admin.people.second_factor import second_factor_page
from moderation.api.health import healthz, readyz

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}moderation/icon.svg"), name="icon"),
    path("admin/desk/", include("moderation.desk.urls")),
    path("admin/second-factor/", second_factor_page, name="second-factor"),
    path("admin/login/", with_safe_next(admin.site.login)),
    path("admin/logout/", with_safe_next(admin.site.logout)),
    path("admin/", admin.site.urls),
    path("api/v1/", include("moderation.api.urls")),
    path("", include("moderation.perspective.urls")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
]

handler400 = "moderation.api.responses.problems.bad_request"
handler403 = "moderation.api.responses.problems.permission_denied"
handler404 = "moderation.api.responses.problems.not_found"
handler500 = "moderation.api.responses.problems.server_error"
