"""What the archive asks of a database beyond the ORM: bulk inserts, lookups by key, keyset pages, search, its clock."""
