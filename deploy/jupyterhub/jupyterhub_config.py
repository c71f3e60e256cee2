"""FoldSight on a JupyterHub (5 or 6): the service, its scopes, and who has them.

Load it from your own configuration: ``load_subconfig("/path/to/this/jupyterhub_config.py")``.
It sets nothing about sign-in (see the files beside it), spawning or TLS. Where you have roles,
services or scopes of your own, add yours to these lists instead of setting them anew.
"""

import os
import sys

c = get_config()  # noqa: F821 - JupyterHub gives it

SERVICE = "foldsight"
REACH = f"access:services!service={SERVICE}"
# Without this a server cannot ask where the service is, and FoldSight in it would work on its own.
FIND = f"read:services!service={SERVICE}"
SCOPES = [f"custom:foldsight:{name}" for name in ("read", "annotate", "predict", "admin")]
READ, ANNOTATE, PREDICT, ADMIN = SCOPES

# Each scope includes those before it, so a token needs but one.
c.JupyterHub.custom_scopes = {
    READ: {"description": "Read projects in FoldSight"},
    ANNOTATE: {"description": "Annotate and comment in FoldSight", "subscopes": [READ]},
    PREDICT: {"description": "Predict, edit and share in FoldSight", "subscopes": [ANNOTATE]},
    ADMIN: {"description": "Run the FoldSight service", "subscopes": [PREDICT]},
}

# The one process that owns database, queue and secrets. It must run as a user of its own, with a
# data folder that nobody else can read; environment of the Hub is not passed on.
c.JupyterHub.services = [
    {
        "name": SERVICE,
        "url": os.environ.get("FOLDSIGHT_SERVICE_LISTEN", "http://127.0.0.1:10101"),
        "command": [sys.executable, "-m", "foldsight_server"],
        "environment": {name: value for name, value in os.environ.items() if name.startswith("FOLDSIGHT_")},
        # Whoever may come at all is not asked again whether FoldSight may know their name.
        "oauth_no_confirm": True,
        "oauth_client_allowed_scopes": [REACH, ANNOTATE],
    }
]

c.JupyterHub.load_roles = [
    # Everybody who may sign in may predict; leave PREDICT out here and give it to groups where not.
    {"name": "user", "scopes": ["self", FIND, REACH, PREDICT]},
    {"name": "foldsight-admin", "scopes": [REACH, ADMIN], "groups": ["foldsight-admins"]},
    # A user's own server and its kernels: as its owner, to whom these must belong too.
    {"name": "server", "scopes": ["access:servers!server", "users:activity!user", FIND, REACH, PREDICT]},
]
# A guest on a shared server acts at the service as themselves, but only so far as to annotate: who
# runs that server could read its guests' tokens.
c.Spawner.oauth_client_allowed_scopes = [REACH, ANNOTATE]
