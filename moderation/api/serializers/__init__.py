"""Serializers of requests and responses: what each endpoint accepts, refuses and returns."""
