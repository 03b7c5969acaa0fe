// Package devserver is `galleria dev`: the whole platform in one process tree, on
// loopback, with demo shops, for whoever wants to see it run.
//
// It owns the order of starting and stopping, the secrets of the data directory, the
// printed facts and the info file. What it starts is the same code `serve`, `worker`
// and `sandbox` run, with the same database roles and the same checks; only the
// environment is "development".
//
// Everything it keeps is below one data directory, which it marks as its own and holds by
// dev.lock while it runs, so that --reset never deletes a folder that is not, or one in use.
// A database that DATABASE_URL names is never emptied, and not touched if other keys sealed it.
//
// Its own Redis is started again where it was when it ends by itself; with Postgres or the
// sandbox everything ends.
package devserver
