// The grid of a review: rows of positive sets drawn on the client, so that scrolling and keys never wait for the server.
// Only the rows in sight exist as elements; they are used again as the view moves. Marks show at once and are put right by the server's answer.

const WINDOW = 40;
const CACHE = 6000;
const TALLEST = 12_000_000;

// From so many rows a frame on the view flies: nobody can see a picture then, and decoding them would cost the frames.
const FLYING_ROWS = 3;
const REST = 90;
const VERDICTS = { approve: ['✓', 'approved'], reject: ['✕', 'rejected'], flag: ['⚑', 'flagged'] };

const element = (tag, name, text) => {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
};

export function create(host, server, options) {
  return new Grid(host, server, options);
}

class Grid {
  constructor(host, server, options) {
    this.host = host;
    this.server = server;
    this.me = options.me;
    this.names = new Map(options.people.map(person => [person.id, person.name]));
    this.canMark = options.canMark;
    this.tags = options.tags ?? [];
    this.count = 0;
    this.view = null;
    this.rows = new Map();
    this.wanted = new Set();
    this.flying = 0;
    this.pending = new Map();
    this.selected = new Map();
    this.peers = [];
    this.at = 0;
    this.cell = 0;
    this.anchor = null;
    this.pool = [];
    this.generation = 0;
    this.drawnTop = 0;
    this.build();
    this.observer = new ResizeObserver(() => { this.measure(); this.draw(true); });
    this.observer.observe(this.scroller);
    this.measure();
  }

  // ---- what the page calls -------------------------------------------------------------------------------------------------------------

  setView(count, view) {
    this.generation++;
    this.count = count;
    this.view = view;
    this.rows.clear();
    this.wanted.clear();
    this.selected.clear();
    this.at = Math.min(this.at, Math.max(0, count - 1));
    this.cell = 0;
    this.grid.setAttribute('aria-rowcount', count);
    this.host.classList.toggle('rv-none', count === 0);
    this.measure();
    this.reveal();
    this.draw(true);
  }

  changed(captions) {
    if (captions === null) {
      this.rows.forEach(row => { row.stale = true; });
    } else {
      for (const caption of captions) {
        const row = this.rows.get(caption);
        if (row) row.stale = true;
      }
    }
    this.draw(true);
  }

  setPeers(peers) {
    this.peers = peers;
    this.draw(true);
  }

  setTags(tags) {
    this.tags = tags;
  }

  setPeople(people) {
    this.names = new Map(people.map(person => [person.id, person.name]));
    this.draw(true);
  }

  selectedCaptions() {
    return [...new Set(this.selected.values())].sort((a, b) => a - b);
  }

  focus() {
    this.grid.focus({ preventScroll: true });
  }

  goTo(place) {
    this.move(Math.max(0, Math.min(this.count - 1, place)), 0);
    this.focus();
  }

