"""The REST API: reads requests, calls services, returns JSON. It makes no decisions and writes no rows itself."""
