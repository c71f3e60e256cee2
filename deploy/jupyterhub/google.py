"""Sign-in with Google Workspace: people of your domains, known by the part before the @.

Make an OAuth client of the type "Web application" in the Google Cloud console with the redirect URI
``https://your.hub/hub/oauth_callback``, and set GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET,
GOOGLE_DOMAINS (separated by blanks) and HUB_URL. With more than one domain people are known by
their whole address, for two could have the same name.
"""

import os

c = get_config()  # noqa: F821 - JupyterHub gives it

DOMAINS = os.environ["GOOGLE_DOMAINS"].split()

c.JupyterHub.authenticator_class = "google"
c.GoogleOAuthenticator.client_id = os.environ["GOOGLE_CLIENT_ID"]
c.GoogleOAuthenticator.client_secret = os.environ["GOOGLE_CLIENT_SECRET"]
c.GoogleOAuthenticator.oauth_callback_url = f"{os.environ['HUB_URL']}/hub/oauth_callback"
c.GoogleOAuthenticator.hosted_domain = DOMAINS
c.GoogleOAuthenticator.strip_domain = len(DOMAINS) == 1
# Everybody of these domains and nobody else: addresses of other domains are refused first.
c.GoogleOAuthenticator.allow_all = True
