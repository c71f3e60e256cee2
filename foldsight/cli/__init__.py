"""The command line; the magic of the notebook shares its verbs and parser.

``main``
    The entry point: parses, runs a verb, prints its answer, turns errors into exit codes.
``parser``
    The table of verbs and the parser made from them.
``answer``
    What a verb gives back: data for programs, words for people.
``console``
    Where messages and progress go.
``names``
    Safe file names from the headers of FASTA files.
``verbs``
    One file per verb.
"""

from __future__ import annotations
