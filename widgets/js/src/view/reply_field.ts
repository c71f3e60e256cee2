/** A field for a comment: it hands over its text and offers names of people after an `@`. */
import { make, textButton } from './dom';
import { __ } from '../words';

export interface ReplyField {
  /** Names the field, so that the focus finds it again. */
  key: string;
  label: string;
  text: string;
  /** Takes the text on Ctrl-Enter or by the button. */
  done: (text: string) => void;
  /** On Escape, where the field can be left. */
  leave?: () => void;
  /** Who can be mentioned: names by id. */
  known: () => Map<string, string>;
}

export function replyField({ key, label, text, done, leave, known }: ReplyField): HTMLElement {
  const area = make('textarea', '', { rows: '2', 'aria-label': label, placeholder: label, maxlength: '10000', 'data-key': key });
  area.value = text;
  const offered = make('div', 'fs-offered', { role: 'group', 'aria-label': __('People to mention') });
  const send = () => {
    if (!area.value.trim()) return;
    const words = area.value;
    area.value = '';
    done(words);
  };
  area.addEventListener('keydown', event => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send();
    else if (event.key === 'Escape') leave?.();
    event.stopPropagation();
  });
  area.addEventListener('input', () => offer(area, offered, known()));
  return make('div', 'fs-field', {}, area, offered, textButton(__('Send'), send));
}

function offer(area: HTMLTextAreaElement, place: HTMLElement, known: Map<string, string>): void {
  const begun = /(?<![\w@])@([\w.-]*)$/.exec(area.value.slice(0, area.selectionStart));
  const fits = begun ? [...known].filter(([id, name]) => `${id} ${name}`.toLowerCase().includes(begun[1].toLowerCase())).slice(0, 5) : [];
  place.replaceChildren(...fits.map(([id, name]) => textButton(`@${name}`, () => {
    const at = area.selectionStart - begun![1].length;
    area.setRangeText(`${id} `, at, area.selectionStart, 'end');
    place.replaceChildren();
    area.focus();
  })));
}
