// Values as texts, JSON as values, and elements of the page. Nothing that comes from a view becomes markup.

const kDigits = { maximumFractionDigits: 4 };
const kSmallDigits = { maximumSignificantDigits: 4 };
const large = new Intl.NumberFormat(undefined, kDigits);
const small = new Intl.NumberFormat(undefined, kSmallDigits);
const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const kDay = 86400000;
const kIsoTime = /^-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

// Whole numbers that a double cannot hold stay the text that they are.
export function parse(text) {
  return JSON.parse(text, (key, value, context) =>
    typeof value === "number" && context?.source && !Number.isSafeInteger(value) && /^-?\d+$/.test(context.source) ? context.source : value);
}

export function number(value) {
  const n = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof n === "number" && Number.isFinite(n) ? n : null;
}

export function numberText(value) {
  if (value !== 0 && Math.abs(value) < 0.01) return small.format(value);
  return large.format(value);
}

// As many digits behind the point as the value of a column that has most, so that points stand below each other.
export function columnDigits(values) {
  const digits = values.filter((value) => typeof value === "number").map((value) => (String(value).split(".")[1] ?? "").length);
  return Math.min(4, Math.max(0, ...digits));
}

// Of an axis; `step` is the distance of two ticks.
export function tickText(value, step) {
  if (Math.abs(value) >= 1e5) return compact.format(value);
  const digits = Math.min(8, Math.max(0, -Math.floor(Math.log10(step || 1))));
  return value.toLocaleString(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function isTime(value) {
  return typeof value === "string" && kIsoTime.test(value);
}

// What a chart's x is: milliseconds of a time, or a number.
export function position(value) {
  if (typeof value === "string" && /^\d{4,}-\d\d-\d\d/.test(value)) return Date.parse(value);
  return number(value);
}

// Of an axis; `step` is the distance of two ticks, in milliseconds.
export function timeTickText(milliseconds, step) {
  const time = new Date(milliseconds);
  if (step >= kDay) return time.toLocaleDateString(undefined, { month: "short", day: "numeric" });
  return time.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", ...(step < 60000 ? { second: "2-digit" } : {}) });
}

export function timeText(milliseconds) {
  const time = new Date(milliseconds);
  const day = time.toDateString() === new Date().toDateString() ? {} : { month: "short", day: "numeric" };
  return time.toLocaleString(undefined, { ...day, hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

export function valueText(value, digits) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number" && digits !== undefined && (value === 0 || Math.abs(value) >= 10 ** -digits))
    return value.toLocaleString(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  if (typeof value === "number") return numberText(value);
  if (isTime(value)) return timeText(Date.parse(value));
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

export function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
