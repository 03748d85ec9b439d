"""The desk's pages of appeals."""
