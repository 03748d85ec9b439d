"""Google's multipart batch."""
