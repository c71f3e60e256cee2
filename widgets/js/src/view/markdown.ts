/** Markdown of annotations as page elements: nothing runs, and nothing is fetched by being read. */
import DOMPurify from 'dompurify';
import { marked } from 'marked';
import { make } from './dom';

const TAGS = ['p', 'br', 'strong', 'em', 'del', 'code', 'pre', 'ul', 'ol', 'li', 'a', 'blockquote', 'h3', 'h4', 'h5', 'h6'];

/** A block that shows the text; pictures and HTML in it are shown as what was typed. */
export function markdown(text: string): HTMLElement {
  const escaped = text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/!\[/g, '!&#91;');
  const html = marked.parse(escaped, { async: false, gfm: true, breaks: true });
  const body = make('div', 'fs-markdown');
  body.innerHTML = DOMPurify.sanitize(html, {
    ALLOWED_TAGS: TAGS, ALLOWED_ATTR: ['href'], ALLOWED_URI_REGEXP: /^(?:https?:|mailto:)/i, ALLOW_DATA_ATTR: false
  });
  for (const link of body.querySelectorAll('a')) {
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
    link.referrerPolicy = 'no-referrer';
  }
  return body;
}
