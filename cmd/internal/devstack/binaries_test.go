package devstack_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"galleria/cmd/internal/devstack"
)

func TestNoServerAnywhereNamesTheFix(t *testing.T) {
	t.Parallel()
	empty := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(empty.Close)
	dir := dataDir(t)
	cfg := devstack.PostgresConfig{Dir: dir, Log: (&logBook{}).logger()}
	_, err := devstack.StartPostgres(t.Context(), devstack.SearchOnly(cfg, empty.URL))
	if err == nil {
		t.Fatal("started without a server")
	}
	wantText(t, "error", err.Error(), "no Postgres server found", "apt-get install postgresql", "DATABASE_URL")
	if left, _ := filepath.Glob(filepath.Join(dir, "download-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestServerIsDownloadedWhenThereIsNone serves this machine's own server
// programs the way Maven Central serves them.
func TestServerIsDownloadedWhenThereIsNone(t *testing.T) {
	t.Parallel()
	installed, err := exec.LookPath("postgres")
	if err != nil {
		found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
		if len(found) == 0 {
			t.Skip("no server on this machine to serve")
		}
		installed = found[len(found)-1]
	}
	if installed, err = filepath.EvalSymlinks(installed); err != nil {
		t.Fatal(err)
	}
	jar := jarOf(t, filepath.Dir(filepath.Dir(installed)))
	asked := make(chan string, 8)
	mirror := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		if strings.HasSuffix(r.URL.Path, ".sha256") {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(jar)
	}))
	t.Cleanup(mirror.Close)

	dir := dataDir(t)
	cfg := devstack.SearchOnly(devstack.PostgresConfig{Dir: dir, Log: (&logBook{}).logger()}, mirror.URL)
	for _, downloads := range []int{2, 0} { // the archive and its checksum, then nothing
		pg, err := devstack.StartPostgres(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if got := queryText(t, pg.URL(), "SELECT current_database()::text"); got != "galleria" {
			t.Errorf("database: got %q", got)
		}
		if err := pg.Stop(stopContext(t)); err != nil {
			t.Error(err)
		}
		if got := len(asked); got != downloads {
			t.Errorf("requests to the mirror: got %d, want %d", got, downloads)
		}
		for len(asked) > 0 {
			<-asked
		}
	}
}

// jarOf packs an installation as embedded-postgres-binaries are packed: a zip
// that holds a .txz.
func jarOf(t *testing.T, installation string) []byte {
	t.Helper()
	if _, err := exec.LookPath("xz"); err != nil {
		t.Skip("no xz")
	}
	out, err := exec.CommandContext(t.Context(), "tar", "-C", installation, "-I", "xz -0", "-chf", "-", "bin/postgres", "bin/initdb", "bin/pg_ctl", "lib/dict_snowball.so", "lib/plpgsql.so").Output()
	if err != nil {
		t.Fatal(err)
	}
	var jar bytes.Buffer
	archive := zip.NewWriter(&jar)
	entry, err := archive.Create("postgres.txz")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := entry.Write(out); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return jar.Bytes()
}

func TestHints(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ said, want string }{
		"disk full":   {`initdb: error: could not write file "/d/pg.new/base/1/2": No space left on device`, "is full: make room"},
		"quota":       {"PANIC:  could not write to file: Disk quota exceeded", "is full: make room"},
		"ownership":   {`FATAL:  data directory "/d/pg" has wrong ownership`, "check who owns"},
		"permission":  {`could not open file "PG_VERSION": Permission denied`, "check who owns"},
		"shared mem":  {"FATAL:  could not create shared memory segment: Cannot allocate memory", "shared memory"},
		"read only":   {"mkdir /d: read-only file system", "can be written"},
		"no idea":     {"FATAL:  the moon is in the wrong quarter", ""},
		"many files":  {"could not fork: Too many open files", "ulimit"},
		"nothing yet": {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := devstack.HintFor(c.said, "/d")
			if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want it to contain %q", got, c.want)
			}
		})
	}
}

func TestExplainKeepsTheCause(t *testing.T) {
	t.Parallel()
	err := devstack.Explain("keep the secret", "/d/secrets/x", &os.PathError{Op: "write", Path: "/d/secrets/x", Err: syscall.ENOSPC})
	wantText(t, "error", err.Error(), "keep the secret", "/d/secrets/x", "make room")
	if !errors.Is(err, syscall.ENOSPC) {
		t.Error("the cause is lost")
	}
}

// TestAFullDiskIsExplained starts on a file system of 8 MiB.
func TestAFullDiskIsExplained(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=8m,mode=711"); err != nil {
		t.Skipf("cannot mount a small file system here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	pg, err := devstack.StartPostgres(t.Context(), devstack.PostgresConfig{Dir: dir, Log: (&logBook{}).logger()})
	if err == nil {
		_ = pg.Stop(stopContext(t))
		t.Fatal("started on 8 MiB")
	}
	wantText(t, "error", err.Error(), "is full: make room", dir)
	if _, err := os.Stat(filepath.Join(dir, "pg")); err == nil {
		t.Error("half a cluster was left behind")
	}
}
