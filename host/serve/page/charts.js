// Charts as inline SVG: lines, candles, and the small line of a card.
import { element, numberText, svg, tickText, timeText, timeTickText } from "./format.js";

const kLeft = 52, kRight = 10, kTop = 8, kBottom = 22;
const kLabel = 38;  // half of a time below a chart
const kColors = 8;
const kTimeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800].map((s) => s * 1000);

export const color = (index) => `var(--c${index % kColors})`;

// Round distances (1, 2, 5 times a power of ten), about `wanted` of them.
function niceTicks(least, most, wanted) {
  const rough = (most - least) / wanted || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough);
  const ticks = [];
  for (let at = Math.ceil(least / step) * step; at <= most + step * 1e-9; at += step) ticks.push(at);
  return { ticks, step };
}

function timeTicks(least, most, wanted) {
  const rough = (most - least) / wanted;
  const step = kTimeSteps.find((s) => s >= rough) ?? Math.ceil(rough / 604800000) * 604800000;
  const ticks = [];
  for (let at = Math.ceil(least / step) * step; at <= most; at += step) ticks.push(at);
  return { ticks, step };
}

function range(values) {
  let least = Infinity, most = -Infinity;
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return [least, most];
}

// A frame with axes, for points {x, y...}; `draw(frame)` puts marks into it.
function plot(holder, xs, ys, options, draw) {
  const width = Math.max(160, holder.clientWidth), height = Math.max(120, holder.clientHeight);
  let [left, right] = range(xs), [low, high] = range(ys);
  if (left === right) { left -= 1; right += 1; }
  const margin = (high - low) * 0.06 || Math.abs(high) * 0.01 || 1;
  low -= margin;
  high += margin;
  const scaleX = (x) => kLeft + ((x - left) / (right - left)) * (width - kLeft - kRight);
  const scaleY = (y) => height - kBottom - ((y - low) / (high - low)) * (height - kTop - kBottom);
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": options.label });
  const rows = niceTicks(low, high, 5);
  for (const tick of rows.ticks) {
    root.append(svg("line", { class: "grid", x1: kLeft, x2: width - kRight, y1: scaleY(tick), y2: scaleY(tick) }),
                svg("text", { x: kLeft - 6, y: scaleY(tick) + 4, "text-anchor": "end" }, tickText(tick, rows.step)));
  }
  const count = Math.max(2, Math.floor(width / 110));
  const columns = options.time ? timeTicks(left, right, count) : niceTicks(left, right, count);
  for (const tick of columns.ticks) {
    const text = options.time ? timeTickText(tick, columns.step) : tickText(tick, columns.step);
    const x = Math.min(Math.max(scaleX(tick), kLabel), width - kLabel);
    root.append(svg("text", { x, y: height - 6, "text-anchor": "middle" }, text));
  }
  const frame = { root, scaleX, scaleY, width, height, left, right };
  draw(frame);
  holder.replaceChildren(root);
  return frame;
}

// The point whose x is nearest; points are sorted.
function nearest(points, x) {
  let low = 0, high = points.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle].x < x) low = middle + 1;
    else high = middle;
  }
  return low > 0 && x - points[low - 1].x < points[low].x - x ? points[low - 1] : points[low];
}

// Tells the values at the pointer in the caption.
function follow(frame, series, tell, untell) {
  const cross = svg("line", { class: "cross", y1: kTop, y2: frame.height - kBottom, visibility: "hidden" });
  frame.root.append(cross);
  frame.root.addEventListener("pointermove", (event) => {
    const box = frame.root.getBoundingClientRect();
    const at = (event.clientX - box.left) * (frame.width / box.width);
    const x = frame.left + ((at - kLeft) / (frame.width - kLeft - kRight)) * (frame.right - frame.left);
    const points = series.filter((one) => one.points.length > 0).map((one) => nearest(one.points, x));
    if (points.length === 0) return;
    const found = points.reduce((best, point) => (Math.abs(point.x - x) < Math.abs(best.x - x) ? point : best));
    cross.setAttribute("x1", frame.scaleX(found.x));
    cross.setAttribute("x2", frame.scaleX(found.x));
    cross.setAttribute("visibility", "visible");
    tell(found.x);
  });
  frame.root.addEventListener("pointerleave", () => {
    cross.setAttribute("visibility", "hidden");
    untell();
  });
}

