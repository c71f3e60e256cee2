"""The REST interface without a web framework.

``calls`` what goes in and out; ``jobs`` and ``about`` the handlers; ``routes`` the one table
that adapters, OpenAPI document and documentation come from.
"""
