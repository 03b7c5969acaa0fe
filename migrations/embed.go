package migrations

import (
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// Files holds the SQL of both kinds of schema, in golang-migrate's naming.
//
//go:embed platform/*.sql tenant/*.sql
var Files embed.FS

// MinTenantVersion is the oldest tenant schema this binary serves. A tenant below
// it is answered with MAINTENANCE until the fleet migration reaches it.
const MinTenantVersion = 80

// Template is the schema on which every connection starts: it has all tables, no
// rows, and no role but the owner may touch its tables.
const Template = "tenant_template"

// Latest returns the newest version among the files of dir, "platform" or "tenant".
func Latest(dir string) (int64, error) {
	names, err := fs.Glob(Files, dir+"/*.up.sql")
	if err != nil || len(names) == 0 {
		return 0, fmt.Errorf("migrations: no files in %q: %w", dir, err)
	}
	var latest int64
	for _, name := range names {
		number, _, _ := strings.Cut(strings.TrimPrefix(name, dir+"/"), "_")
		v, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("migrations: %s: %w", name, err)
		}
		latest = max(latest, v)
	}
	return latest, nil
}
