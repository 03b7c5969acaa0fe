// Package browsertest opens pages in a real Chromium and holds them to accessibility, layout
// and the browser's own complaints: content policy, script errors, missing files. For tests
// only.
package browsertest
