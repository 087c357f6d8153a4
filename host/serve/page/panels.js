// What each kind of panel makes of the rows of its view.
import { drawCandles, drawLines, spark } from "./charts.js";
import { columnDigits, element, isTime, number, numberText, position, valueText } from "./format.js";
import { markdown } from "./markdown.js";

const kTrendPoints = 60;
const kWide = new Set(["cards", "markdown"]);

const byText = new Intl.Collator(undefined, { numeric: true }).compare;

function problemOf(answer) {
  return answer.error ? [element("p", { className: "problem", role: "alert" }, answer.error)] : [];
}

// `show(body, data)` fills a panel's body and keeps it filled.
function cards(spec, body, data) {
  const history = new Map();  // by label: numbers
  const known = new Map();    // by label: {card, parts}
  const grid = element("div", { className: "cards" });
  body.append(grid);
  const make = (label) => {
    const made = { value: element("p", { className: "value" }), change: element("p", { className: "change" }), trend: element("div") };
    made.card = element("article", { className: "card" }, element("h3", {}, label), made.value, made.change);
    if (spec.trend) made.card.append(made.trend);
    return made;
  };
  data.subscribe(spec.view, spec.with ?? {}, (answer) => {
    const rows = spec.label ? [...answer.rows].sort((a, b) => byText(valueText(a[spec.label]), valueText(b[spec.label]))) : answer.rows;
    const cardsNow = rows.map((row, index) => {
      const label = spec.label ? valueText(row[spec.label]) : rows.length > 1 ? String(index + 1) : spec.title ?? spec.view;
      if (!known.has(label)) known.set(label, make(label));
      showCard(spec, known.get(label), row, history, label);
      return known.get(label).card;
    });
    grid.replaceChildren(...problemOf(answer), ...cardsNow);
    if (rows.length === 0 && !answer.error) grid.append(element("p", { className: "empty" }, "no rows yet"));
  });
}

function showCard(spec, made, row, history, label) {
  const value = row[spec.value], n = number(value);
  const unit = spec.unit ? [element("span", { className: "unit" }, " " + spec.unit)] : [];
  made.value.replaceChildren(valueText(value), ...unit);
  const numbers = history.get(label) ?? [];
  const before = numbers.at(-1);
  if (n !== null && n !== before) numbers.push(n);
  if (numbers.length > kTrendPoints) numbers.shift();
  history.set(label, numbers);
  const change = spec.change ? number(row[spec.change]) : spec.trend && numbers.length > 1 ? numbers.at(-1) - numbers.at(-2) : null;
  const sign = change > 0 ? "up" : change < 0 ? "down" : "";
  made.change.className = `change ${sign}`;
  made.change.textContent = change === null ? "" : `${change > 0 ? "▲ +" : change < 0 ? "▼ " : ""}${numberText(change)}`;
  if (spec.trend) made.trend.replaceChildren(spark(numbers));
}

// A figure, or one for each value of a column; `draw(figure, title, rows)` for each.
function figures(spec, body, data, draw) {
  const note = element("div"), holder = element("div", { className: "charts" });
  body.append(note, holder);
  const open = new Map();  // by title: {figure, end, rows}
  const add = (title, args) => {
    const figure = element("figure", {}, element("figcaption"), element("div", { className: "plot" }));
    const one = { figure, rows: [] };
    holder.append(figure);
    open.set(title, one);
    new ResizeObserver(() => draw(figure, title, one.rows)).observe(figure);
    one.end = data.subscribe(spec.view, { ...spec.with, ...args }, (answer) => {
      one.rows = answer.rows;
      note.replaceChildren(...problemOf(answer));
      if (figure.isConnected) draw(figure, title, answer.rows);
    });
  };
  if (!spec.for_each) return add("", {});
  const dot = spec.for_each.indexOf("."), column = spec.for_each.slice(dot + 1);
  data.subscribe(spec.for_each.slice(0, dot), {}, (answer) => {
    const values = [...new Set(answer.rows.map((row) => row[column]).filter((value) => value !== null))].sort((a, b) => byText(String(a), String(b)));
    for (const value of values) if (!open.has(String(value))) add(String(value), { [column]: value });
    for (const [title, one] of open) {
      if (values.some((value) => String(value) === title)) continue;
      one.end();
      one.figure.remove();
      open.delete(title);
    }
    holder.append(...values.map((value) => open.get(String(value)).figure));
  });
}

function chartOptions(spec, rows) {
  return { unit: spec.unit, name: spec.title ?? spec.view, time: rows.length > 0 && isTime(rows[0][spec.x]) };
}

