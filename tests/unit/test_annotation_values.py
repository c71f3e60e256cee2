"""Annotations: schema, anchors, comments, the local document."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldsight.annotation import Annotation, Comment, anchor, check, covered, schema
from foldsight.annotation.book import Book
from foldsight.annotation.render import to_html
from foldsight.annotation.table import to_frame
from foldsight.annotation.values import mentions
from foldsight.errors import BadRequest, NotAllowed, NotFound
from tests.samples import helices

ADA, BOB = ("ada", "Ada"), ("bob", "Bob")
PAIR = helices({"A": "MKTAYIAKQR", "B": "GSHMLEDP"}, first=24)


def note(selection: str = "A:25-27,B:26", **fields: object) -> Annotation:
    return Annotation.new(anchor(selection, PAIR), "**catalytic**", ADA, **fields)  # type: ignore[arg-type]


def test_an_annotation_keeps_residues_of_several_chains_and_travels_as_json() -> None:
    made = note(kind="active site", label="D25")
    assert made.residues == "A:25-27,B:26"
    assert made.colour == "#d55e00"
    assert made.ranges[0].letters == ("K", "A")
    assert Annotation.from_dict(json.loads(json.dumps(made.to_dict()))) == made
    assert np.flatnonzero(covered(made, PAIR)).tolist() == [1, 2, 3, 12]


@pytest.mark.parametrize(
    ("selection", "words"),
    [("A:99", "No residue matches A:99"), ("C:", "No residue matches C:"), ("x y", "x y")],
)
def test_a_residue_that_is_not_there_is_refused(selection: str, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        note(selection)


def test_an_annotation_of_another_structure_is_refused_with_the_residue() -> None:
    other = helices({"A": "MKTAY"}, first=40)
    with pytest.raises(BadRequest, match="Residue A:25 is not in the structure"):
        covered(note(), other)
    mutant = helices({"A": "MWTAYIAKQR", "B": "GSHMLEDP"}, first=24)
    with pytest.raises(BadRequest, match="A:25 is W in this structure, not K"):
        covered(note(), mutant)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("colour", "red"), ("colour", "#12345g"), ("label", "x" * 121), ("text", "x" * 20_001), ("kind", ""),
        ("layer", ""), ("text", "nul\x00"), ("id", "a/b"), ("created", "today"), ("resolved", 1),
        ("ranges", []), ("author", ""), ("comments", []), ("extra", 1),
    ],
)  # fmt: skip
def test_what_breaks_the_schema_is_refused_naming_the_field(field: str, value: object) -> None:
    with pytest.raises(BadRequest, match=field):
        Annotation.from_dict({**note().to_dict(), field: value})


def test_a_range_across_chains_is_refused() -> None:
    data = note().to_dict()
    data["ranges"][0]["last"]["chain"] = "B"
    with pytest.raises(BadRequest, match="crosses chains"):
        Annotation.from_dict(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 10**7) | st.text(max_size=5),
    lambda part: st.lists(part, max_size=2) | st.dictionaries(st.text(max_size=3), part, max_size=2),
    max_leaves=4,
)


@given(st.data())
def test_our_checker_and_a_full_validator_agree(data: st.DataObject) -> None:
    book = Book(ADA, [note()])
    book.comment(book.all()[0].id, "hello @bob")
    document = copy.deepcopy(book.to_dict())
    where = [document]
    for value in where:
        where.extend(part for part in value.values() if isinstance(part, dict))
        where.extend(
            entry
            for part in value.values()
            if isinstance(part, list)
            for entry in part
            if isinstance(entry, dict)
        )
    target = data.draw(st.sampled_from(where))
    key = data.draw(st.sampled_from([*target, "other"]))
    target[key] = data.draw(JSON)
    full = jsonschema.Draft202012Validator(schema()).is_valid(document)
    fault = ""
    try:
        check("AnnotationDocument", document)
    except BadRequest as refused:
        fault = str(refused)
    # Beyond the schema: keys of maps are ids, an entry has its key as id, no NUL.
    ours_only = "key" in fault or "NUL" in fault
    assert full == (not fault) or ours_only


def test_comments_keep_their_history_and_their_author() -> None:
    comment = Comment.new("see @bob", ADA)
    edited = comment.edit("see @bob and @carl", "ada")
    assert edited.mentions == ("bob", "carl")
    assert [edit["text"] for edit in edited.history] == ["see @bob"]
    assert edited.edited is not None
    assert edited.edit("see @bob and @carl", "ada") is edited
    with pytest.raises(NotAllowed, match="Only Ada"):
        edited.edit("mine", "bob")
    with pytest.raises(BadRequest, match="text"):
        Comment.new("", ADA)


def test_mentions_are_people_not_addresses() -> None:
    assert mentions("@ada, mail@example.org (@bob.b) @@x") == ("ada", "bob.b")


def test_a_book_changes_and_survives_json() -> None:
    book = Book(ADA)
    first = book.add(note())
    book.change(first.id, label="D25", resolved=True)
    said = book.comment(first.id, "really?")
    book.edit_comment(first.id, said.id, "really!")
    again = Book.from_dict(json.loads(json.dumps(book.to_dict())), BOB)
    assert [item.to_dict() for item in again] == [item.to_dict() for item in book]
    assert again.get(first.id).comments[said.id].text == "really!"
    with pytest.raises(NotAllowed):
        again.edit_comment(first.id, said.id, "no")
    for name, act in {
        "cannot be changed": lambda: again.change(first.id, author="bob"),
        "colour": lambda: again.change(first.id, colour="blue"),
        "already": lambda: again.add(first),
    }.items():
        with pytest.raises(BadRequest, match=name):
            act()
    again.remove(first.id)
    with pytest.raises(NotFound):
        again.get(first.id)


def test_a_document_of_a_newer_schema_says_so() -> None:
    with pytest.raises(BadRequest, match="schema version 2"):
        Book.from_dict({"meta": {"schema_version": 2}}, ADA)


def test_the_table_has_a_row_each() -> None:
    assert list(to_frame([]).columns)[:3] == ["id", "residues", "kind"]
    frame = to_frame([note(label="x"), note("B:26")])
    assert frame["residues"].tolist() == ["A:25-27,B:26", "B:26"]
    assert str(frame["created"].dt.tz) == "UTC"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![beacon](https://tracker.example/x.png)",
        "[click](javascript:alert(1))",
        "[click](data:text/html;base64,xx)",
        '[a](https://x.example/"onmouseover="alert(1))',
        "`<script>`",
        "```\n<script>\n```",
        "[`<img src=x>`](https://ok.example)",
        "\x000\x00<script>\x001\x00",
    ],
)
def test_hostile_markdown_is_harmless(text: str) -> None:
    shown = to_html(text).lower()
    for bad in ("<script", "<img", 'javascript:alert(1)"', '"onmouseover', "<iframe"):
        assert bad not in shown


@given(st.text(alphabet="<>&\"'`*[]()@#-\n\x00 abhttps:/", max_size=60))
def test_only_our_own_tags_come_out(text: str) -> None:
    import re

    extra = r'class="fs-mention"|href="[^"<>]*" rel="[a-z ]*" target="_blank"'
    allowed = rf"</?(p|br|strong|em|code|pre|ul|li|h4|span|a)(?: (?:{extra}))?>"
    assert "<" not in re.sub(allowed, "", to_html(text))


def test_markdown_is_rendered() -> None:
    assert to_html("# T\n*a* `b*c*` @ada\n\n- x\n- [y](https://z.example)") == (
        '<h4>T</h4><p><em>a</em> <code>b*c*</code> <span class="fs-mention">@ada</span></p>'
        '<ul><li>x</li><li><a href="https://z.example" rel="noopener noreferrer nofollow" target="_blank">'
        "y</a></li></ul>"
    )


def test_typescript_types_are_what_the_schema_says() -> None:
    script = Path(__file__).parents[2] / "scripts" / "annotation-types"
    done = subprocess.run(
        [sys.executable, str(script), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("name", "kind"), [("Annotation", Annotation), ("Comment", Comment)])
def test_python_values_have_the_fields_of_the_schema(name: str, kind: type) -> None:
    assert {field.name for field in fields(kind)} == set(schema()["$defs"][name]["properties"])


def test_an_unknown_field_is_named() -> None:
    with pytest.raises(BadRequest, match=r"An annotation has no color\."):
        Annotation.new((), "x", ("a", "A"), label="kept", color="#ffffff")
