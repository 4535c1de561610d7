"use strict";
(() => {
  const root = document.documentElement;
  root.classList.remove("plain");
  const clauses = [...document.querySelectorAll("details.clause")];
  const form = document.querySelector("form.filter");
  if (!form) return;
  const text = document.getElementById("text");
  const group = document.getElementById("group");
  const found = document.getElementById("found");
  const nothing = document.querySelector(".nothing");
  const boxes = [...form.querySelectorAll("input[name=status]")];
  const words = new Map();
  // A clause that differs in other API versions is there more than once, and is one clause.
  const different = (some) => new Set(some.map((clause) => clause.dataset.clause)).size;
  const whole = different(clauses);

  // What a clause says, once: the words of three hundred clauses are not read anew for every key.
  const said = (clause) => {
    if (!words.has(clause)) words.set(clause, clause.textContent.toLowerCase().replace(/\s+/g, " "));
    return words.get(clause);
  };

  const shows = (clause, query) => {
    if (!query) return true;
    if (/^[a-z]{2}-\d{0,2}$/.test(query)) return clause.id.toLowerCase().startsWith(query);
    return query.split(" ").every((word) => said(clause).includes(word));
  };

  const filter = () => {
    const query = text.value.trim().toLowerCase().replace(/\s+/g, " ");
    const statuses = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    for (const clause of clauses) {
      const shown =
        statuses.has(clause.dataset.status) &&
        (!group.value || clause.dataset.group === group.value) &&
        shows(clause, query);
      clause.hidden = !shown;
    }
    const count = different(clauses.filter((clause) => !clause.hidden));
    for (const part of document.querySelectorAll("[data-part]")) {
      part.hidden = !part.querySelector("details.clause:not([hidden])");
    }
    nothing.hidden = count > 0;
    found.textContent = count === whole ? `${count} clauses` : `${count} of ${whole} clauses`;
  };

  const all = () => {
    form.reset();
    filter();
  };

  form.addEventListener("input", filter);
  form.addEventListener("change", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  document.getElementById("again").addEventListener("click", () => {
    all();
    text.focus();
  });
  document.getElementById("open").addEventListener("click", () => {
    for (const clause of clauses) if (!clause.hidden) clause.open = true;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea")) return;
    event.preventDefault();
    text.focus();
  });

  // A link to a clause shows it, whatever is filtered out and closed.
  const visit = () => {
    const clause = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!clause || !clause.matches("details.clause")) return;
    if (clause.hidden) all();
    clause.open = true;
    clause.scrollIntoView();
    clause.querySelector("summary").focus({ preventScroll: true });
  };
  window.addEventListener("hashchange", visit);
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link && link.hash === location.hash) visit();
  });

  // --- evidence ---

  const unpacked = new Map();

  const unpack = (anchor) => {
    if (!unpacked.has(anchor)) {
      const packed = document.querySelector(`script[data-evidence="${CSS.escape(anchor)}"]`);
      if (!packed) return null;
      if (!("DecompressionStream" in window)) {
        return Promise.reject(new Error("This browser cannot unpack the evidence; a newer one can."));
      }
      const bytes = Uint8Array.from(atob(packed.textContent), (one) => one.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      unpacked.set(anchor, new Response(stream).json());
    }
    return unpacked.get(anchor);
  };

  const make = (tag, kind, content) => {
    const made = document.createElement(tag);
    if (kind) made.className = kind;
    if (content !== undefined) made.textContent = content;
    return made;
  };

  const signs = { acknowledged: "✔", refused: "✘", silent: "∅" };

  const line = (moment) => {
    const item = make("li");
    const who = moment.who ? `${moment.who} ` : "";
    if (moment.order !== undefined) {
      item.className = "read";
      item.append(make("span", "time", moment.at), " ", make("span", "order", `◆ ${who}order reads ${moment.order}`));
      return item;
    }
    const details = make("details");
    const summary = make("summary");
    summary.append(make("span", "time", moment.at), " ", make("span", "event", who + moment.what), " ");
    if (moment.how) summary.append(make("span", moment.how.includes("forged: ") ? "forgery" : "minor", moment.how), " ");
    summary.append(make("span", moment.kind, `${signs[moment.kind]} ${moment.answer}`));
    details.append(summary);
    details.addEventListener("toggle", () => {
      if (details.childElementCount > 1) return;
      if (moment.sent === undefined) {
        details.append(make("p", "hint", "The bytes of this delivery were not kept."));
        return;
      }
      for (const [title, bytes] of [["Request", moment.sent], ["Answer", moment.received]]) {
        const shown = make("pre", "", bytes);
        shown.tabIndex = 0;
        shown.setAttribute("role", "region");
        shown.setAttribute("aria-label", title);
        details.append(make("p", "label", title), shown);
      }
    });
    item.append(details);
    return item;
  };

  const fill = async (place) => {
    if (place.dataset.filled || place.closest("details:not([open])")) return;
    place.dataset.filled = "yes";
    try {
      const scenarios = await unpack(place.dataset.of);
      if (!scenarios) return;
      const list = make("ol", "moments");
      list.append(...scenarios[Number(place.dataset.scenario)].map(line));
      place.append(list);
    } catch (problem) {
      place.append(make("p", "hint", `The evidence cannot be shown. ${problem.message}`));
    }
  };

  document.addEventListener(
    "toggle",
    (event) => {
      if (!event.target.open) return;
      for (const place of event.target.querySelectorAll(".wire")) {
        // Those in what is still closed inside are left until it is opened.
        if (!place.parentElement.closest("details:not([open])")) fill(place);
      }
    },
    true,
  );

  // --- commands to be copied ---

  // Where the page came over plain HTTP a browser has no clipboard for it; then what is selected is copied.
  const copy = async (shown) => {
    try {
      await navigator.clipboard.writeText(shown.textContent);
      return true;
    } catch {
      getSelection().selectAllChildren(shown);
      return document.execCommand("copy");
    }
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button.copy");
    if (!button) return;
    const copied = await copy(button.previousElementSibling);
    button.textContent = copied ? "Copied" : "Selected: copy it by hand";
    setTimeout(() => {
      button.textContent = "Copy";
    }, 3000);
  });

  filter();
  // A browser goes to what the link names when all is loaded, and takes the focus with it: ours comes after that.
  if (document.readyState === "complete") visit();
  else window.addEventListener("load", () => setTimeout(visit));
})();
