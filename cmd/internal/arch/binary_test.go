package arch_test

import (
	"bufio"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNothingLooksUpMethodsByName: as soon as one function of the program looks up a method
// by a name that is known only at run time, the linker keeps every exported method of every
// type, and the binary grows by a third. Templates of the standard library do.
func TestNothingLooksUpMethodsByName(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w -dumpdep", "-o", filepath.Join(t.TempDir(), "galleria"), "./cmd/galleria")
	cmd.Dir = root
	out, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines, edges := bufio.NewScanner(out), 0
	var guilty []string
	for lines.Scan() {
		edges++
		if _, to, ok := strings.Cut(lines.Text(), " -> "); ok && strings.HasSuffix(to, "<ReflectMethod>") {
			guilty = append(guilty, lines.Text())
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("go build: %v", err)
	}
	if edges < 1000 {
		t.Errorf("the linker told of %d dependencies only", edges)
	}
	for _, edge := range guilty {
		t.Error(edge)
	}
}
