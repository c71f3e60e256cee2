"""Rooms: documents of annotations that several people edit at once, over Yjs.

===============  =================================================================
``wire``          messages of y-protocols as bytes, and our acknowledgement
``document``      the shape of the Yjs document, to and from plain annotations
``gate``          lets an update in when its effect on a copy is right
``rules``         what each role may do: authors, comments, schema
``presence``      cursors and selections, with the identity that the server knows
``room``          one document and its members; bytes in, bytes out, no transport
``log``           the append-only log in PostgreSQL that everything is built from
``rooms``         opens rooms, follows other servers, squashes logs
``editing``       what REST and notebooks do to the same document
===============  =================================================================

A web layer mounts it with :meth:`rooms.Rooms.join`: it passes received messages to
``Room.receive`` and sends what ``Member.outgoing`` yields.
"""
