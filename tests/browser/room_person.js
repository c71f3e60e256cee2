/* A person at a room, for tests: the front end's own client of rooms, with hands and a notebook of what it heard.
   `Rooms` is widgets/js/src/room/room.ts as one script. */
globalThis.enter = async (base, id, number) => {
  const room = await Rooms.Room.join(base, id);
  const now = () => performance.timeOrigin + performance.now();
  const person = { room, said: {}, heard: {}, pointed: {}, seen: {}, faults: [], mine: [], taken: 0 };
  const held = () => room.connection.doc.getMap('annotations');
  const anchor = auth_seq => ({ chain: 'A', auth_seq, ins_code: '', label_seq: auth_seq, uniprot: null, letter: 'A' });
  const wait = ms => new Promise(resolve => setTimeout(resolve, ms));
  const pick = list => list[Math.floor(Math.random() * list.length)];

  held().observeDeep(events => {
    const at = now();
    for (const event of events) event.changes.keys.forEach((change, key) => {
      if (change.action !== 'delete') person.heard[key === 'label' ? event.target.get('label') : key] ??= at;
    });
  });
  room.listen(what => {
    if (what !== 'people') return;
    const at = now();
    for (const { hover } of room.people) if (hover) person.seen[`${hover.chain}:${hover.auth_seq}`] ??= at;
  });

  person.add = (label = '') => {
    const first = 1 + Math.floor(Math.random() * 390), before = new Set(held().keys()), at = now();
    room.add({ ranges: [{ first: anchor(first), last: anchor(first + 9) }], layer: 'default', kind: 'note', colour: '#0072b2', label, text: `of ${number}` });
    const made = [...held().keys()].find(key => !before.has(key));
    person.mine.push(made);
    person.said[made] = at;
    return made;
  };
  person.relabel = note => {
    const label = `${number}/${Object.keys(person.said).length}`;
    person.said[label] = now();
    room.change(note, { label });
  };
  const comments = note => Object.values(held().get(note).toJSON().comments);
  person.edit = () => {
    const deed = Math.random(), note = pick(person.mine);
    if (deed < 0.4 || !note) return person.add();
    if (deed < 0.6) return person.relabel(note);
    if (deed < 0.7) return room.comment(note, 'and why? @ben');
    if (deed < 0.78) return comments(note).length ? room.editComment(note, pick(comments(note)).id, `because ${Math.random()}`) : person.add();
    if (deed < 0.84) return room.change(note, { text: `of ${number}, seen again` });
    if (deed < 0.9) return room.change(note, { resolved: true, colour: '#d55e00' });
    if (deed < 0.95) { person.relabel(note); room.undo(); person.taken++; return; }
    person.mine.splice(person.mine.indexOf(note), 1);
    room.remove(note);
  };
  const every = async (ms, until, act) => {
    while (now() < until) {
      act();
      await wait(ms * (0.8 + 0.4 * Math.random()));
    }
  };
  /** Edit and point until the time is up, and until the server has all of it. */
  person.work = async (seconds, edits, moves) => {
    const until = now() + seconds * 1000;
    let moved = 0;
    const point = () => {
      person.pointed[`P${number}:${++moved}`] = now();
      room.point({ hover: { ...anchor(moved), chain: `P${number}` } });
    };
    await Promise.all([every(1000 / edits, until, person.edit), every(1000 / moves, until, point)]);
    await person.settled();
  };
  person.settled = async () => {
    const { connection } = room;
    while (connection.link !== 'open' || connection.saved < connection.sent) await wait(20);
  };
  /** The document as plain values, for comparing; the room's own words besides. */
  person.document = () => held().toJSON();
  person.report = () => {
    const { said, heard, pointed, seen, mine, taken } = person;
    return { said, heard, pointed, seen, mine, taken, words: room.words, link: room.connection.link };
  };
  return (globalThis.person = person);
};
