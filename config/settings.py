"""All settings, read from the environment; fails loudly if production lacks one.

`docs/reference/settings.md` lists every variable; a test keeps the two in step.
"""

from pathlib import Path

import django_stubs_ext
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from redis.connection import parse_url

from config.installation import rest, stack
from config.installation.environment import Environment, origins_read, pool_options
from config.installation.logs import LEVELS, logging_settings
from config.installation.private_files import close_to_others, folder_make, sqlite_close
from config.installation.secret import development_secret_key
from config.middleware.proxies import LOOPBACK, networks_read
from moderation.services.privacy.retention_rules import retention_rules

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

# Allows `ModelAdmin[Comment]` and the like, for which Django has no generics at run time.
django_stubs_ext.monkeypatch()

env = Environment()
Environment.read_env(str(BASE_DIR / ".env"))

MODERATO_ENV = env.str("MODERATO_ENV", default="development")
if MODERATO_ENV not in {"development", "production"}:
    raise ImproperlyConfigured(f"MODERATO_ENV is {MODERATO_ENV!r}: it must be development or production.")
PRODUCTION = MODERATO_ENV == "production"

# The key, SQLite's file, models: all for the server's own user only.
close_to_others(VAR_DIR)

DEBUG = env.bool("DJANGO_DEBUG", default=False) and not PRODUCTION
if PRODUCTION:
    SECRET_KEY = env.str("SECRET_KEY")
    if not SECRET_KEY:
        raise ImproperlyConfigured("Set the SECRET_KEY environment variable")
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
else:
    SECRET_KEY = env.str("SECRET_KEY", default="") or development_secret_key(VAR_DIR)
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = list(stack.INSTALLED_APPS)
MIDDLEWARE = list(stack.MIDDLEWARE)

# Off unless some origin is allowed: the middleware would answer preflight requests too.
CORS_ALLOWED_ORIGINS = origins_read("CORS_ALLOWED_ORIGINS", env.list("CORS_ALLOWED_ORIGINS", default=[]))
if CORS_ALLOWED_ORIGINS:
    INSTALLED_APPS.append("corsheaders")
    MIDDLEWARE.insert(MIDDLEWARE.index(stack.PERSPECTIVE_MIDDLEWARE), stack.CORS_MIDDLEWARE)
# The REST API only. Keys go in `Authorization`; cookies are not sent.
CORS_URLS_REGEX = r"^/api/v1/"
CORS_ALLOW_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
CORS_ALLOW_HEADERS = ("accept", "authorization", "content-type", "if-match", "if-none-match", "x-request-id")
CORS_EXPOSE_HEADERS = (
    *("etag", "retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "x-request-id"),
)

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Extends the admin's own pages with a link to the desk.
        "DIRS": [str(BASE_DIR / "config" / "templates")],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# -- storage ----------------------------------------------------------------------------------------------------------

# A relative SQLite path is relative to the project, wherever the command is run.
DATABASES = {"default": env.db_url("DATABASE_URL", default="sqlite:///var/db.sqlite3")}
SQLITE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
if SQLITE:
    if DATABASES["default"]["NAME"] != ":memory:":
        SQLITE_FILE = BASE_DIR / DATABASES["default"]["NAME"]
        DATABASES["default"]["NAME"] = str(SQLITE_FILE)
        folder_make(SQLITE_FILE.parent)
        sqlite_close(SQLITE_FILE)
    # The tests use a file too: threads that share an in-memory database get "table is locked" instead of waiting.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
    # IMMEDIATE: a writer waits for the lock at BEGIN instead of failing at its first write. WAL: readers never wait.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        # recursive_triggers: makes REPLACE fire the triggers that refuse a deletion.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536; "
        "PRAGMA recursive_triggers=ON;",
    }
# Connections are kept between requests. SQLite gains as much as PostgreSQL: the last one to close checkpoints the log.
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASE_POOL = env.int("DATABASE_POOL", default=0)
if not 0 <= DATABASE_POOL <= 100:  # noqa: PLR2004 - PostgreSQL's own default
    raise ImproperlyConfigured(f"DATABASE_POOL is {DATABASE_POOL}: it must be 0 to 100.")