function caption(holder, title, series, options, x) {
  const parts = [];
  if (title) parts.push(element("b", {}, title));
  const plain = series.length === 1;
  series.forEach((one, index) => {
    const point = one.points.length === 0 ? null : x === undefined ? one.points.at(-1) : nearest(one.points, x);
    const text = `${plain ? "" : one.name + " "}${point ? numberText(point.y) : ""}${options.unit ? " " + options.unit : ""}`;
    const part = element("span", plain ? {} : { className: "series" }, text);
    if (!plain) part.style.color = color(index);
    parts.push(part);
  });
  if (x !== undefined) parts.push(element("span", {}, options.time ? timeText(x) : String(x)));
  holder.replaceChildren(...parts);
}

// series: [{name, points: [{x, y}]}], points sorted by x. `figure` has a figcaption and a .plot.
export function drawLines(figure, title, series, options) {
  const holder = figure.querySelector(".plot"), text = figure.querySelector("figcaption");
  const points = series.flatMap((one) => one.points);
  caption(text, title, series, options);
  if (points.length === 0) return holder.replaceChildren(element("p", { className: "empty" }, "no rows yet"));
  const [low, high] = range(points.map((p) => p.y));
  const label = `${title || options.name}: ${points.length} points from ${numberText(low)} to ${numberText(high)}`;
  const frame = plot(holder, points.map((p) => p.x), points.map((p) => p.y), { ...options, label }, (made) => {
    series.forEach((one, index) => {
      const path = one.points.map((p, i) => `${i ? "L" : "M"}${made.scaleX(p.x).toFixed(1)} ${made.scaleY(p.y).toFixed(1)}`).join("");
      if (one.points.length === 0) return;
      const last = one.points.at(-1);
      made.root.append(svg("path", { class: "line", d: path, stroke: color(index) }),
                       svg("circle", { cx: made.scaleX(last.x), cy: made.scaleY(last.y), r: 3, fill: color(index) }));
    });
  });
  follow(frame, series, (x) => caption(text, title, series, options, x), () => caption(text, title, series, options));
}

// candles: [{x, open, high, low, close}], sorted by x.
export function drawCandles(figure, title, candles, options) {
  const holder = figure.querySelector(".plot"), text = figure.querySelector("figcaption");
  const closes = [{ name: "close", points: candles.map((c) => ({ x: c.x, y: c.close })) }];
  caption(text, title, closes, options);
  if (candles.length === 0) return holder.replaceChildren(element("p", { className: "empty" }, "no rows yet"));
  const label = `${title || options.name}: ${candles.length} candles, the last one closed at ${numberText(candles.at(-1).close)}`;
  const frame = plot(holder, candles.map((c) => c.x), candles.flatMap((c) => [c.low, c.high]), { ...options, label }, (made) => {
    const body = Math.max(2, Math.min(14, ((made.width - kLeft - kRight) / candles.length) * 0.7));
    for (const candle of candles) {
      const x = made.scaleX(candle.x), tint = candle.close >= candle.open ? "var(--up)" : "var(--down)";
      const top = made.scaleY(Math.max(candle.open, candle.close)), bottom = made.scaleY(Math.min(candle.open, candle.close));
      made.root.append(svg("line", { x1: x, x2: x, y1: made.scaleY(candle.high), y2: made.scaleY(candle.low), stroke: tint }),
                       svg("rect", { x: x - body / 2, y: top, width: body, height: Math.max(1, bottom - top), fill: tint }));
    }
  });
  follow(frame, closes, (x) => caption(text, title, closes, options, x), () => caption(text, title, closes, options));
}

// The numbers of a card, without axes.
export function spark(values) {
  const root = svg("svg", { viewBox: "0 0 100 24", preserveAspectRatio: "none", "aria-hidden": "true" });
  if (values.length < 2) return root;
  const [low, high] = range(values);
  const path = values.map((value, i) => {
    const x = (i / (values.length - 1)) * 100, y = high === low ? 12 : 22 - ((value - low) / (high - low)) * 20;
    return `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  root.append(svg("path", { class: "line", d: path.join(""), stroke: "var(--c0)", "vector-effect": "non-scaling-stroke" }));
  return root;
}
