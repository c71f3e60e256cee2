"""What an operator watches a service by.

``health``: whether the process lives and whether it can serve. ``metrics``: counts for
Prometheus. ``logs``: one JSON object a line. ``tracing``: OpenTelemetry and Sentry, only where
they are configured.
"""
