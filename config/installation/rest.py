"""How the REST framework and its schema are set up: what no environment variable changes."""

from typing import Any

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "moderation.api.requests.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["moderation.api.requests.permissions.ScopeOrPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["moderation.api.requests.parsers.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "moderation.api.requests.pagination.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["moderation.api.requests.throttling.KeyThrottle"],
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
STANDARDIZED_ERRORS: dict[str, Any] = {
    "EXCEPTION_HANDLER_CLASS": "moderation.api.responses.problems.ProblemHandler",
    "EXCEPTION_FORMATTER_CLASS": "moderation.api.responses.problems.ProblemFormatter",
    "ENABLE_IN_DEBUG_FOR_UNHANDLED_EXCEPTIONS": True,
}
SPECTACULAR: dict[str, Any] = {
    "TITLE": "Moderato",
    "DESCRIPTION": "News articles and reader comments: scored, explained, and queued where a person is needed.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    # What may change has a body of its own, with the fields that it needs.
    "COMPONENT_SPLIT_PATCH": False,
    "LICENSE": {"name": "Apache-2.0"},
    # Two sets of values have fields of one name.
    "ENUM_NAME_OVERRIDES": {"OutcomeEnum": "moderation.api.serializers.base.OUTCOMES"},
}
