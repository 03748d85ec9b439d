"""Celery's tasks: thin calls of services, with ids as arguments. Only `config.celery` imports them.

Services hand work out through `moderation.services.work`, and know nothing of Celery.
"""
