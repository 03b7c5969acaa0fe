// The console's own script. Every page works without it, except the copy buttons,
// which stay hidden until it runs. No inline handlers: the content policy forbids them.
(() => {
  "use strict";

  const root = document.documentElement;
  root.classList.add("js");

  const announce = (text) => {
    const region = document.getElementById("announce");
    if (region) region.textContent = text;
  };

  // A picture that is gone leaves the place that a thing without a picture has. Errors of
  // pictures do not bubble, and some come before this script runs.
  const gone = (img) => {
    const place = img.closest(".thumb");
    if (!place) return;
    img.remove();
    place.classList.add("is-gone");
  };
  document.addEventListener("error", (event) => event.target instanceof HTMLImageElement && gone(event.target), true);
  for (const img of document.querySelectorAll(".thumb img")) {
    if (img.complete && img.naturalWidth === 0 && img.getAttribute("src")) gone(img);
  }

  // A copy button names its source by id, so what is copied is what is shown.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copy);
    if (!source) return;
    try {
      await navigator.clipboard.writeText((source.value ?? source.textContent).trim());
    } catch {
      const range = document.createRange();
      range.selectNodeContents(source);
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      announce(button.dataset.failed);
      return;
    }
    const label = button.querySelector("[data-copy-label]");
    const before = label.textContent;
    label.textContent = button.dataset.done;
    button.classList.add("is-copied");
    announce(button.dataset.done);
    setTimeout(() => {
      label.textContent = before;
      button.classList.remove("is-copied");
    }, 2000);
  });

  // "/" focuses the search of the page, as in most back offices.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const search = document.querySelector("[data-search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  });

  // Enter presses what stands beside a search, and elsewhere in a form what it is for. A browser
  // would press the first button there is, which may only make room for one more row. Enter that
  // ends the writing of a Chinese word is none.
  document.addEventListener("keydown", (event) => {
    const input = event.target;
    if (event.key !== "Enter" || event.isComposing || event.defaultPrevented || !(input instanceof HTMLInputElement)) return;
    if (["button", "submit", "reset", "file", "image"].includes(input.type) || !input.form?.querySelector("button[formnovalidate]")) return;
    const button = input.closest(".input-group")?.querySelector("button[type=submit]") ?? input.form.querySelector("button[type=submit].btn-primary");
    if (!button || button.form !== input.form) return;
    event.preventDefault();
    input.form.requestSubmit(button);
  });

  // A submit button that was pressed once must not send the form twice.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.dataset.sent) {
      if (form.dataset.sent) event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    for (const button of form.querySelectorAll("button[type=submit]")) button.setAttribute("aria-disabled", "true");
  });
  // Coming back with the browser's back button must find the form usable again.
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("button[type=submit]")) button.removeAttribute("aria-disabled");
    }
  });

  // A row of tabs that is wider than a phone shows the one that is open.
  for (const tabs of document.querySelectorAll(".console-tabs")) {
    const here = tabs.querySelector("[aria-current]");
    if (here) tabs.scrollLeft += here.getBoundingClientRect().right - tabs.getBoundingClientRect().right + 16;
  }

  // A form that was refused opens where the first thing is wrong: on a long one the head of the
  // page shows nothing of it. What a page focuses by itself is left alone.
  const wrong = Array.from(document.querySelectorAll("main .is-invalid, main [aria-invalid=true], main .console-field-problem, main .invalid-feedback"));
  for (const at of wrong) for (let box = at.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  const first = wrong.find((at) => at.getClientRects().length > 0);
  if (first && !document.querySelector("[autofocus]")) {
    first.scrollIntoView({ block: "center", behavior: "instant" });
    if (first.matches("input, select, textarea")) first.focus({ preventScroll: true });
    if (first.matches("input")) first.select(); // as the tab key does: what is typed takes its place
  }

  // A form with work in it asks before it is left. What the server sent back unsaved is
  // work, too.
  const guarded = document.querySelector("form[data-guard]");
  if (guarded) {
    let dirty = guarded.hasAttribute("data-dirty");
    guarded.addEventListener("input", () => { dirty = true; });
    document.addEventListener("submit", (event) => { if (event.target === guarded && !event.defaultPrevented) dirty = false; });
    addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  }

  // Pictures are sent as soon as they are chosen; what the server would cut off is said here.
  for (const input of document.querySelectorAll("input[data-upload]")) {
    input.addEventListener("change", () => {
      const sizes = Array.from(input.files, (file) => file.size);
      const total = sizes.reduce((sum, size) => sum + size, 0);
      const tooLarge = sizes.some((size) => size > Number(input.dataset.each)) || total > Number(input.dataset.all);
      const known = document.getElementById("problem-pictures");
      known?.remove();
      input.classList.toggle("is-invalid", tooLarge);
      input.setAttribute("aria-invalid", String(tooLarge));
      if (!tooLarge) {
        if (sizes.length) input.form.requestSubmit(document.getElementById(input.dataset.upload));
        return;
      }
      input.value = "";
      const problem = document.createElement("p");
      problem.className = "console-field-problem";
      problem.id = "problem-pictures";
      problem.textContent = input.dataset.tooLarge;
      input.closest(".console-upload").after(problem);
      announce(problem.textContent);
    });
  }

  // A description with headings, lists and pictures. The plain field stays what is sent; it is
  // written only when something was typed, so that what nobody touched stays as it was stored.
  for (const box of document.querySelectorAll("[data-rich]")) {
    const area = document.getElementById(box.dataset.rich);
    const text = box.querySelector("[contenteditable]");
    const paragraph = (block) => {
      const p = document.createElement("p");
      block.split("\n").forEach((line, i) => p.append(...(i ? [document.createElement("br"), line] : [line])));
      return p;
    };
    if (/<[a-z/!?]/i.test(area.value)) {
      text.append(...new DOMParser().parseFromString(area.value, "text/html").body.childNodes);
    } else {
      text.append(...area.value.trim().split(/\n\s*\n/).filter(Boolean).map(paragraph));
    }
    if (!text.hasChildNodes()) text.append(paragraph("\n")); // with a break, or it has no line to write on
    document.execCommand("defaultParagraphSeparator", false, "p");
    document.execCommand("styleWithCSS", false, false);
    area.hidden = true;
    box.hidden = false;
    let at = null; // where the cursor was before something else took the focus
    const keep = () => {
      const range = getSelection().rangeCount ? getSelection().getRangeAt(0) : null;
      if (range && text.contains(range.commonAncestorContainer)) at = range.cloneRange();
    };
    text.addEventListener("blur", keep);
    // A tool that is pressed leaves the focus where it is.
    box.addEventListener("mousedown", (event) => {
      if (event.target.closest("[data-cmd]")) event.preventDefault();
    });
    const run = (command, value) => {
      if (document.activeElement !== text) {
        text.focus();
        if (at) {
          getSelection().removeAllRanges();
          getSelection().addRange(at);
        }
      }
      document.execCommand(command, false, value);
    };
    box.addEventListener("click", (event) => {
      const tool = event.target.closest("[data-cmd]");
      if (tool) run(tool.dataset.cmd, tool.dataset.value ?? null);
    });
    box.addEventListener("change", (event) => {
      const chosen = event.target.closest("[data-insert]")?.value;
      if (!chosen) return;
      keep();
      const img = document.createElement("img");
      img.src = chosen;
      img.alt = "";
      // Not by a command: that writes styles into the page, which our policy refuses.
      const range = at ?? document.createRange();
      if (!at) range.selectNodeContents(text.lastElementChild ?? text);
      range.collapse(false);
      range.insertNode(img);
      range.collapse(false);
      event.target.value = "";
      text.dispatchEvent(new Event("input", { bubbles: true }));
    });
    // What is pasted comes without the styles of the page it was copied from.
    text.addEventListener("paste", (event) => {
      event.preventDefault();
      document.execCommand("insertText", false, event.clipboardData?.getData("text/plain") ?? "");
    });
    text.addEventListener("input", () => {
      area.value = text.innerText.trim() === "" && !text.querySelector("img") ? "" : text.innerHTML;
    });
  }

  // A category asks for lines of a product's sheet: those that are not there yet take empty ones.
  document.getElementById("field-category")?.addEventListener("change", (event) => {
    const names = Array.from(document.querySelectorAll("[data-params] [name^=param_name_]"));
    const asked = (event.target.selectedOptions[0]?.dataset.params ?? "").split("|").filter(Boolean);
    for (const name of asked.filter((one) => !names.some((input) => input.value.trim() === one))) {
      const empty = names.find((input) => input.value.trim() === "" && input.nextElementSibling.value.trim() === "");
      if (empty) empty.value = name;
    }
  });

  // Several rows at once: the bar says how many are ticked.
  const picks = () => Array.from(document.querySelectorAll("[data-pick]"));
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]")) for (const box of picks()) box.checked = event.target.checked;
    if (!event.target.matches("[data-pick], [data-pick-all]")) return;
    const count = document.querySelector("[data-bulk-count]");
    const n = picks().filter((box) => box.checked).length;
    if (count) count.textContent = n ? count.dataset.some.replace("{n}", n) : count.dataset.none;
  });

  // The table of variants: one row for all, and cells pasted from a spreadsheet, which go
  // right and down from where the cursor is.
  const matrix = document.querySelector("[data-matrix]");
  if (matrix) {
    const cells = (row) => Array.from(row.querySelectorAll("input[type=text]"));
    const rows = () => Array.from(matrix.tBodies[0].rows);
    const changed = (input) => input.dispatchEvent(new Event("input", { bubbles: true }));
    matrix.addEventListener("click", (event) => {
      const button = event.target.closest("[data-fill]");
      if (!button) return;
      const [all, ...rest] = rows();
      for (const from of cells(all)) {
        if (from.value === "") continue;
        const what = from.name.replace(/_all$/, "_");
        for (const row of rest) {
          const to = cells(row).find((input) => input.name.startsWith(what));
          if (to) to.value = from.value;
        }
      }
      const chosen = all.querySelector("[data-picture] select")?.value;
      for (const to of chosen ? matrix.querySelectorAll("[data-picture] select") : []) {
        to.value = chosen;
        to.dispatchEvent(new Event("change", { bubbles: true }));
      }
      changed(cells(all)[0]);
      announce(button.dataset.done);
    });
    matrix.addEventListener("change", (event) => {
      const shown = event.target.closest("[data-picture]")?.querySelector("img");
      if (!shown) return;
      shown.hidden = event.target.value === "";
      if (!shown.hidden) shown.src = event.target.value;
    });
    matrix.addEventListener("paste", (event) => {
      const text = event.clipboardData?.getData("text/plain") ?? "";
      const start = event.target.closest("input[type=text]");
      if (!start || !/[\t\n]/.test(text.trimEnd())) return;
      event.preventDefault();
      const from = rows().indexOf(start.closest("tr"));
      const column = cells(start.closest("tr")).indexOf(start);
      text.replace(/\r/g, "").replace(/\n$/, "").split("\n").forEach((line, down) => {
        const row = rows()[from + down];
        if (!row) return;
        line.split("\t").forEach((value, right) => {
          const input = cells(row)[column + right];
          if (input) input.value = value.trim().replace(/^[¥￥]/, "").replace(/,(?=\d{3})/g, "").slice(0, input.maxLength);
        });
      });
      changed(start);
    });
  }

  // A column of a spreadsheet pasted into one choice is a list of choices, as if typed with 、.
  document.addEventListener("paste", (event) => {
    const slot = event.target.closest?.(".console-spec-slots input");
    const list = (event.clipboardData?.getData("text/plain") ?? "").split(/[\t\r\n]+/).map((one) => one.trim()).filter(Boolean);
    if (!slot || list.length < 2) return;
    event.preventDefault();
    slot.value = list.join("、");
    slot.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // A filter that changed by htmx tells screen readers how many rows remain.
  document.addEventListener("htmx:after:swap", () => {
    const summary = document.querySelector("[data-summary]");
    if (summary) announce(summary.textContent.trim());
  });
})();
