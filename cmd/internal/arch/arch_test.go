package arch_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "../../.."

func TestImportsFollowTheTable(t *testing.T) {
	t.Parallel()
	graph := loadGraph(t)
	if len(graph) < 5 {
		t.Fatalf("the import graph has %d packages: it was not read", len(graph))
	}
	for _, v := range violations(graph, rooms(), homes()) {
		t.Error(v)
	}
}

// TestTheTableIsAnOrder: no room opens itself to a higher one, and no chain of
// permissions comes back to where it began.
func TestTheTableIsAnOrder(t *testing.T) {
	t.Parallel()
	table := rooms()
	opens := map[string][]string{}
	for _, r := range table {
		for _, m := range r.may {
			for _, target := range table {
				if target.path == r.path || (target.path != m && !within(m, strings.TrimSuffix(target.path, "/..."))) {
					continue
				}
				if slices.Contains(unknownToTheProduct(), target.path) {
					continue
				}
				if target.level > r.level {
					t.Errorf("%s (level %d) may import %s (level %d), which is above it", r.path, r.level, target.path, target.level)
				}
				opens[r.path] = append(opens[r.path], target.path)
			}
			if !strings.HasSuffix(m, "...") && !slices.ContainsFunc(table, func(r room) bool { return r.path == m }) {
				t.Errorf("%s may import %s, which is no room", r.path, m)
			}
		}
	}
	if circle := findCircle(opens); circle != nil {
		t.Errorf("permissions in a circle: %s", strings.Join(circle, " → "))
	}
}

// findCircle returns a path of permissions that ends where it began, or nil.
func findCircle(opens map[string][]string) []string {
	var trail []string
	done := map[string]bool{}
	var visit func(at string) []string
	visit = func(at string) []string {
		if i := slices.Index(trail, at); i >= 0 {
			return append(slices.Clone(trail[i:]), at)
		}
		if done[at] {
			return nil
		}
		trail = append(trail, at)
		for _, next := range opens[at] {
			if circle := visit(next); circle != nil {
				return circle
			}
		}
		trail = trail[:len(trail)-1]
		done[at] = true
		return nil
	}
	for from := range opens {
		if circle := visit(from); circle != nil {
			return circle
		}
	}
	return nil
}

// TestTheRulesFire feeds the checker graphs that break one rule each.
func TestTheRulesFire(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pkg  goPackage
		want string // "" = allowed
	}{
		"commerce imports payments":       {goPackage{path: "commerce/order", imports: []string{"galleria/payments"}}, "may import"},
		"payments imports commerce":       {goPackage{path: "payments", imports: []string{"galleria/commerce/order"}}, "may import"},
		"payments imports money":          {goPackage{path: "payments", imports: []string{"galleria/commerce/money"}}, ""},
		"order imports cart":              {goPackage{path: "commerce/order", imports: []string{"galleria/commerce/cart"}}, ""},
		"cart imports order":              {goPackage{path: "commerce/cart", imports: []string{"galleria/commerce/order"}}, "may import"},
		"siblings on a level":             {goPackage{path: "commerce/coupon", imports: []string{"galleria/commerce/points"}}, "may import"},
		"one channel knows another":       {goPackage{path: "payments/wechat", imports: []string{"galleria/payments/alipay"}}, "may import"},
		"web imports jobs":                {goPackage{path: "web/miniapi", imports: []string{"galleria/jobs"}}, "may import"},
		"console imports web":             {goPackage{path: "console", imports: []string{"galleria/web/middleware"}}, "may import"},
		"jobs import console":             {goPackage{path: "jobs/handle", imports: []string{"galleria/console/readmodel"}}, "may import"},
		"web imports an order":            {goPackage{path: "web/miniapi", imports: []string{"galleria/commerce/order"}}, ""},
		"money imports anything":          {goPackage{path: "commerce/money", imports: []string{"galleria/tenant/fault"}}, "may import nothing"},
		"the product knows the sandbox":   {goPackage{path: "web", imports: []string{"galleria/payments/sandbox"}}, "may import"},
		"a channel knows the sandbox":     {goPackage{path: "payments/wechat", imports: []string{"galleria/payments/sandbox"}}, "may import"},
		"cmd knows the sandbox":           {goPackage{path: "cmd/internal/app", imports: []string{"galleria/payments/sandbox", "galleria/web"}}, ""},
		"the sandbox knows the product":   {goPackage{path: "payments/sandbox", imports: []string{"galleria/payments/wechat"}}, "may import"},
		"nobody imports cmd":              {goPackage{path: "web", imports: []string{"galleria/cmd/internal/app"}}, "may import"},
		"own internal folder":             {goPackage{path: "commerce/order", imports: []string{"galleria/commerce/order/internal/orderdb"}}, ""},
		"a package without a room":        {goPackage{path: "commerce/util"}, "has no room"},
		"test support in the product":     {goPackage{path: "commerce/order", imports: []string{"galleria/tenant/tenanttest"}}, "_test.go files only"},
		"test support in a test":          {goPackage{path: "commerce/order", testImports: []string{"galleria/tenant/tenanttest"}}, ""},
		"the sandbox in a test":           {goPackage{path: "payments/wechat", testImports: []string{"galleria/payments/sandbox"}}, ""},
		"payments in a test of commerce":  {goPackage{path: "commerce/order", testImports: []string{"galleria/payments"}}, "a test of commerce/order"},
		"jobs in a test of web":           {goPackage{path: "web", testImports: []string{"galleria/jobs"}}, "a test of web"},
		"test support importing an edge":  {goPackage{path: "tenant/tenanttest", imports: []string{"galleria/web"}}, "test support may import"},
		"fiber in commerce":               {goPackage{path: "commerce/order", imports: []string{"github.com/gofiber/fiber/v2"}}, "at home in web"},
		"fiber middleware in web":         {goPackage{path: "web/middleware", imports: []string{"github.com/gofiber/fiber/v2/utils"}}, ""},
		"asynq in web":                    {goPackage{path: "web", imports: []string{"github.com/hibiken/asynq"}}, "at home in jobs"},
		"asynq beside itself":             {goPackage{path: "jobs", imports: []string{"github.com/hibiken/asynqmon"}}, "without a line in homes"},
		"pgx in a business room":          {goPackage{path: "commerce/order", imports: []string{"github.com/jackc/pgx/v5"}}, "at home in tenant/tenantdb"},
		"pgx in sqlc output":              {goPackage{path: "commerce/order/internal/orderdb", imports: []string{"github.com/jackc/pgx/v5"}}, ""},
		"pgx in a test":                   {goPackage{path: "commerce/order", testImports: []string{"github.com/jackc/pgx/v5"}}, ""},
		"casbin outside authz":            {goPackage{path: "console/staff", imports: []string{"github.com/casbin/casbin/v2"}}, "at home in console/authz"},
		"wechatpay-go outside its room":   {goPackage{path: "payments", imports: []string{"github.com/wechatpay-apiv3/wechatpay-go/core"}}, "at home in payments/wechat"},
		"a test module in the product":    {goPackage{path: "commerce/money", imports: []string{"pgregory.net/rapid"}}, "at home in nothing"},
		"an unknown module":               {goPackage{path: "web", imports: []string{"github.com/left/pad"}}, "without a line in homes"},
		"an unknown module, in a test":    {goPackage{path: "web", testImports: []string{"github.com/stretchr/testify/require"}}, "without a line in homes"},
		"an unknown module, test support": {goPackage{path: "tenant/tenanttest", imports: []string{"github.com/left/pad"}}, "without a line in homes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := violations([]goPackage{c.pkg}, rooms(), homes())
			if c.want == "" && len(got) > 0 {
				t.Errorf("got %q, want it allowed", got)
			}
			if c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)) {
				t.Errorf("got %q, want one violation with %q", got, c.want)
			}
		})
	}
}

