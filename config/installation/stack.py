"""The installed apps and the middleware, in their order: what no environment variable changes but CORS."""

PERSPECTIVE_MIDDLEWARE = "moderation.perspective.middleware.PerspectiveMiddleware"
# Goes before Perspective's, if some origin is allowed.
CORS_MIDDLEWARE = "corsheaders.middleware.CorsMiddleware"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "knox",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "axes",
    "csp",
    "django_prometheus",
    "django_structlog",
    "archive",
    "moderation",
]

MIDDLEWARE = [
    # First, so that everything after it sees the client's address.
    "config.middleware.proxies.TrustedProxyMiddleware",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.permissions_policy.PermissionsPolicyMiddleware",
    # Before anything that looks at the host's name: load balancers ask by address.
    "config.middleware.probes.ProbeMiddleware",
    PERSPECTIVE_MIDDLEWARE,
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.logins.LoginWaitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    # Before anything that reads a form.
    "config.middleware.body_limit.BodyLimitMiddleware",
    "config.middleware.logins.LoginLineMiddleware",
    "config.requests.sessions.IdleSessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.request_log.RequestLogMiddleware",
    "config.middleware.second_factor.SecondFactorMiddleware",
    "config.middleware.unreadable_input.UnreadableInputMiddleware",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
