// Package view renders the console's pages with templ.
//
// It owns markup and the view models of a page. Components take values and never call
// services; what a page shows comes from console/readmodel as it is, plus a Page with
// everything around the content. Texts come from console/i18n, files from web/static.
//
// Invariants: no inline script and no inline style (the content policy forbids both,
// and a test reads every golden page for them); every page has a language, a title, a
// skip link and one h1; every table has a caption and header cells, and becomes
// labelled cards on a phone; state is never told by colour alone.
//
// Decisions: pages work without script. Lists are plain GET forms; htmx only fetches
// the same page and takes its #results, so a handler has one answer and no fragment
// that could drift from the page. Bootstrap's collapse and dropdown come from Tabler;
// charts are SVG written here. Dark mode is a cookie, written into the first byte, so
// nothing flashes. The golden pages under testdata are the storybook: sample data of
// console/view/viewtest rendered in both languages.
package view
