// Package upload says what is the same of every file that people give: where private ones lie, what
// of a name may be shown, and what the first bytes say a file is. It keeps and checks nothing.
package upload
