"""Statements of reasons for restrictions, as the EU's DSA Transparency Database takes them."""
