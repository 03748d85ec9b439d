"""Filters shared by comments and articles. They offer only choices from rows that the user may see."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from archive.models import Article, Source

MAX_CHOICES = 100


def visible(model_admin: admin.ModelAdmin[Any], model: type[Model], request: HttpRequest) -> QuerySet[Any]:
    """Returns the rows of `model` that its own admin page would list for this user."""
    return model_admin.admin_site.get_model_admin(model).get_queryset(request)


class SourceListFilter(admin.SimpleListFilter):
    """By source, identified by its slug."""

    title = _("source")
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        """Returns the first hundred sources that the user may see."""
        return list(visible(model_admin, Source, request).values_list("slug", "name")[:MAX_CHOICES])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keeps the rows of the chosen source."""
        return queryset.filter(source__slug=self.value()) if self.value() else queryset


class SectionFilter(admin.SimpleListFilter):
    """By the section of the article. `path` leads from the row to the section."""

    title = _("section")
    parameter_name = "section"
    path = "section"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        """Returns the first hundred sections, only those of the chosen source if one is chosen."""
        articles = visible(model_admin, Article, request).exclude(section="")
        if source := request.GET.get(SourceListFilter.parameter_name):
            articles = articles.filter(source__slug=source)
        sections = articles.order_by("section").values_list("section", flat=True).distinct()[:MAX_CHOICES]
        return [(section, section) for section in sections]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keeps the rows of the chosen section."""
        return queryset.filter(**{self.path: self.value()}) if self.value() else queryset


class ArticleSectionFilter(SectionFilter):
    """By the section of a comment's article."""

    path = "article__section"


class LanguageFilter(admin.SimpleListFilter):
    """By the row's own language."""

    title = _("language")
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        """Returns the default languages of the sources: collecting them from the comments would read every row."""
        sources = visible(model_admin, Source, request).exclude(default_language="")
        codes = sources.order_by("default_language").values_list("default_language", flat=True).distinct()
        chosen = request.GET.get(self.parameter_name)
        return [(code, code) for code in sorted({*codes[:MAX_CHOICES], *([chosen] if chosen else [])})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keeps the rows of the chosen language."""
        return queryset.filter(language=self.value()) if self.value() else queryset
