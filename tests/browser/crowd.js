// A document of many annotations that others change: `others.say`, `others.comment`, `others.drop`; given to the
// page by test_comments.py. What the reader sends is in `said`.
many => {
    const view = document.querySelector('.foldsight-view').foldsight;
    const when = { created: '2026-01-02T10:00:00Z' };
    const at = { ...view.store.table.refsOf([3])[0], label_seq: null, uniprot: null, letter: '' };
    const notes = new Map(Array.from({ length: many }, (_, i) => [`n${i}`, {
        author: 'bob', author_name: 'Bob', ...when, id: `n${i}`, structure: '', ranges: [{ first: at, last: at }],
        layer: 'default', kind: 'note', colour: '#e69f00', label: `note ${i}`, text: 'said **so**', resolved: false,
        comments: {} }]));
    const mine = { id: 'mine', author: 'me', author_name: 'Ada', ...when, text: 'mine', edited: null, history: [],
        mentions: [] };
    notes.get('n0').comments.mine = mine;
    let tell = null;
    window.said = [];
    view.panels.notes.use({ all: () => structuredClone([...notes.values()]), me: { id: 'me', name: 'Ada' }, people: [],
        words: '', may: { comment: true, edit: true }, shared: true, undo() {}, listen: heard => { tell = heard; },
        comment: (id, text) => said.push([id, text]), change: (id, fields) => said.push([id, fields]),
        editComment: (id, comment, text) => { notes.get(id).comments[comment].text = text; tell('notes'); } }, null);
    window.others = {
        say(id, text) { notes.get(id).text = text; tell('notes'); },
        comment(id, text) { notes.get(id).comments[text] = { ...mine, id: text, author: 'bob', author_name: 'Bob', text };
            tell('notes'); },
        drop(id) { notes.delete(id); tell('notes'); }
    };
}
