"""Comments and feedback come in by the API, and reach the archive and the queue from here."""
