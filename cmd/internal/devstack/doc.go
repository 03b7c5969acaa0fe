// Package devstack starts the servers Galleria needs, a private Postgres and a
// private Redis, for `galleria dev`, for `galleria with-stack` and for tests.
//
// It owns: finding the server binaries (or downloading them), the data
// directory's layout, the children's life from start to the last process gone,
// and turning what can go wrong into one sentence that says what to do.
//
// It does not own: schemas and roles inside the database (migrations), nor the
// servers of an installation. `galleria serve` never starts a database; it is
// told where one is.
//
// Layout of a data directory:
//
//	pg/        the Postgres cluster, owned by the user who runs the server
//	pg.log     what the server says; rotated to pg.log.1 beyond 16 MiB
//	pg.lock    held (flock) by the galleria process that uses pg/
//	redis/     append-only file, configuration and pid file of Redis
//	redis.log, redis.lock
//	secrets/   one file per secret, readable by the owner only
//	postgres/  server binaries, only if they had to be downloaded
//
// Invariants:
//   - Servers listen on 127.0.0.1 only, on a port the kernel chose at this very
//     start, and ask for a random password. Nothing remembers a port, but a caller may
//     give Redis the one that it had before it died.
//   - A cluster is made in pg.new and renamed to pg when it is complete, so a
//     kill during the first start never leaves half a cluster behind.
//   - Children run in their own process group, so the terminal's Ctrl-C reaches
//     them only through Stop, after their clients are gone. On Linux they also
//     get a signal if this process dies without saying goodbye.
//   - Started by root, the servers run as an unprivileged user: the owner of an
//     existing cluster, else "postgres", else "nobody". Postgres insists on it.
//
// Decisions: no SQL driver in here. The application's database is created in
// Postgres' single-user mode and readiness is read from postmaster.pid, which
// is what pg_ctl does. The pg_ctl program itself is not used, because it detaches the
// server from us, and then nothing could tie its life to ours.
package devstack
