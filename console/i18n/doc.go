// Package i18n holds the console's texts in each language and prints numbers, money
// and times the way that language writes them.
//
// It owns the catalogues (locales/*.json: flat keys, one file per language) and their
// formats. It does not own the texts of failures, which live beside their sentinels
// (tenant/fault), nor texts for buyers.
//
// Invariants, each with a test: every language has the same keys with the same
// placeholders; every key a template or handler names exists; no key is unused.
//
// Decisions: placeholders are %s verbs in argument order, because sentences here are
// short; a count picks between "key.one" and "key.other", which is all that Chinese
// and English need; time is shown in Asia/Shanghai, where all shops do business.
package i18n
