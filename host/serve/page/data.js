// The rows of views: those of nodes come as events over one connection, queries are asked again and again.
import { parse } from "./format.js";

export class Data {
  // `onChange` is called where the views may be others than they were.
  constructor(views, refresh, onStatus, onChange) {
    this.views = views;  // by name: {live, key, rows}
    this.refresh = refresh;
    this.onStatus = onStatus;
    this.onChange = onChange;
    this.live = new Map();     // by name: Map of key to row, or an array
    this.readers = new Map();  // by name of a live view: functions
    this.queries = new Map();  // by URL: {rows, error, readers}
    document.addEventListener("visibilitychange", () => this.run());
  }

  // `read({rows, error})` is called whenever there is something new, and once with what is there. Returns what ends it.
  subscribe(view, args, read) {
    return this.views[view].live ? this.subscribeLive(view, args, read) : this.subscribeQuery(view, args, read);
  }

  subscribeLive(view, args, read) {
    const wanted = Object.entries(args);
    const tell = () => read({ rows: this.rowsOf(view).filter((row) => wanted.every(([name, value]) => String(row[name]) === String(value))) });
    if (!this.readers.has(view)) this.readers.set(view, new Set());
    this.readers.get(view).add(tell);
    tell();
    return () => this.readers.get(view).delete(tell);
  }

  subscribeQuery(view, args, read) {
    const url = `/api/${encodeURIComponent(view)}?${new URLSearchParams(args)}`;
    if (!this.queries.has(url)) this.queries.set(url, { readers: new Set(), answer: null });
    const query = this.queries.get(url);
    query.readers.add(read);
    if (query.answer) read(query.answer);
    else if (this.timer) this.ask(url, query);
    return () => {
      query.readers.delete(read);
      if (query.readers.size === 0) this.queries.delete(url);
    };
  }

  rowsOf(view) {
    const rows = this.live.get(view);
    if (!rows) return [];
    return rows instanceof Map ? [...rows.values()] : rows;
  }

  // While the page is seen.
  run() {
    if (document.hidden) {
      this.events?.close();
      clearInterval(this.timer);
      this.events = this.timer = null;
      return;
    }
    const names = [...this.readers.keys()];
    if (names.length > 0 && !this.events) this.listen(names);
    if (!this.timer) this.timer = setInterval(() => this.askAll(), this.refresh);
    this.askAll();
  }

  listen(names) {
    this.events = new EventSource(`/events?${new URLSearchParams(names.map((name) => ["view", name]))}`);
    this.events.addEventListener("open", () => {
      for (const name of names) this.live.set(name, this.views[name].key.length > 0 ? new Map() : []);
      this.onStatus("live");
      if (this.wasLost) this.onChange();
      this.wasLost = false;
    });
    this.events.addEventListener("error", () => {
      this.wasLost = true;
      this.onStatus("lost");
      if (this.events.readyState === EventSource.CLOSED) this.onChange();
    });
    this.events.addEventListener("rows", (event) => this.take(parse(event.data)));
  }

  take({ view, rows }) {
    const { key, rows: most } = this.views[view];
    const known = this.live.get(view);
    for (const row of rows) {
      if (known instanceof Map) known.set(JSON.stringify(key.map((column) => row[column])), row);
      else known.push(row);
    }
    if (!(known instanceof Map) && known.length > most) known.splice(0, known.length - most);
    for (const tell of this.readers.get(view)) tell();
  }

  askAll() {
    for (const [url, query] of this.queries) this.ask(url, query);
  }

  async ask(url, query) {
    if (query.asking) return;
    query.asking = true;
    try {
      const response = await fetch(url);
      const body = parse(await response.text());
      query.answer = response.ok ? { rows: body } : { rows: query.answer?.rows ?? [], error: body.detail };
      if (response.status === 404) this.onChange();
      if (!this.events) this.onStatus(response.ok ? "live" : "lost");
    } catch {
      query.answer = { rows: query.answer?.rows ?? [], error: "weir does not answer" };
      this.onStatus("lost");
    }
    query.asking = false;
    for (const read of query.readers) read(query.answer);
  }
}
