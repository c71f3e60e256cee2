"""Sign-in with an institution's SAML through CILogon, which takes InCommon and eduGAIN.

Register at https://cilogon.org/oauth2/register with the callback URL
``https://your.hub/hub/oauth_callback`` and the scopes openid, email and org.cilogon.userinfo; set
CILOGON_CLIENT_ID, CILOGON_CLIENT_SECRET, HUB_URL, SAML_ENTITY_ID (as https://cilogon.org/idplist has
it) and SAML_DOMAIN (``example.edu``). People are known by the part of their eduPersonPrincipalName
before the @, and only those of that domain may sign in.
"""

import os

c = get_config()  # noqa: F821 - JupyterHub gives it

DOMAIN = os.environ["SAML_DOMAIN"]

c.JupyterHub.authenticator_class = "cilogon"
c.CILogonOAuthenticator.client_id = os.environ["CILOGON_CLIENT_ID"]
c.CILogonOAuthenticator.client_secret = os.environ["CILOGON_CLIENT_SECRET"]
c.CILogonOAuthenticator.oauth_callback_url = f"{os.environ['HUB_URL']}/hub/oauth_callback"
c.CILogonOAuthenticator.idps = {
    os.environ["SAML_ENTITY_ID"]: {
        "default": True,
        "username_derivation": {"username_claim": "eppn", "action": "strip_idp_domain", "domain": DOMAIN},
        "allowed_domains": [DOMAIN],
        "allowed_domains_claim": "eppn",
    }
}
