"""Sign-in with GitHub: members of an organisation; its teams are groups of the Hub.

Register an OAuth app at https://github.com/organizations/YOURS/settings/applications with the callback URL
``https://your.hub/hub/oauth_callback``, and set GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET,
GITHUB_ORGANIZATION and HUB_URL. A team ``lab-baker`` of the organisation is the group ``lab-baker``, which
``foldsight.toml`` makes an organisation of FoldSight.
"""

import os

c = get_config()  # noqa: F821 - JupyterHub gives it

ORGANIZATION = os.environ["GITHUB_ORGANIZATION"]


def teams(auth_state):
    """Return the teams of our organisation; those of others mean nothing here."""
    return [
        team["slug"]
        for team in auth_state.get("teams", [])
        if team["organization"]["login"].lower() == ORGANIZATION.lower()
    ]


c.JupyterHub.authenticator_class = "github"
c.GitHubOAuthenticator.client_id = os.environ["GITHUB_CLIENT_ID"]
c.GitHubOAuthenticator.client_secret = os.environ["GITHUB_CLIENT_SECRET"]
c.GitHubOAuthenticator.oauth_callback_url = f"{os.environ['HUB_URL']}/hub/oauth_callback"
c.GitHubOAuthenticator.scope = ["read:org"]
c.GitHubOAuthenticator.allowed_organizations = {ORGANIZATION}
c.GitHubOAuthenticator.populate_teams_in_auth_state = True
c.GitHubOAuthenticator.manage_groups = True
c.GitHubOAuthenticator.auth_state_groups_key = teams