if DATABASE_POOL and not SQLITE:
    # A thread gives its connection back at the end of a request, and while it waits for scores.
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = pool_options(DATABASE_POOL)
    DATABASES["default"]["CONN_MAX_AGE"] = 0

REDIS_URL = env.str("REDIS_URL", default="")
REDIS_FORM = "REDIS_URL must be redis://HOST:PORT/NUMBER, rediss://… or unix://PATH."
if REDIS_URL and not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    raise ImproperlyConfigured(REDIS_FORM)
try:
    parse_url(REDIS_URL or "redis://")  # type: ignore[no-untyped-call]
except ValueError:
    raise ImproperlyConfigured(REDIS_FORM) from None
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        # If Redis does not answer, the request fails instead of hanging.
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# Redis that carries messages to workers (`config.celery`). Without one every command does its own work.
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="")
if CELERY_BROKER_URL and not CELERY_BROKER_URL.startswith(("redis://", "rediss://")):
    raise ImproperlyConfigured("CELERY_BROKER_URL must be redis://HOST:PORT/NUMBER or rediss://….")
if CELERY_BROKER_URL and SQLITE:
    raise ImproperlyConfigured("CELERY_BROKER_URL needs PostgreSQL: set DATABASE_URL to postgres://…, or unset it.")
MODERATION_BROKER = "config.broker.CeleryBroker" if CELERY_BROKER_URL else ""

STATIC_URL = "/static/"
# Development serves static files from the installed packages, without collectstatic. Production collects them.
STATIC_ROOT = str(env.path("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))) if PRODUCTION else None
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# -- language and time ------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("tr", "Türkçe")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# -- security ---------------------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AXES_HANDLER = "config.requests.lockout.LockoutHandler"
AXES_CLIENT_IP_CALLABLE = "config.requests.lockout.lockout_address"
AXES_FAILURE_LIMIT = env.int("LOGIN_LIMIT", default=10)
LOGIN_ADDRESS_LIMIT = env.int("LOGIN_ADDRESS_LIMIT", default=50)
AXES_COOLOFF_TIME = 1  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
# A lock ends an hour after it began, however many attempts are made in the meantime.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
SILENCED_SYSTEM_CHECKS = ["axes.W006"]  # a lock is by username and address, so that nobody locks a colleague out

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECOND_FACTOR = env.str("SECOND_FACTOR", default="off")
if SECOND_FACTOR not in {"off", "moderators", "all"}:
    raise ImproperlyConfigured(f"SECOND_FACTOR is {SECOND_FACTOR!r}: it must be off, moderators or all.")
OTP_TOTP_ISSUER = "Moderato"
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=list(LOOPBACK)) if BEHIND_PROXY else []
networks_read(TRUSTED_PROXIES)
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# How long an idle session lasts; `config.requests.sessions` extends it while it is used.
SESSION_COOKIE_AGE = env.int("SESSION_IDLE_SECONDS", default=7_200)
if SESSION_COOKIE_AGE < 1:
    raise ImproperlyConfigured(f"SESSION_IDLE_SECONDS is {SESSION_COOKIE_AGE}: it must be at least 1.")
SESSION_ENGINE = "config.requests.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
if PRODUCTION:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^v1alpha1/", r"^batch$", r"^\$discovery/", r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=True)
    SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=True)
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    if BEHIND_PROXY:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        USE_X_FORWARDED_HOST = True

# -- API --------------------------------------------------------------------------------------------------------------

KNOX_TOKEN_MODEL = "moderation.ApiKey"  # noqa: S105 - a model, no secret
# Knox's migrations would create its own table although ours replaces it.
MIGRATION_MODULES = {"knox": None}
REST_KNOX = {"AUTH_HEADER_PREFIX": "Bearer", "TOKEN_TTL": None, "AUTO_REFRESH": False, "TOKEN_PREFIX": "mod_"}

