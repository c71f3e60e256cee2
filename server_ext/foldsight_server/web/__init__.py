"""The application over tornado: ``base`` what both servers share, ``extension`` inside
jupyter-server, ``standalone`` on its own.
"""
