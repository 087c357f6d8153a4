// A small part of Markdown, as elements: paragraphs, headings, lists, **bold**, *italic*, `code` and [links](https://...).
import { element } from "./format.js";

const kInline = /\*\*(.+?)\*\*|\*(.+?)\*|`(.+?)`|\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)/;

function inline(text) {
  const out = [];
  for (let match = kInline.exec(text); match; match = kInline.exec(text)) {
    out.push(text.slice(0, match.index));
    if (match[1]) out.push(element("strong", {}, ...inline(match[1])));
    else if (match[2]) out.push(element("em", {}, ...inline(match[2])));
    else if (match[3]) out.push(element("code", {}, match[3]));
    else out.push(element("a", { href: match[5], rel: "noopener noreferrer" }, match[4]));
    text = text.slice(match.index + match[0].length);
  }
  return [...out, text];
}

function block(lines) {
  const heading = /^(#{1,4})\s+(.*)/.exec(lines[0]);
  if (heading && lines.length === 1) return element(`h${Math.min(6, heading[1].length + 1)}`, {}, ...inline(heading[2]));
  for (const [name, marker] of [["ul", /^[-*]\s+/], ["ol", /^\d+[.)]\s+/]]) {
    if (lines.every((line) => marker.test(line)))
      return element(name, {}, ...lines.map((line) => element("li", {}, ...inline(line.replace(marker, "")))));
  }
  return element("p", {}, ...inline(lines.join(" ")));
}

export function markdown(text) {
  return text.split(/\n\s*\n/).map((part) => part.split("\n").map((line) => line.trim()).filter(Boolean)).filter((lines) => lines.length > 0).map(block);
}
