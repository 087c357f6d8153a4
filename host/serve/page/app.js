// The dashboard: reads what the topology declares, and shows it.
import { Data } from "./data.js";
import { element, parse } from "./format.js";
import { addPanel } from "./panels.js";

const kThemeKey = "weir-theme";
const kStates = { waiting: "connecting", live: "live", lost: "not connected" };

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
}

function startTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try {
      return localStorage.getItem(kThemeKey);
    } catch {
      return null;  // storage may be switched off
    }
  };
  const show = () => setTheme(chosen() ?? (dark.matches ? "dark" : "light"));
  dark.addEventListener("change", show);
  show();
  document.getElementById("theme").addEventListener("click", () => {
    const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem(kThemeKey, next);
    } catch {
      // it holds until the page is left
    }
    setTheme(next);
  });
}

function showStatus(state) {
  const status = document.getElementById("status");
  if (status.dataset.state === state) return;
  status.dataset.state = state;
  status.textContent = kStates[state];
}

// A topology can be changed while it runs, and its dashboard with it.
async function reloadIfChanged(shown) {
  try {
    const response = await fetch("/dashboard.json");
    if (response.ok && (await response.text()) !== shown) location.reload();
  } catch {
    // it does not answer now, and the page says so already
  }
}

async function start() {
  startTheme();
  const main = document.getElementById("panels");
  try {
    const response = await fetch("/dashboard.json");
    const text = await response.text();
    const dashboard = parse(text);
    if (!response.ok) throw new Error(dashboard.detail);
    document.title = dashboard.title;
    document.getElementById("title").textContent = dashboard.title;
    if (dashboard.topology !== dashboard.title) document.getElementById("topology").textContent = dashboard.topology;
    const data = new Data(dashboard.views, dashboard.refresh_ms, showStatus, () => reloadIfChanged(text));
    for (const panel of dashboard.panels) addPanel(main, panel, data);
    data.run();
  } catch (problem) {
    showStatus("lost");
    main.append(element("p", { className: "problem", role: "alert" }, `The dashboard cannot be shown: ${problem.message}`));
  }
}

start();