  dispose() {
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.rest);
    this.host.replaceChildren();
  }

  // ---- elements ------------------------------------------------------------------------------------------------------------------------

  build() {
    // The grid scrolls itself: a scroller of its own inside would be a second stop for the keyboard.
    this.grid = element('div', 'rv-grid');
    this.grid.tabIndex = 0;
    this.grid.setAttribute('role', 'grid');
    this.grid.setAttribute('aria-label', 'Positive sets. Press question mark for the keys.');
    this.grid.setAttribute('aria-multiselectable', 'true');
    this.scroller = this.grid;
    this.spacer = element('div', 'rv-spacer');
    this.layer = element('div', 'rv-layer');
    this.layer.setAttribute('role', 'presentation');
    this.spacer.setAttribute('role', 'presentation');
    this.spacer.append(this.layer);
    this.grid.append(this.spacer);
    this.live = element('div', 'visually-hidden');
    this.live.setAttribute('role', 'status');
    this.bar = element('div', 'rv-bar');
    this.bar.setAttribute('role', 'toolbar');
    this.bar.setAttribute('aria-label', 'Marks');
    const button = (text, name, key, act) => {
      const made = element('button', `rv-button rv-${name}`);
      made.type = 'button';
      const glyph = element('span', 'rv-glyph', text), shown = element('kbd', '', key);
      for (const decoration of [glyph, shown]) decoration.setAttribute('aria-hidden', 'true');
      made.append(glyph, element('span', 'rv-word', name), shown);
      made.setAttribute('aria-keyshortcuts', key);
      made.title = `${name} (${key})`;
      made.addEventListener('click', () => { act(); this.focus(); });
      return made;
    };
    if (this.canMark) {
      this.bar.append(
        button('✓', 'approve', 'a', () => this.verdict('approve')), button('✕', 'reject', 'r', () => this.verdict('reject')),
        button('⚑', 'flag', 'f', () => this.verdict('flag')), button('#', 'tag', 't', () => this.askTag()), button('…', 'comment', 'c', () => this.askComment()),
        this.stars(), button('☐', 'select', 'x', () => this.toggle()), button('↶', 'undo', 'u', () => this.undo()), button('⟳', 'remake', 'm', () => this.remake()));
    }
    this.bar.append(button('?', 'help', '?', () => this.help()));
    this.place = element('span', 'rv-place');
    this.bar.append(this.place);
    this.host.replaceChildren(this.grid, this.bar, this.live);
    this.scroller.addEventListener('scroll', () => this.schedule(), { passive: true });
    this.grid.addEventListener('keydown', event => this.key(event));
    this.layer.addEventListener('click', event => this.click(event));
    this.layer.addEventListener('dblclick', () => this.open());
    this.layer.addEventListener('error', event => { if (event.target.tagName === 'IMG') event.target.classList.add('rv-broken'); }, true);
  }

  stars() {
    const group = element('span', 'rv-stars');
    group.setAttribute('role', 'group');
    group.setAttribute('aria-label', 'Rate');
    for (let rating = 1; rating <= 5; rating++) {
      const star = element('button', 'rv-star', '★');
      star.type = 'button';
      star.setAttribute('aria-label', `Rate ${rating} (${rating})`);
      star.addEventListener('click', () => { this.mark({ rating }); this.focus(); });
      group.append(star);
    }
    return group;
  }

  measure() {
    this.narrow = this.host.clientWidth < 640;
    this.host.classList.toggle('rv-narrow', this.narrow);
    this.height = this.narrow ? 176 : 138;
    this.viewport = this.scroller.clientHeight || 400;
    this.whole = this.count * this.height;
    const tall = Math.min(this.whole, TALLEST);
    this.spacer.style.height = `${Math.max(tall, this.viewport)}px`;
    this.ratio = tall > this.viewport ? (this.whole - this.viewport) / (tall - this.viewport) : 1;
    const needed = Math.ceil(this.viewport / this.height) + 7;
    while (this.pool.length < needed) {
      this.pool.push(this.newRow());
    }
  }

  newRow() {
    const row = element('div', 'rv-row');
    row.setAttribute('role', 'row');
    const head = element('div', 'rv-head');
    head.setAttribute('role', 'rowheader');
    const caption = element('div', 'rv-caption');
    caption.dir = 'auto';
    const facts = element('div', 'rv-facts');
    head.append(caption, facts);
    const images = element('div', 'rv-images');
    images.setAttribute('role', 'presentation');
    row.append(head, images);
    row.hidden = true;
    this.layer.append(row);
    return { row, caption, facts, images, tiles: [], place: -1, drawn: null };
  }

  newTile(slot) {
    const tile = element('div', 'rv-tile');
    tile.setAttribute('role', 'gridcell');
    const picture = element('img');
    picture.alt = '';
    picture.decoding = 'async';
    picture.draggable = false;
    const badge = element('span', 'rv-badge');
    const others = element('span', 'rv-others');
    const notes = element('span', 'rv-notes');
    const peer = element('span', 'rv-peer');
    tile.append(picture, badge, others, notes, peer);
    slot.images.append(tile);
    const made = { tile, picture, badge, others, notes, peer, image: null };
    slot.tiles.push(made);
    return made;
  }

  // ---- drawing -------------------------------------------------------------------------------------------------------------------------

  schedule() {
    if (!this.frame) {
      this.frame = requestAnimationFrame(() => { this.frame = 0; this.draw(false); });
    }
  }

  get top() {
    return this.scroller.scrollTop * this.ratio;
  }

  captionAt(place) {
    return this.view ? this.view[place] : place;
  }

  draw(anew) {
    const top = this.top;
    const flies = !anew && Math.abs(top - this.drawnTop) > FLYING_ROWS * this.height;
    this.drawnTop = top;
    const first = Math.max(0, Math.floor(top / this.height) - 2);
    const last = Math.min(this.count, first + this.pool.length);
    const offset = this.scroller.scrollTop - top;
    for (const slot of this.pool) {
      if (slot.place < first || slot.place >= last) slot.place = -1;
    }
    const missing = [];
    const free = this.pool.filter(slot => slot.place < 0);
    const kept = new Map(this.pool.filter(slot => slot.place >= 0).map(slot => [slot.place, slot]));
    for (let place = first; place < last; place++) {
      const slot = kept.get(place) ?? free.pop();
      const moved = slot.place !== place;
      slot.place = place;
      slot.row.hidden = false;
      slot.row.style.transform = `translateY(${place * this.height + offset}px)`;
      const caption = this.captionAt(place);
      const data = this.rows.get(caption);
      if (!data || data.stale) missing.push(caption);
      if (moved && flies) this.fillFlying(slot, place, caption, data);
      else if (moved || anew || slot.drawn !== data) this.fill(slot, place, caption, data);
    }
    for (const slot of free) slot.row.hidden = true;
    this.place.textContent = this.count === 0 ? '' : `${(this.at + 1).toLocaleString()} of ${this.count.toLocaleString()}`
      + (this.selected.size > 0 ? ` · ${this.selected.size.toLocaleString()} selected` : '');
    clearTimeout(this.rest);
    if (flies) this.rest = setTimeout(() => this.draw(false), REST);
    else if (missing.length > 0) this.fetch(missing);
  }

  // A row that passes by: its number and caption, and places for its images. What it lacks comes when the view rests.
  fillFlying(slot, place, caption, data) {
    slot.drawn = null;
    slot.row.setAttribute('aria-rowindex', place + 1);
    slot.row.classList.toggle('rv-active', place === this.at);
    slot.row.classList.toggle('rv-wait', !data);
    slot.caption.textContent = data ? data.text : '';
    slot.facts.textContent = `#${caption.toLocaleString()}`;
    for (const parts of slot.tiles) {
      parts.tile.dataset.place = place;
      if (parts.flies) continue;
      parts.picture.removeAttribute('src');
      parts.picture.hidden = true;
      parts.image = null;
      parts.flies = true;
      parts.tile.removeAttribute('id');
      parts.tile.className = 'rv-tile rv-skeleton';
      parts.badge.textContent = parts.others.textContent = parts.notes.textContent = parts.peer.textContent = '';
    }
  }

  fill(slot, place, caption, data) {
    slot.drawn = data;
    slot.row.setAttribute('aria-rowindex', place + 1);
    slot.row.classList.toggle('rv-active', place === this.at);
    slot.row.classList.toggle('rv-wait', !data);
    slot.caption.textContent = data ? data.text : '';
    slot.caption.title = data ? data.text : '';
    slot.facts.replaceChildren(element('span', 'rv-number', `#${caption.toLocaleString()}`));
    if (data?.diversity !== undefined && data.diversity !== null) slot.facts.append(element('span', '', `diversity ${data.diversity.toFixed(2)}`));
    for (const person of data?.assignedTo ?? []) slot.facts.append(element('span', 'rv-assigned', this.names.get(person) ?? '…'));
    const images = data?.images ?? [];
    const shown = data ? images.length : 4;
    for (let i = 0; i < shown; i++) this.fillTile(slot.tiles[i] ?? this.newTile(slot), i, place, data, images[i]);
    for (let i = shown; i < slot.tiles.length; i++) {
      slot.tiles[i].tile.hidden = true;
      slot.tiles[i].image = null;
    }
    slot.row.classList.toggle('rv-empty', !!data && images.length === 0);
  }

  fillTile(parts, index, place, data, image) {
    const { tile, picture } = parts;
    parts.flies = false;
    tile.hidden = false;
    tile.id = `rv-${place}-${index}`;
    tile.dataset.place = place;
    tile.dataset.index = index;
    const active = place === this.at && index === this.cell;
    tile.classList.toggle('rv-here', active);
    if (active) this.grid.setAttribute('aria-activedescendant', tile.id);
    if (!image) {
      picture.removeAttribute('src');
      picture.hidden = true;
      parts.image = null;
      tile.className = `rv-tile rv-skeleton${active ? ' rv-here' : ''}`;
      parts.badge.textContent = parts.others.textContent = parts.notes.textContent = parts.peer.textContent = '';
      return;
    }
    if (parts.image !== image.id) {
      picture.classList.remove('rv-broken');
      picture.src = `/api/v1/images/${image.id}/thumbnail?size=128`;
      picture.hidden = false;
      parts.image = image.id;
      tile.dataset.image = image.id;
    }
    const mine = image.marks.find(mark => mark.reviewerId === this.me);
    const others = image.marks.filter(mark => mark.reviewerId !== this.me);
    const selected = this.selected.has(image.id);
    tile.className = `rv-tile rv-is-${image.status}${active ? ' rv-here' : ''}${selected ? ' rv-selected' : ''}${image.disputed ? ' rv-disputed' : ''}`;
    tile.setAttribute('aria-selected', selected);
    parts.badge.textContent = mine?.verdict ? VERDICTS[mine.verdict][0] : '';
    parts.badge.className = `rv-badge${mine?.verdict ? ` rv-v-${mine.verdict}` : ''}`;
    parts.others.replaceChildren(...others.filter(mark => mark.verdict).map(mark => {
      const name = this.names.get(mark.reviewerId) ?? '?';
      const dot = element('span', `rv-dot rv-v-${mark.verdict}`, name.slice(0, 1).toUpperCase());
      dot.title = `${name}: ${VERDICTS[mark.verdict][1]}`;
      return dot;
    }));
    if (image.hidden > 0) parts.others.append(element('span', 'rv-dot rv-hidden', '•'));
    const notes = [];
    if (mine?.rating) notes.push(`★${mine.rating}`);
    const tags = [...new Set(image.marks.flatMap(mark => mark.tags))];
    if (tags.length > 0) notes.push(`#${tags.length}`);
    if (image.marks.some(mark => mark.comment)) notes.push('…');
    if (image.resolved) notes.push('⚖');
    if (image.replacesId) notes.push('⟲');
    if (image.regenerating) notes.push('⟳');
    parts.notes.textContent = notes.join(' ');
    const visitors = this.peers.filter(peer => peer.image === image.id);
    parts.peer.textContent = visitors.map(peer => peer.name).join(', ');
    tile.classList.toggle('rv-visited', visitors.length > 0);
    const words = [
      `Image ${index + 1} of ${data.images.length}`, image.status, mine?.verdict ? `${VERDICTS[mine.verdict][1]} by you` : 'not judged by you', mine?.rating ? `rated ${mine.rating}` : '',
      ...others.filter(mark => mark.verdict).map(mark => `${VERDICTS[mark.verdict][1]} by ${this.names.get(mark.reviewerId) ?? 'somebody'}`),
      image.disputed ? 'in dispute' : '', image.hidden > 0 ? 'another verdict is hidden until you have judged' : '', image.regenerating ? 'a replacement is being made' : '',
      image.replacesId ? 'replaces a rejected image' : '', tags.join(' '), ...image.marks.filter(mark => mark.comment).map(mark => mark.comment)];
    parts.words = words.filter(Boolean).join(', ');
    tile.setAttribute('aria-label', parts.words);
    tile.title = parts.words;
  }

  // ---- rows from the server ------------------------------------------------------------------------------------------------------------

  fetch(missing) {
    for (const caption of missing) this.wanted.add(caption);
    if (!this.loader && this.flying < 2) {
      // While the view flies past, rows that are out of sight again are not asked for.
      this.loader = setTimeout(() => { this.loader = 0; this.load(); }, this.rows.size === 0 ? 0 : 30);
    }
  }

  async load() {
    const first = Math.max(0, Math.floor(this.top / this.height) - 6);
    const around = [];
    for (let place = first; place < Math.min(this.count, first + WINDOW); place++) {
      const caption = this.captionAt(place);
      const row = this.rows.get(caption);
      if (!row || row.stale) around.push(caption);
    }
    this.wanted.clear();
    if (around.length === 0) return;
    const generation = this.generation;
    this.flying++;
    for (const caption of around) {
      const row = this.rows.get(caption);
      if (row) row.stale = false;
    }
    try {
      const rows = JSON.parse(await this.server.invokeMethodAsync('Rows', around));
      if (generation === this.generation) this.keep(rows);
    } catch {
      // The page tells of a lost connection; rows in sight are asked for again with the next movement.
      around.forEach(caption => { const row = this.rows.get(caption); if (row) row.stale = true; });
    } finally {
      this.flying--;
      if (generation === this.generation) this.draw(false);
    }
  }

  keep(rows) {
    for (const row of rows) {
      const before = this.rows.get(row.caption);
      for (const image of row.images) {
        if (this.pending.get(image.id) && before) {
          const old = before.images.find(other => other.id === image.id);
          const mine = old?.marks.find(mark => mark.reviewerId === this.me);
          image.marks = [...(mine ? [mine] : []), ...image.marks.filter(mark => mark.reviewerId !== this.me)];
        }
      }
      this.rows.delete(row.caption);
      this.rows.set(row.caption, row);
    }
    if (this.rows.size > CACHE) {
      for (const caption of [...this.rows.keys()].slice(0, this.rows.size - CACHE)) this.rows.delete(caption);
    }
    this.draw(false);
  }

  // ---- moving --------------------------------------------------------------------------------------------------------------------------

  rowAt(place) {
    return this.rows.get(this.captionAt(place));
  }

  current() {
    return this.rowAt(this.at)?.images[this.cell];
  }

  move(place, cell) {
    if (this.count === 0) return;
    this.at = place;
    this.cell = Math.max(0, Math.min(cell, (this.rowAt(place)?.images.length ?? 1) - 1));
    this.reveal();
    this.draw(true);
    const tile = document.getElementById(`rv-${this.at}-${this.cell}`);
    tile?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    this.look();
  }

  reveal() {
    const [top, bottom] = [this.at * this.height, (this.at + 1) * this.height];
    if (top < this.top) {
      this.scroller.scrollTop = top / this.ratio;
    } else if (bottom > this.top + this.viewport) {
      this.scroller.scrollTop = (bottom - this.viewport) / this.ratio;
    }
  }

  look() {
    if (this.looking) return;
    this.looking = setTimeout(() => {
      this.looking = 0;
      this.server.invokeMethodAsync('Look', this.captionAt(this.at), this.current()?.id ?? null).catch(() => { });
    }, 200);
  }

  step(rows, extend) {
    const from = [this.at, this.cell];
    const place = Math.max(0, Math.min(this.count - 1, this.at + rows));
    if (extend) this.extend(from, [place, this.cell]);
    else this.anchor = null;
    this.move(place, this.cell);
  }

  side(cells, extend) {
    const from = [this.at, this.cell];
    let [place, cell] = [this.at, this.cell + cells];
    const length = this.rowAt(place)?.images.length ?? 1;
    if (cell >= length) {
      if (place + 1 >= this.count) return;
      [place, cell] = [place + 1, 0];
    } else if (cell < 0) {
      if (place === 0) return;
      place--;
      cell = (this.rowAt(place)?.images.length ?? 1) - 1;
    }
    if (extend) this.extend(from, [place, cell]);
    else this.anchor = null;
    this.move(place, cell);
  }

  extend(from, to) {
    this.anchor ??= { at: from, before: new Map(this.selected) };
    this.selected = new Map(this.anchor.before);
    let [[a, i], [b, k]] = [this.anchor.at, to];
    if (a > b || (a === b && i > k)) [[a, i], [b, k]] = [[b, k], [a, i]];
    for (let place = a; place <= b; place++) {
      this.rowAt(place)?.images.forEach((image, index) => {
        if ((place > a || index >= i) && (place < b || index <= k)) this.selected.set(image.id, this.captionAt(place));
      });
    }
  }

  click(event) {
    const tile = event.target.closest('.rv-tile');
    const row = event.target.closest('.rv-row');
    this.focus();
    if (!tile) {
      const slot = this.pool.find(other => other.row === row);
      if (slot) this.move(slot.place, 0);
      return;
    }
    const to = [Number(tile.dataset.place), Number(tile.dataset.index)];
    if (event.shiftKey) {
      this.extend([this.at, this.cell], to);
    } else {
      this.anchor = null;
    }
    this.move(...to);
    if (event.ctrlKey || event.metaKey) this.toggle();
  }

  toggle() {
    const image = this.current();
    if (!image) return;
    if (!this.selected.delete(image.id)) this.selected.set(image.id, this.captionAt(this.at));
    this.anchor = null;
    this.say(`${this.selected.size} selected`);
    this.draw(true);
  }

  // ---- keys ----------------------------------------------------------------------------------------------------------------------------

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== this.grid) return;
    const wasG = this.lastG && performance.now() - this.lastG < 800;
    this.lastG = 0;
    const act = this.action(event, wasG);
    if (act) {
      event.preventDefault();
      event.stopPropagation();
      act();
    }
  }

  action(event, wasG) {
    const shift = event.shiftKey;
    const page = Math.max(1, Math.floor(this.viewport / this.height) - 1);
    switch (event.key) {
      case 'j': case 'J': case 'ArrowDown': return () => this.step(1, shift);
      case 'k': case 'K': case 'ArrowUp': return () => this.step(-1, shift);
      case 'l': case 'L': case 'ArrowRight': return () => this.side(1, shift);
      case 'h': case 'H': case 'ArrowLeft': return () => this.side(-1, shift);
      case 'PageDown': return () => this.step(page, shift);
      case 'PageUp': return () => this.step(-page, shift);
      case 'Home': return () => this.move(0, 0);
      case 'End': case 'G': return () => this.move(this.count - 1, 0);
      case 'g': return () => { if (wasG) this.move(0, 0); else this.lastG = performance.now(); };
      case 'Enter': case ' ': return () => this.open();
      case 'Escape': return () => { this.selected.clear(); this.anchor = null; this.draw(true); };
      case '?': return () => this.help();
      default:
    }
    if (!this.canMark) return null;
    switch (event.key) {
      case 'a': return () => this.verdict('approve');
      case 'r': return () => this.verdict('reject');
      case 'f': return () => this.verdict('flag');
      case 'A': return () => this.resolve('approve');
      case 'R': return () => this.resolve('reject');
      case '0': case '1': case '2': case '3': case '4': case '5': return () => this.mark({ rating: Number(event.key) });
      case 't': return () => this.askTag();
      case 'c': return () => this.askComment();
      case 'x': return () => this.toggle();
      case 'm': return () => this.remake();
      case 'u': return () => this.undo();
      default: return null;
    }
  }

  // ---- marks ---------------------------------------------------------------------------------------------------------------------------

  targets() {
    if (this.selected.size > 0) return [...this.selected];
    const image = this.current();
    return image ? [[image.id, this.captionAt(this.at)]] : [];
  }

  imageOf(id, caption) {
    return this.rows.get(caption)?.images.find(image => image.id === id);
  }

  mineOf(id, caption) {
    return this.imageOf(id, caption)?.marks.find(mark => mark.reviewerId === this.me);
  }

  verdict(verdict) {
    const targets = this.targets();
    const all = targets.length > 0 && targets.every(([id, caption]) => this.mineOf(id, caption)?.verdict === verdict);
    this.mark({ verdict: all ? 'none' : verdict });
    if (!all && this.selected.size === 0) this.side(1, false);
  }

  async mark(change) {
    const targets = this.targets();
    if (targets.length === 0) {
      this.say('This image is still being loaded: nothing was noted.');
      return;
    }
    for (const [id, caption] of targets) {
      const image = this.imageOf(id, caption);
      if (!image) continue;
      let mine = image.marks.find(mark => mark.reviewerId === this.me);
      if (!mine) {
        mine = { reviewerId: this.me, verdict: null, rating: null, tags: [], comment: '' };
        image.marks = [mine, ...image.marks];
      }
      if (change.verdict) mine.verdict = change.verdict === 'none' ? null : change.verdict;
      if (change.rating !== undefined) mine.rating = change.rating || null;
      if (change.addTags || change.removeTags) {
        mine.tags = [...new Set([...mine.tags, ...(change.addTags ?? [])])].filter(tag => !(change.removeTags ?? []).includes(tag));
      }
      if (change.comment !== undefined) mine.comment = change.comment;
      this.pending.set(id, (this.pending.get(id) ?? 0) + 1);
    }
    const count = targets.length === 1 ? 'One image' : `${targets.length} images`;
    this.say(`${count}: ${change.verdict === 'none' ? 'verdict taken back' : change.verdict ? VERDICTS[change.verdict][1] : change.rating !== undefined ? `rated ${change.rating || 'none'}` : 'noted'}`);
    this.draw(true);
    await this.ask('Mark', targets, JSON.stringify({ imageIds: targets.map(([id]) => id), ...change }));
  }

  async ask(method, targets, argument) {
    let rows = null;
    try {
      rows = JSON.parse(await this.server.invokeMethodAsync(method, argument));
    } catch {
      // The page has said what went wrong; what is shown is read anew.
    }
    for (const [id] of targets) {
      const left = (this.pending.get(id) ?? 1) - 1;
      if (left > 0) this.pending.set(id, left);
      else this.pending.delete(id);
    }
    if (rows) this.keep(rows);
    else this.changed([...new Set(targets.map(([, caption]) => caption))]);
  }

  async undo() {
    this.say('Undo');
    await this.ask('Undo', [], null);
  }

  resolve(verdict) {
    const targets = this.targets();
    if (targets.length > 0) this.ask('Resolve', targets, JSON.stringify({ imageIds: targets.map(([id]) => id), verdict }));
  }

  remake() {
    const targets = this.targets();
    if (targets.length > 0) this.ask('Regenerate', targets, JSON.stringify({ imageIds: targets.map(([id]) => id) }));
  }

  say(text) {
    this.live.textContent = text;
  }

  // ---- dialogs -------------------------------------------------------------------------------------------------------------------------

  dialog(title, content, done) {
    const box = element('dialog', 'rv-dialog');
    const form = element('form');
    form.method = 'dialog';
    form.append(element('h2', '', title), content);
    const actions = element('div', 'rv-dialog-actions');
    const close = element('button', 'rv-button', done ? 'Cancel' : 'Close');
    close.value = '';
    close.type = done ? 'button' : 'submit';
    close.addEventListener('click', () => box.close(''));
    actions.append(close);
    if (done) {
      const save = element('button', 'rv-button rv-primary', 'Save');
      save.value = 'save';
      actions.append(save);
    }
    form.append(actions);
    box.append(form);
    box.setAttribute('aria-label', title);
    box.addEventListener('close', () => {
      if (box.returnValue === 'save') done();
      box.remove();
      this.focus();
    });
    this.host.append(box);
    box.showModal();
    return box;
  }

  askTag() {
    const input = element('input', 'rv-input');
    input.maxLength = 50;
    input.setAttribute('aria-label', 'Tag');
    input.placeholder = 'blurry, or -blurry to take it away';
    const list = element('datalist');
    list.id = 'rv-tags';
    list.append(...this.tags.map(tag => { const option = element('option'); option.value = tag; return option; }));
    input.setAttribute('list', list.id);
    const content = element('div');
    content.append(input, list);
    this.dialog('Tag', content, () => {
      const tag = input.value.trim();
      if (tag.startsWith('-') && tag.length > 1) this.mark({ removeTags: [tag.slice(1).trim()] });
      else if (tag) this.mark({ addTags: [tag] });
    });
    input.focus();
  }

  askComment() {
    const input = element('textarea', 'rv-input');
    input.maxLength = 4000;
    input.rows = 4;
    input.setAttribute('aria-label', 'Comment');
    const [first] = this.targets();
    input.value = first ? this.mineOf(...first)?.comment ?? '' : '';
    input.addEventListener('keydown', event => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) input.closest('dialog').close('save');
    });
    this.dialog('Comment', input, () => this.mark({ comment: input.value.trim() }));
    input.focus();
  }

  open() {
    const image = this.current();
    if (!image) return;
    const content = element('figure', 'rv-figure');
    const picture = element('img');
    picture.src = `/api/v1/images/${image.id}`;
    picture.alt = this.rowAt(this.at).text;
    const text = element('figcaption', '', this.rowAt(this.at).text);
    text.dir = 'auto';
    content.append(picture, text);
    for (const mark of image.marks) {
      const parts = [mark.verdict ? VERDICTS[mark.verdict][1] : '', mark.rating ? `★${mark.rating}` : '', mark.tags.map(tag => `#${tag}`).join(' '), mark.comment].filter(Boolean);
      const line = element('p', 'rv-line', `${this.names.get(mark.reviewerId) ?? 'Somebody'}: ${parts.join(' · ')}`);
      line.dir = 'auto';
      content.append(line);
    }
    this.dialog(`Image ${this.cell + 1} of caption ${this.captionAt(this.at)}`, content, null);
  }

  help() {
    const list = element('dl', 'rv-keys');
    for (const [keys, words] of [
      ['j k', 'next, previous row'], ['h l', 'previous, next image'], ['g g  G', 'first, last row'], ['a r f', 'approve, reject, flag; again takes it back'],
      ['1 – 5  0', 'rate, take the rating back'], ['t', 'tag'], ['c', 'comment'], ['x', 'select'], ['Shift + move', 'select a range'], ['Esc', 'select nothing'],
      ['Enter', 'see the image large, with all marks'], ['A R', 'last word on a dispute'], ['m', 'have rejected images made again'], ['u', 'undo'], ['?', 'these keys']]) {
      const term = element('dt');
      term.append(...keys.split(' ').filter(Boolean).map(key => element('kbd', '', key)));
      list.append(term, element('dd', '', words));
    }
    this.dialog('Keys', list, null);
  }
}
