"""Sign-in with ORCID: people are known by their ORCID iD, such as 0000-0002-1825-0097.

Register a public API client at https://orcid.org/developer-tools with the redirect URI
``https://your.hub/hub/oauth_callback``, and set ORCID_CLIENT_ID, ORCID_CLIENT_SECRET and
HUB_URL (``https://your.hub``). ORCID says who somebody is, not where they work: whoever has an
iD can sign in if ``allow_all`` is set, so we name those who may.
"""

import os

c = get_config()  # noqa: F821 - JupyterHub gives it

SITE = os.environ.get("ORCID_SITE", "https://orcid.org")  # https://sandbox.orcid.org to try it

c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.login_service = "ORCID"
c.GenericOAuthenticator.client_id = os.environ["ORCID_CLIENT_ID"]
c.GenericOAuthenticator.client_secret = os.environ["ORCID_CLIENT_SECRET"]
c.GenericOAuthenticator.oauth_callback_url = f"{os.environ['HUB_URL']}/hub/oauth_callback"
c.GenericOAuthenticator.authorize_url = f"{SITE}/oauth/authorize"
c.GenericOAuthenticator.token_url = f"{SITE}/oauth/token"
c.GenericOAuthenticator.userdata_url = f"{SITE}/oauth/userinfo"
c.GenericOAuthenticator.scope = ["openid"]
c.GenericOAuthenticator.username_claim = "sub"

# iDs separated by blanks.
c.GenericOAuthenticator.allowed_users = set(os.environ.get("ORCID_ALLOWED", "").split())
c.GenericOAuthenticator.admin_users = set(os.environ.get("ORCID_ADMINS", "").split())
