"""Sign-in with your institution's own OpenID Connect (Keycloak, Entra ID, Okta, Shibboleth with OIDC).

Register a confidential client with the redirect URI ``https://your.hub/hub/oauth_callback``, and set
OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, HUB_URL and the three addresses that
``https://your.provider/.well-known/openid-configuration`` names as authorization_endpoint,
token_endpoint and userinfo_endpoint. The provider must put the groups into the claim ``groups``.
An identity provider that speaks SAML only goes behind a bridge (Keycloak, SATOSA, or cilogon.py).
"""

import os

c = get_config()  # noqa: F821 - JupyterHub gives it

c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.login_service = os.environ.get("OIDC_NAME", "your institution")
c.GenericOAuthenticator.client_id = os.environ["OIDC_CLIENT_ID"]
c.GenericOAuthenticator.client_secret = os.environ["OIDC_CLIENT_SECRET"]
c.GenericOAuthenticator.oauth_callback_url = f"{os.environ['HUB_URL']}/hub/oauth_callback"
c.GenericOAuthenticator.authorize_url = os.environ["OIDC_AUTHORIZE_URL"]
c.GenericOAuthenticator.token_url = os.environ["OIDC_TOKEN_URL"]
c.GenericOAuthenticator.userdata_url = os.environ["OIDC_USERINFO_URL"]
c.GenericOAuthenticator.scope = ["openid", "profile", "email"]
c.GenericOAuthenticator.username_claim = os.environ.get("OIDC_USERNAME_CLAIM", "preferred_username")

# Groups of the provider are groups of the Hub, and these may sign in.
c.GenericOAuthenticator.manage_groups = True
c.GenericOAuthenticator.auth_state_groups_key = "oauth_user.groups"
c.GenericOAuthenticator.allowed_groups = set(os.environ["OIDC_ALLOWED_GROUPS"].split())
c.GenericOAuthenticator.admin_groups = set(os.environ.get("OIDC_ADMIN_GROUPS", "").split())
