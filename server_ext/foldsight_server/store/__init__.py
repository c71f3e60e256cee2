"""What lasts: PostgreSQL (``embedded``, ``binaries``, ``migrate``), the jobs in it
(``queue``, ``queries.sql``) and the folder of results (``objects``).
"""
