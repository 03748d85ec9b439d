"""What a record is and whose it is, before it is stored."""
