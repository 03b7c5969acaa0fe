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
	bin := filepath.Join(t.TempDir(), "galleria")
	build := func(more ...string) *exec.Cmd {
		args := append([]string{"build", "-trimpath", "-ldflags", "-s -w"}, more...)
		cmd := exec.CommandContext(t.Context(), "go", append(args, "./cmd/galleria")...)
		cmd.Dir = root
		return cmd
	}
	if said, err := build("-o", bin).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, said)
	}
	// What the linker says is kept with the compiled package main, whatever the linker's flags
	// were, and said again by every build that has nothing to do. So this build compiles main
	// by a flag of its own, which changes nothing (-e: tell of all mistakes), and has its own.
	cmd := build("-gcflags=galleria/cmd/galleria=-e", "-ldflags", "-s -w -dumpdep", "-o", bin+".told")
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
	if said, err := build("-o", bin).CombinedOutput(); err != nil || len(said) > 0 {
		t.Errorf("a build after this test says %d bytes more (%v)", len(said), err)
	}
}
