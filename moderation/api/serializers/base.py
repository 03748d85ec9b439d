"""What all responses share."""

from typing import Any

from rest_framework import serializers

Out = serializers.Serializer[Any]
OUTCOMES = ["created", "edited", "unchanged"]
COMMENT_OUTCOMES = [*OUTCOMES, "erased"]
