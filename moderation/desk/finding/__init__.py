"""Which comments a page lists: queues, filters, pages, look-ups, saved views."""
