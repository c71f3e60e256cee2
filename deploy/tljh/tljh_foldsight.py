"""FoldSight as a plugin of The Littlest JupyterHub.

It installs FoldSight for people and beside the Hub, and makes it a service of the Hub that runs as the
system's user ``foldsight`` with a folder that nobody else can read.
"""

import os
import pwd
import subprocess
import sys

try:
    from tljh.hooks import hookimpl
except ImportError:  # outside of TLJH, as in a test: the marker is pluggy's, by TLJH's name
    from pluggy import HookimplMarker

    hookimpl = HookimplMarker("tljh")

HOME = "/var/lib/foldsight"
USER = "foldsight"
REACH = "access:services!service=foldsight"
FIND = "read:services!service=foldsight"
NAMES = ("read", "annotate", "predict", "admin")
SAYS = (
    "Read projects in FoldSight",
    "Annotate and comment in FoldSight",
    "Predict, edit and share in FoldSight",
    "Run the FoldSight service",
)


@hookimpl
def tljh_extra_user_pip_packages():
    """What people's servers need."""
    return ["foldsight"]


@hookimpl
def tljh_extra_hub_pip_packages():
    """What the service beside the Hub needs."""
    return ["foldsight[hub]"]


@hookimpl
def tljh_post_install():
    """Make the service's user and folder."""
    try:
        pwd.getpwnam(USER)
    except KeyError:
        command = ["useradd", "--system", "--home-dir", HOME, "--shell", "/usr/sbin/nologin", USER]
        subprocess.run(command, check=True)
    os.makedirs(HOME, mode=0o700, exist_ok=True)
    owner = pwd.getpwnam(USER)
    os.chown(HOME, owner.pw_uid, owner.pw_gid)


@hookimpl
def tljh_custom_jupyterhub_config(c):
    """Add the service, its scopes and the roles that have them."""
    scopes = [f"custom:foldsight:{name}" for name in NAMES]
    c.JupyterHub.custom_scopes = {
        scope: {"description": says, **({"subscopes": scopes[i - 1 : i]} if i else {})}
        for i, (scope, says) in enumerate(zip(scopes, SAYS, strict=True))
    }
    c.JupyterHub.services = [*(c.JupyterHub.services or []), _service(scopes)]
    predict = [FIND, REACH, scopes[2]]
    c.JupyterHub.load_roles = [
        *(c.JupyterHub.load_roles or []),
        {"name": "user", "scopes": ["self", *predict]},
        {"name": "foldsight-admin", "scopes": [REACH, scopes[3]], "groups": ["foldsight-admins"]},
        {"name": "server", "scopes": ["access:servers!server", "users:activity!user", *predict]},
    ]
    c.Spawner.oauth_client_allowed_scopes = [REACH, scopes[1]]


def _service(scopes):
    return {
        "name": "foldsight",
        "url": "http://127.0.0.1:10101",
        "command": [sys.executable, "-m", "foldsight_server"],
        "user": USER,
        "cwd": "/",
        "environment": {"FOLDSIGHT_HOME": HOME},
        "oauth_no_confirm": True,
        "oauth_client_allowed_scopes": [REACH, scopes[1]],
    }
