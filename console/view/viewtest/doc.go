// Package viewtest is the console's storybook: every page with believable sample data,
// the input of the golden tests and of anyone who wants to look at a page without a
// database. It is imported by tests only.
package viewtest
