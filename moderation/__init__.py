"""Moderation: comments are scored, judged by a policy, queued, decided on by people, recorded and sent out."""