function line(spec, body, data) {
  const columns = [spec.y].flat();
  figures(spec, body, data, (figure, title, rows) => {
    const series = new Map();
    for (const row of rows) {
      const x = position(row[spec.x]);
      for (const column of columns) {
        const y = number(row[column]);
        const name = spec.by ? (columns.length > 1 ? `${row[spec.by]} ${column}` : String(row[spec.by])) : column;
        if (!series.has(name)) series.set(name, []);
        if (x !== null && !Number.isNaN(x) && y !== null) series.get(name).push({ x, y });
      }
    }
    const drawn = [...series].sort((a, b) => (spec.by ? byText(a[0], b[0]) : 0)).map(([name, points]) => ({ name, points: points.sort((a, b) => a.x - b.x) }));
    drawLines(figure, title, drawn, chartOptions(spec, rows));
  });
}

function candles(spec, body, data) {
  figures(spec, body, data, (figure, title, rows) => {
    const drawn = rows.map((row) => ({ x: position(row[spec.x]), open: number(row[spec.open]), high: number(row[spec.high]), low: number(row[spec.low]), close: number(row[spec.close]) }));
    const whole = drawn.filter((one) => Object.values(one).every((value) => value !== null && !Number.isNaN(value)));
    drawCandles(figure, title, whole.sort((a, b) => a.x - b.x), chartOptions(spec, rows));
  });
}

function bars(spec, body, data) {
  figures(spec, body, data, (figure, title, rows) => {
    const list = element("ul", { className: "bars" });
    const values = rows.map((row) => number(row[spec.value]) ?? 0);
    const most = Math.max(...values.map(Math.abs), 1e-300);
    rows.forEach((row, index) => {
      const bar = element("div", { className: values[index] < 0 ? "bar negative" : "bar" });
      bar.style.width = `${(Math.abs(values[index]) / most) * 100}%`;
      const text = `${numberText(values[index])}${spec.unit ? " " + spec.unit : ""}`;
      list.append(element("li", {}, element("span", {}, valueText(row[spec.label])), element("div", { className: "track" }, bar), element("span", { className: "number" }, text)));
    });
    figure.querySelector("figcaption").replaceChildren(...(title ? [element("b", {}, title)] : []));
    const holder = figure.querySelector(".plot");
    holder.style.height = "auto";
    holder.replaceChildren(rows.length > 0 ? list : element("p", { className: "empty" }, "no rows yet"));
  });
}

function table(spec, body, data) {
  const note = element("div"), head = element("tr"), rowsBody = element("tbody");
  body.append(note, element("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": spec.title ?? spec.view },
                            element("table", {}, element("thead", {}, head), rowsBody)));
  const view = data.views[spec.view];
  data.subscribe(spec.view, spec.with ?? {}, (answer) => {
    const newestFirst = view.live && view.key.length === 0;
    const rows = newestFirst ? answer.rows.slice(-spec.rows).reverse() : answer.rows.slice(0, spec.rows);
    const columns = spec.columns ?? view.columns?.map((column) => column.name) ?? Object.keys(rows[0] ?? {});
    const isNumber = columns.map((column) => rows.some((row) => typeof row[column] === "number"));
    const digits = columns.map((column, i) => (isNumber[i] ? columnDigits(rows.map((row) => row[column])) : undefined));
    head.replaceChildren(...columns.map((column, i) => element("th", { scope: "col", className: isNumber[i] ? "number" : "" }, column)));
    rowsBody.replaceChildren(...rows.map((row) => element("tr", {}, ...columns.map((column, i) => element("td", { className: isNumber[i] ? "number" : "" }, valueText(row[column], digits[i]))))));
    note.replaceChildren(...problemOf(answer));
    if (rows.length === 0 && !answer.error) note.append(element("p", { className: "empty" }, "no rows yet"));
  });
}

const kKinds = { cards, line, candles, bars, table, markdown: (spec, body) => body.append(...markdown(spec.text)) };

export function addPanel(main, spec, data) {
  const isText = spec.kind === "markdown";
  const section = element("section", { className: kWide.has(spec.kind) || spec.for_each ? "wide" : "" });
  section.dataset.kind = spec.kind;
  if (spec.view) section.dataset.view = spec.view;
  if (spec.kind === "cards") section.classList.add("bare");
  if (isText) section.classList.add("text");
  else section.append(element("h2", {}, spec.title ?? spec.view));
  const body = element("div");
  section.append(body);
  main.append(section);
  kKinds[spec.kind](spec, body, data);
}