func TestTheRootHoldsOnlyTheRooms(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(rootEntries(), e.Name()) {
			t.Errorf("%s lies in the repository's root; allowed are dotfiles and %s", e.Name(), list(rootEntries()))
		}
	}
}

func TestFilesStayShort(t *testing.T) {
	t.Parallel()
	checked := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // an editor's temporary file
		case err != nil:
			return err
		case d.IsDir() && path != root && (d.Name() == "node_modules" || d.Name() == "govaluate" || strings.HasPrefix(d.Name(), ".") && d.Name() != ".."):
			return fs.SkipDir
		case d.IsDir() || !slices.Contains([]string{".go", ".templ", ".sql"}, filepath.Ext(path)):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil || generated(text) {
			return err
		}
		checked++
		if lines := bytes.Count(text, []byte("\n")); lines > maxLines {
			t.Errorf("%s has %d lines, allowed are %d: which two things does it hold?", strings.TrimPrefix(path, root+"/"), lines, maxLines)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked < 10 {
		t.Errorf("only %d files were looked at", checked)
	}
}

// generated recognises the header that tools write, in its first lines.
func generated(text []byte) bool {
	head := text[:min(len(text), 400)]
	return bytes.Contains(head, []byte("Code generated ")) && bytes.Contains(head, []byte("DO NOT EDIT"))
}

// loadGraph asks the go command for the packages of this module and their
// imports. Packages that do not compile are still listed.
func loadGraph(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var graph []goPackage
	decoder := json.NewDecoder(bytes.NewReader(out))
	for {
		var listed struct {
			ImportPath                         string
			Imports, TestImports, XTestImports []string
		}
		if err := decoder.Decode(&listed); errors.Is(err, io.EOF) {
			return graph
		} else if err != nil {
			t.Fatal(fmt.Errorf("go list: %w", err))
		}
		graph = append(graph, goPackage{
			path:        strings.TrimPrefix(listed.ImportPath, module+"/"),
			imports:     outsideStandardLibrary(listed.Imports),
			testImports: outsideStandardLibrary(append(listed.TestImports, listed.XTestImports...)),
		})
	}
}

// outsideStandardLibrary keeps our own packages and those whose first path
// element is a host name.
func outsideStandardLibrary(imports []string) []string {
	return slices.DeleteFunc(imports, func(imported string) bool {
		first, _, _ := strings.Cut(imported, "/")
		return first != module && !strings.Contains(first, ".")
	})
}
