// How a reader without a mouse goes through a part of the page; given to the page by test_keyboard.py.
(() => {
  const ROLES = 'button checkbox combobox link listbox menuitem radio separator slider switch tab textbox';
  const CONTROL = ['a[href], button, input, select, textarea, [tabindex]', ...ROLES.split(' ').map(role => `[role=${role}]`)].join(', ');
  const name = e => `${e.tagName.toLowerCase()}.${e.className} "${e.getAttribute('aria-label') || e.title || e.textContent.slice(0, 40)}"`;
  const shown = e => e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length > 0;
  // What looks as if it could be pressed, whether it says that it is a control or not.
  const pressed = e => getComputedStyle(e).cursor === 'pointer' && !e.closest(CONTROL) && !e.querySelector(CONTROL) && !e.closest('label');
  // Panels of JupyterLab take the focus by script only, which is no business of the reader's.
  const container = e => e.getAttribute('tabindex') === '-1' && !e.matches('a, button, input, select, textarea, [role]');
  const look = e => {
    const { outlineStyle, outlineWidth, outlineColor, boxShadow, backgroundColor, borderColor } = getComputedStyle(e);
    return [outlineStyle === 'none' ? '' : outlineWidth + outlineColor, boxShadow, backgroundColor, borderColor].join();
  };
  const kindOf = e => {
    if (e.matches('select')) return 'select';
    if (e.matches('textarea')) return 'text';
    if (e.matches('input')) return { checkbox: 'checkbox', range: 'range', color: 'color' }[e.type] ?? 'text';
    return e.getAttribute('role') ?? e.tagName.toLowerCase();
  };
  let root = null;
  let controls = [];
  let heard = () => [];

  window.walking = {
    /** Remember every control below an element as it looks without the focus; return their names. */
    begin(selector) {
      root = document.querySelector(selector);
      document.activeElement?.blur();
      const found = [...root.querySelectorAll('*')].filter(shown).filter(e => (e.matches(CONTROL) && !container(e) && !e.disabled) || pressed(e));
      controls = found.map(e => ({ e, name: name(e), look: look(e) }));
      root.tabIndex = -1;
      root.focus({ preventScroll: true });
      return controls.map(c => c.name);
    },
    /** What has the focus: its place in the list, its kind, and whether one sees it; null outside. */
    here() {
      const e = document.activeElement;
      if (e === root || !root.contains(e)) return null;
      // A panel may be drawn anew while one walks through it.
      const at = controls.findIndex(c => c.e === e || (!c.e.isConnected && c.name === name(e)));
      const visible = at < 0 || look(e) !== controls[at].look;
      return { at, kind: kindOf(e), name: name(e), visible, many: e.options?.length ?? e.closest('[role=radiogroup], [role=tablist]')?.children.length ?? 0 };
    },
    /** Keep the next key from having effects, and note what it would have done. */
    listen() {
      const e = document.activeElement;
      const before = e.getAttribute('aria-valuenow');
      const found = new Set();
      const keys = [];
      const stop = event => {
        found.add(event.type);
        event.preventDefault();
        event.stopImmediatePropagation();
      };
      const key = event => keys.push(event);
      const types = ['click', 'change', 'input'];
      types.forEach(type => window.addEventListener(type, stop, true));
      window.addEventListener('keydown', key, true);
      heard = () => {
        types.forEach(type => window.removeEventListener(type, stop, true));
        window.removeEventListener('keydown', key, true);
        if (keys.some(event => event.defaultPrevented)) found.add('taken');
        if (e.getAttribute('aria-valuenow') !== before) found.add('moved');
        return [...found];
      };
    },
    heard: () => heard()
  };
})();
