// What a person types outlives the session: typing keeps it alive, and a form that is sent after
// it has ended waits on its page until the person has signed in again in another tab. Without
// this script such a form leads to the sign-in page, and what was typed is gone.
(() => {
  "use strict";

  const ask = document.getElementById("signed-out"); // on pages of those who are signed in
  const believed = 60 * 1000; // ms for which an answer counts as news of the session
  const steady = 5 * 60 * 1000; // ms between the signs of life of somebody who types
  let heard = Date.now(); // when the session was last known to live
  let asked = heard;
  let typed = false; // something that a reload would lose
  let asking = false;
  let waiting = null; // the form that was to be sent, and the button it was sent with

  // probe asks whose session this is: null if nobody can tell, {login, csrf} or {} if it has ended.
  const probe = async () => {
    asked = Date.now();
    try {
      const answer = await fetch(ask.dataset.probe, { headers: { "HX-Request": "true" }, cache: "no-store", redirect: "error" });
      if (answer.status === 401) return {};
      if (!answer.ok) return null;
      const found = await answer.json();
      heard = Date.now();
      return found;
    } catch {
      return null;
    }
  };

  // ours tells whether the page can go on with what was found, and has its forms prove themselves
  // to the session there is now.
  const ours = (found) => {
    if (found?.login !== ask.dataset.login) return false;
    for (const field of document.querySelectorAll('input[name="csrf"]')) field.value = found.csrf;
    document.querySelector('meta[name="csrf-token"]')?.setAttribute("content", found.csrf);
    return true;
  };

  // about is what there is to say of what was found: "" that nobody is signed in.
  const about = (found) => (found === null ? "unknown" : ours(found) ? "back" : found.login ? "other" : "");
  const say = (what) => {
    for (const line of ask.querySelectorAll("[data-say]")) line.hidden = line.dataset.say !== what;
  };
  const show = (found) => {
    say(about(found));
    ask.showModal();
  };

  // An expired session answers a fragment request with 401 or the sign-in page: go there instead
  // of swapping a page into a table, unless something was typed.
  document.addEventListener("htmx:before:swap", (event) => {
    const response = event.detail?.ctx?.response;
    if (!response || !(response.raw?.redirected || response.status === 401)) return;
    event.preventDefault();
    if (ask && typed) {
      if (!ask.open) show({});
    } else {
      location.reload();
    }
  });
  if (!ask) return;

  document.addEventListener("input", async (event) => {
    const form = event.target.closest?.("form");
    if (form?.method !== "post") return;
    typed = true;
    if (asking || Date.now() - asked < steady) return;
    asking = true;
    ours(await probe());
    asking = false;
  });

  // Before all others that hear of a form being sent: what they would do with it can wait.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.method !== "post" || form.dataset.sent || Date.now() - heard < believed) return;
    if (form.getAttribute("action") === "/console/logout") return; // whoever leaves is not asked to sign in
    event.preventDefault();
    event.stopImmediatePropagation();
    if (asking) return;
    asking = true;
    const button = event.submitter;
    const found = await probe();
    asking = false;
    if (["unknown", "back"].includes(about(found))) {
      heard = Date.now(); // nobody can tell: the answer to the form will
      form.requestSubmit(button);
      return;
    }
    waiting = { form, button };
    show(found);
  }, true);

  ask.querySelector("[data-go]").addEventListener("click", async () => {
    const what = about(await probe());
    if (what !== "back") {
      say(what || "still");
      return;
    }
    const { form, button } = waiting ?? {};
    ask.close();
    form?.requestSubmit(button);
  });
  ask.querySelector("[data-stay]").addEventListener("click", () => ask.close());
  ask.addEventListener("close", () => { waiting = null; });
  // Whoever comes back from the other tab finds it said that it worked.
  addEventListener("focus", async () => {
    if (!ask.open) return;
    const what = about(await probe());
    if (what === "unknown" || !ask.open) return;
    say(what);
    if (what === "back") ask.querySelector("[data-go]").focus();
  });
})();
