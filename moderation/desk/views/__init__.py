"""The desk's pages, one module a kind. Each view reads the request, asks the parts around it, and answers."""
