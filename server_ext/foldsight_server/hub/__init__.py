"""FoldSight on a JupyterHub: the service that owns everything, and the proxy in each user's server."""
