package arch_test

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

const module = "galleria"

// goPackage is one package of the import graph; imports are full paths, those
// of the standard library left out.
type goPackage struct {
	path        string // relative to the module
	imports     []string
	testImports []string
}

// violations checks the graph against the tables. Every line names who, what,
// and what would have been allowed.
func violations(graph []goPackage, rooms []room, homes []home) []string {
	var found []string
	for _, p := range graph {
		if isTestSupport(p.path) {
			found = append(found, checkTestSupport(p, homes)...)
			continue
		}
		own, ok := roomOf(rooms, p.path)
		if !ok {
			found = append(found, fmt.Sprintf("%s has no room: give it a line in rooms() of table_test.go", p.path))
			continue
		}
		for _, imported := range p.imports {
			found = append(found, checkImport(p.path, own, imported, own.may, rooms, homes)...)
		}
		for _, imported := range p.testImports {
			found = append(found, checkTestImport(p.path, own, imported, rooms, homes)...)
		}
	}
	slices.Sort(found)
	return found
}

func checkImport(from string, own room, imported string, may []string, rooms []room, homes []home) []string {
	local, ours := strings.CutPrefix(imported, module+"/")
	if !ours {
		return checkHome(from, imported, homes)
	}
	if isTestSupport(local) {
		return []string{fmt.Sprintf("%s imports %s: test support is imported from _test.go files only", from, local)}
	}
	if allowed(own, local, may, rooms) {
		return nil
	}
	return []string{fmt.Sprintf("%s imports %s; it may import %s", from, local, list(may))}
}

// checkTestImport applies the same order to tests, which may also use the
// database, the sandbox, the page assets and the test support of any room.
func checkTestImport(from string, own room, imported string, rooms []room, homes []home) []string {
	local, ours := strings.CutPrefix(imported, module+"/")
	if !ours {
		if _, known := homeOf(homes, imported); !known {
			return []string{fmt.Sprintf("a test of %s imports %s, a module without a line in homes() of table_test.go", from, imported)}
		}
		return nil
	}
	// A test may build the real neighbours of its room: nothing here is mocked. Commerce
	// still knows no payments, and the edges no other edge.
	family, _, _ := strings.Cut(from, "/")
	may := with(own.may, family+"/...", "tenant/...", "migrations", "payments/sandbox/...", "web/static")
	if isTestSupport(local) || within("payments/sandbox/...", local) || allowed(own, local, may, rooms) {
		return nil
	}
	return []string{fmt.Sprintf("a test of %s imports %s; it may import %s and test support", from, local, list(may))}
}

// checkTestSupport lets a *test package see everything but the edges: it
// serves the tests of many rooms.
func checkTestSupport(p goPackage, homes []home) []string {
	var found []string
	for _, imported := range p.imports {
		local, ours := strings.CutPrefix(imported, module+"/")
		if !ours {
			if _, known := homeOf(homes, imported); !known {
				found = append(found, fmt.Sprintf("%s imports %s, a module without a line in homes() of table_test.go", p.path, imported))
			}
			continue
		}
		top, _, _ := strings.Cut(local, "/")
		mine, _, _ := strings.Cut(p.path, "/")
		if slices.Contains([]string{"cmd", "jobs", "console", "web"}, top) && top != mine {
			found = append(found, fmt.Sprintf("%s imports %s; test support may import tenant, commerce, payments and migrations", p.path, local))
		}
	}
	return found
}

func checkHome(from, imported string, homes []home) []string {
	h, known := homeOf(homes, imported)
	if !known {
		return []string{fmt.Sprintf("%s imports %s, a module without a line in homes() of table_test.go", from, imported)}
	}
	for _, at := range h.in {
		if at == "*" || within(at, from) || (at == sqlcOutput && isSQLCOutput(from)) {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s imports %s; that module is at home in %s", from, imported, list(h.in))}
}

// allowed reports whether a package of room own may import local.
func allowed(own room, local string, may []string, rooms []room) bool {
	target, ok := roomOf(rooms, local)
	if !ok {
		return false
	}
	if target.path == own.path {
		return true
	}
	everything := slices.Contains(may, "...")
	if slices.Contains(unknownToTheProduct(), target.path) {
		return everything
	}
	return everything || slices.ContainsFunc(may, func(m string) bool { return m == target.path || within(m, local) && strings.HasSuffix(m, "/...") })
}

// roomOf finds the room of a package: the longest path that matches.
func roomOf(rooms []room, pkg string) (room, bool) {
	var best room
	for _, r := range rooms {
		if within(r.path, pkg) && len(r.path) > len(best.path) {
			best = r
		}
	}
	return best, best.path != ""
}

func homeOf(homes []home, imported string) (home, bool) {
	for _, h := range homes {
		if imported == h.module || strings.HasPrefix(imported, h.module+"/") {
			return h, true
		}
	}
	return home{}, false
}

// within reports whether pkg lies in the room: the package itself, its
// internal folders, or for "x/..." everything below x.
func within(roomPath, pkg string) bool {
	if roomPath == "..." {
		return true
	}
	if tree, ok := strings.CutSuffix(roomPath, "/..."); ok {
		return pkg == tree || strings.HasPrefix(pkg, tree+"/")
	}
	return pkg == roomPath || strings.HasPrefix(pkg, roomPath+"/internal/")
}

func isTestSupport(pkg string) bool { return strings.HasSuffix(path.Base(pkg), "test") }

func isSQLCOutput(pkg string) bool {
	return regexp.MustCompile(`/internal/[a-z]+db$`).MatchString(pkg)
}

func list(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}
