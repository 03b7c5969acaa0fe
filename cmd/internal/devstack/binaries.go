package devstack

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

// binaries is one installation of the Postgres server.
type binaries struct {
	dir   string
	major string
}

func (b binaries) path(program string) string { return filepath.Join(b.dir, program) }

// findBinaries chooses the server installation: what is on PATH, the newest of
// /usr/lib/postgresql/*, what was downloaded before; otherwise it downloads.
// A cluster that exists already narrows the choice to its own major version
// (wanted; "" for a new cluster), because no other can open it.
func findBinaries(ctx context.Context, log *slog.Logger, cfg PostgresConfig, dir, wanted string) (binaries, error) {
	download := filepath.Join(dir, "postgres")
	var seen []string
	for _, at := range candidateDirs(cfg, download) {
		found, err := inspect(ctx, at)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			log.WarnContext(ctx, "skipping a Postgres installation that does not run", "dir", at, "error", err)
		case wanted == "" || wanted == found.major:
			return found, nil
		default:
			seen = append(seen, found.major)
		}
	}
	if wanted != "" && len(seen) > 0 {
		return binaries{}, fmt.Errorf("the data in %s was made by Postgres %s, but only version %s is installed: install it (`apt-get install postgresql-%s`), or start afresh with another data directory (--data) or --reset", dir, wanted, strings.Join(seen, ", "), wanted)
	}
	if err := fetchBinaries(ctx, log, cfg.mirror, download); err != nil {
		return binaries{}, fmt.Errorf("no Postgres server found on this machine, and downloading one failed (%w): run `apt-get install postgresql`, or set DATABASE_URL to a server you have", err)
	}
	found, err := inspect(ctx, filepath.Join(download, "bin"))
	if err != nil {
		return binaries{}, fmt.Errorf("the downloaded Postgres server does not run (%w): run `apt-get install postgresql`, or set DATABASE_URL to a server you have", err)
	}
	return found, nil
}

// candidateDirs lists where a server may be, best first.
func candidateDirs(cfg PostgresConfig, download string) []string {
	if cfg.searchDirs != nil {
		return append(slices.Clone(cfg.searchDirs), filepath.Join(download, "bin"))
	}
	var dirs []string
	if onPath, err := exec.LookPath("postgres"); err == nil {
		// initdb and the server's own files lie next to the real program, not
		// next to a link to it.
		if program, err := filepath.EvalSymlinks(onPath); err == nil {
			dirs = append(dirs, filepath.Dir(program))
		}
	}
	debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is well formed
	slices.SortFunc(debian, func(a, b string) int { return majorOf(b) - majorOf(a) })
	return append(append(dirs, debian...), filepath.Join(download, "bin"))
}

// majorOf reads 15 out of /usr/lib/postgresql/15/bin; 0 if there is no number.
func majorOf(bin string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
	if err != nil {
		return 0
	}
	return n
}

// inspect asks the server in dir for its version. fs.ErrNotExist means there
// is no complete server.
func inspect(ctx context.Context, dir string) (binaries, error) {
	for _, program := range []string{"postgres", "initdb"} {
		if _, err := os.Stat(filepath.Join(dir, program)); err != nil {
			return binaries{}, err
		}
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output() //nolint:gosec // found by us
	if err != nil {
		return binaries{}, fmt.Errorf("postgres --version: %w", err)
	}
	// "postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)"
	fields := strings.Fields(string(out))
	if len(fields) < 3 {
		return binaries{}, fmt.Errorf("postgres --version said %q", out)
	}
	major, _, _ := strings.Cut(fields[2], ".")
	return binaries{dir: dir, major: major}, nil
}

// fetchBinaries downloads a server into target. The library has no entry that
// only downloads, so it is given a throw-away cluster to start; as root that
// part fails, since Postgres refuses root, but the programs are there by then.
func fetchBinaries(ctx context.Context, log *slog.Logger, mirror, target string) error {
	port, err := freePort(ctx)
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp(filepath.Dir(target), "download-")
	if err != nil {
		return explain("prepare the download", target, err)
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	log.InfoContext(ctx, "downloading a Postgres server, once", "into", target)
	config := embeddedpostgres.DefaultConfig().
		Version(embeddedpostgres.V17).
		CachePath(filepath.Join(scratch, "cache")).
		RuntimePath(filepath.Join(scratch, "run")).
		DataPath(filepath.Join(scratch, "data")).
		BinariesPath(target).
		Port(uint32(port)).
		Logger(nil)
	if mirror != "" {
		config = config.BinaryRepositoryURL(mirror)
	}
	server := embeddedpostgres.NewDatabase(config)
	finished := make(chan error, 1)
	go func() {
		err := server.Start()
		if err == nil {
			err = server.Stop()
		}
		finished <- err
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err = <-finished:
	}
	if _, missing := os.Stat(filepath.Join(target, "bin", "postgres")); missing != nil {
		return errors.Join(err, os.RemoveAll(target))
	}
	return nil
}
