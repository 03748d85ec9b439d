"""The port to a message broker: what is handed out to workers, and what is known of them. Without a broker, nothing.

A message is a nudge. What is to be done stands in the database, so that a message that is lost loses nothing.
"""
