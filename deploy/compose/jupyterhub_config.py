"""The Hub of the compose file: FoldSight is a service in another container, people are its system's users."""

import os

c = get_config()  # noqa: F821 - JupyterHub gives it
load_subconfig("/etc/jupyterhub/foldsight/jupyterhub_config.py")  # noqa: F821 - JupyterHub gives it

c.JupyterHub.bind_url = "http://0.0.0.0:8000"
c.JupyterHub.hub_ip = "0.0.0.0"
c.JupyterHub.hub_connect_ip = "hub"

(service,) = c.JupyterHub.services
service["url"] = "http://service:10101"
service["api_token"] = os.environ["FOLDSIGHT_HUB_TOKEN"]
# It is started by compose and has its environment from there.
del service["command"], service["environment"]
