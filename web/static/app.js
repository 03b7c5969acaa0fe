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

  // A filter that changed by htmx tells screen readers how many rows remain.
  document.addEventListener("htmx:after:swap", () => {
    const summary = document.querySelector("[data-summary]");
    if (summary) announce(summary.textContent.trim());
  });

  // An expired session answers a fragment request with a full sign-in page: go there
  // instead of swapping a page into a table.
  document.addEventListener("htmx:before:swap", (event) => {
    const response = event.detail?.ctx?.response;
    if (response && (response.raw?.redirected || response.status === 401)) {
      event.preventDefault();
      location.reload();
    }
  });
})();
