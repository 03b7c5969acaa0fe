// The system's wish for dark, where the browser does not tell the server (plain http, and
// browsers without the hint). It runs before anything is painted; the cookie tells the
// pages that follow, and means nothing for security.
(() => {
  "use strict";

  const root = document.documentElement;
  if (!root.hasAttribute("data-theme-auto") || !matchMedia("(prefers-color-scheme: dark)").matches) return;
  root.setAttribute("data-bs-theme", "dark");
  document.querySelector("meta[name=color-scheme]").content = "dark";
  document.cookie = "galleria_scheme=dark; path=/console; max-age=31536000; samesite=lax";
})();
