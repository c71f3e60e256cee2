"""Markdown of annotations as safe HTML.

Text is kept as written and made safe here: everything is escaped first, then a small set of
marks becomes tags. There are no images and no raw HTML, so a comment can neither run a script
nor tell anybody that it was read; links are ``http``, ``https`` or ``mailto`` and carry no referrer.
"""

from __future__ import annotations

import html
import re

_FENCE = re.compile(r"^```[^\n]*\n(.*?)(?:\n```[ \t]*$|\Z)", re.M | re.S)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[([^\[\]\n]{1,500})\]\(((?:https?://|mailto:)[^\s()<>\"']{1,2000})\)")
_BOLD = re.compile(r"\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*")
_ITALIC = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
_MENTION = re.compile(r"(?<![\w@/.])@(\w[\w.\-]*\w|\w)")
_HEAD = re.compile(r"^(#{1,6})\s+(.+)$")
_ITEM = re.compile(r"^\s{0,3}[-*+]\s+(.+)$")


def to_html(text: str) -> str:
    """Return Markdown as HTML that is safe to put into a page.

    >>> to_html("**T** <script>x</script> ![](https://tracker.example/a.png)")
    '<p><strong>T</strong> &lt;script&gt;x&lt;/script&gt; ![](https://tracker.example/a.png)</p>'
    """
    parts, end = [], 0
    for fence in _FENCE.finditer(text):
        parts.append(_blocks(text[end : fence.start()]))
        parts.append(f"<pre><code>{html.escape(fence.group(1))}</code></pre>")
        end = fence.end()
    return "".join([*parts, _blocks(text[end:])])


def _blocks(text: str) -> str:
    return "".join(_block(block.strip("\n")) for block in re.split(r"\n\s*\n", text) if block.strip())


def _block(block: str) -> str:
    lines = block.split("\n")
    if head := _HEAD.match(lines[0]):
        rest = "\n".join(lines[1:]).strip("\n")
        # A comment's heading stands below the headings of the page.
        return f"<h4>{_inline(head.group(2))}</h4>" + (_block(rest) if rest else "")
    items = [_ITEM.match(line) for line in lines]
    if all(items):
        return "<ul>" + "".join(f"<li>{_inline(item.group(1))}</li>" for item in items if item) + "</ul>"
    return "<p>" + "<br>".join(map(_inline, lines)) + "</p>"


def _inline(line: str) -> str:
    """Turn the marks of one line into tags; code and links are set aside, out of the reach of marks."""
    kept: list[str] = []

    def keep(tagged: str) -> str:
        kept.append(tagged)
        return f"\x00{len(kept) - 1}\x00"

    line = _CODE.sub(lambda m: keep(f"<code>{html.escape(m[1])}</code>"), line.replace("\x00", ""))
    line = _LINK.sub(
        lambda m: keep(_anchor(m[1], m[2])) if m.string[m.start() - 1 : m.start()] != "!" else m[0], line
    )
    line = html.escape(line)
    line = _BOLD.sub(r"<strong>\1</strong>", line)
    line = _ITALIC.sub(r"<em>\1</em>", line)
    line = _MENTION.sub(r'<span class="fs-mention">@\1</span>', line)
    # The words of a link may hold code that was set aside before it.
    for number in reversed(range(len(kept))):
        line = line.replace(f"\x00{number}\x00", kept[number])
    return line


def _anchor(words: str, url: str) -> str:
    safe = 'rel="noopener noreferrer nofollow" target="_blank"'
    return f'<a href="{html.escape(url)}" {safe}>{html.escape(words)}</a>'