REST_FRAMEWORK = rest.REST_FRAMEWORK
DRF_STANDARDIZED_ERRORS = rest.STANDARDIZED_ERRORS
SPECTACULAR_SETTINGS = rest.SPECTACULAR

# -- Moderato ---------------------------------------------------------------------------------------------------------

# Empty: the project's own that are installed. MODERATION_MODEL is the older name, for one.
MODERATION_MODELS = env.list("MODERATION_MODELS", default=env.list("MODERATION_MODEL", default=[]))
if any("/" in name for name in MODERATION_MODELS):
    raise ImproperlyConfigured("MODERATION_MODELS names models; their folder is MODERATION_MODELS_FOLDER.")
MODERATION_MODELS_FOLDER = env.str("MODERATION_MODELS_FOLDER", default=str(BASE_DIR / "var" / "models"))
MODERATION_EXPERIMENTAL_LANGUAGES = env.list("MODERATION_EXPERIMENTAL_LANGUAGES", default=[])
MODERATION_THREADS = env.int("MODERATION_THREADS", default=0)  # 0: the engine uses all processors
WEB_THREADS = env.int("WEB_THREADS", default=80)  # per server process, as in config/gunicorn.py
MODERATION_LEASE_SECONDS = env.int("MODERATION_LEASE_SECONDS", default=30)
MODERATION_HOLD_SECONDS = env.int("MODERATION_HOLD_SECONDS", default=300)
MODERATION_QUEUE_SECONDS = env.int("MODERATION_QUEUE_SECONDS", default=5)
MODERATION_WAIT_SECONDS = env.int("MODERATION_WAIT_SECONDS", default=10)
MODERATION_KEY_RATE = env.int("MODERATION_KEY_RATE", default=6_000)
MODERATION_MAX_TEXT_BYTES = env.int("MODERATION_MAX_TEXT_BYTES", default=102_400)
MODERATION_MAX_BODY_BYTES = env.int("MODERATION_MAX_BODY_BYTES", default=10_485_760)
MODERATION_PERSPECTIVE_CALIBRATION = env.str("MODERATION_PERSPECTIVE_CALIBRATION", default="")
MODERATION_PERSPECTIVE_ANY_LANGUAGE = env.bool("MODERATION_PERSPECTIVE_ANY_LANGUAGE", default=True)
MODERATION_APPEAL_DAYS = env.int("MODERATION_APPEAL_DAYS", default=184)
MODERATION_REASON_REQUIRED = env.bool("MODERATION_REASON_REQUIRED", default=False)
POLICY_TWO_PEOPLE = env.bool("POLICY_TWO_PEOPLE", default=False)
MODERATION_WEBHOOKS_PRIVATE = env.bool("MODERATION_WEBHOOKS_PRIVATE", default=False)
MODERATO_KEEP_PERSONAL_DATA = env.bool("MODERATO_KEEP_PERSONAL_DATA", default=False)
try:
    MODERATION_RETENTION = retention_rules(env.list("MODERATION_RETENTION", default=[]))
except ValueError as error:
    raise ImproperlyConfigured(f"MODERATION_RETENTION: {error}.") from None
# What the environment set, for the audit trail.
MODERATO_ENVIRONMENT = env.given
MODERATION_RETENTION_NIGHTLY = env.bool("MODERATION_RETENTION_NIGHTLY", default=False)
DATA_UPLOAD_MAX_MEMORY_SIZE = MODERATION_MAX_BODY_BYTES
FILE_UPLOAD_HANDLERS = ["config.requests.uploads.NoFiles"]
# Fields of a form or a query string. The longest form, an admin list with all rows ticked, has about 120.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()
if LOG_LEVEL not in LEVELS:
    raise ImproperlyConfigured(f"LOG_LEVEL must be one of {', '.join(LEVELS)}.")
LOGGING = logging_settings(level=LOG_LEVEL, json=PRODUCTION)
# `config.middleware.request_log` lets only fit ones through.
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True
DJANGO_STRUCTLOG_STATUS_4XX_LOG_LEVEL = 20  # INFO: a client's mistake is not a warning for the operator
