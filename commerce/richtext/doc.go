// Package richtext keeps the descriptions that merchants write harmless: it knows which tags,
// attributes and addresses may reach a buyer, and removes the rest.
//
// It is pure and stands in front of both ends: a description is cleaned when it is saved, and
// again when it is read, so that what was stored by an older rule obeys today's.
//
// Invariants: cleaning twice changes nothing; no script, style, event or frame survives;
// pictures are only those of our own addresses; links are https, http, tel or mailto and open
// with rel="nofollow noopener".
//
// Decisions: text without any tag is what people type into a plain field; it becomes
// paragraphs, each line break a break, with its signs escaped. Inline styles are refused
// altogether: a style can cover a page, call home and hide a price.
package richtext
