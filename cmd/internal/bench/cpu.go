package bench

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of /proc/<pid>/stat on Linux, whatever the kernel's own clock.
const tick = 10 * time.Millisecond

// process is what /proc says about one process.
type process struct {
	pid, parent int
	// cpu is user and system time, of the process and of children that ended and were
	// waited for.
	cpu time.Duration
}

// parseStat reads a line of /proc/<pid>/stat. The name, in parentheses, may hold anything.
func parseStat(line string) (process, error) {
	open, end := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if open < 0 || end < open {
		return process{}, fmt.Errorf("stat %q has no name", line)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line[:open]))
	if err != nil {
		return process{}, fmt.Errorf("stat: %w", err)
	}
	fields := strings.Fields(line[end+1:]) // fields[0] is the third of the manual: the state
	const parentAt, utimeAt, cstimeAt = 1, 11, 14
	if len(fields) <= cstimeAt {
		return process{}, fmt.Errorf("stat of %d has %d fields", pid, len(fields))
	}
	p := process{pid: pid}
	if p.parent, err = strconv.Atoi(fields[parentAt]); err != nil {
		return process{}, fmt.Errorf("stat of %d: %w", pid, err)
	}
	for _, f := range fields[utimeAt : cstimeAt+1] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return process{}, fmt.Errorf("stat of %d: %w", pid, err)
		}
		p.cpu += time.Duration(n) * tick
	}
	return p, nil
}

// treeCPU sums the CPU time of the roots and everything below them. proc is /proc.
func treeCPU(proc fs.FS, roots ...int) (time.Duration, error) {
	entries, err := fs.ReadDir(proc, ".")
	if err != nil {
		return 0, fmt.Errorf("read /proc: %w", err)
	}
	all := map[int]process{}
	for _, e := range entries {
		if _, err := strconv.Atoi(e.Name()); err != nil {
			continue
		}
		line, err := fs.ReadFile(proc, e.Name()+"/stat")
		if err != nil {
			continue // it ended meanwhile; its parent has its time
		}
		p, err := parseStat(string(line))
		if err != nil {
			return 0, err
		}
		all[p.pid] = p
	}
	var sum time.Duration
	for _, p := range all {
		if below(all, p.pid, roots) {
			sum += p.cpu
		}
	}
	return sum, nil
}

func below(all map[int]process, pid int, roots []int) bool {
	for range len(all) + 1 { // a snapshot that was taken while processes changed may hold a circle
		if slices.Contains(roots, pid) {
			return true
		}
		p, ok := all[pid]
		if !ok {
			return false
		}
		pid = p.parent
	}
	return false
}

var errNoMemory = errors.New("status does not name it")

// memory reads a size from /proc/<pid>/status, bytes: VmRSS is what is in RAM now, VmHWM the
// most that ever was.
func memory(proc fs.FS, pid int, key string) (int64, error) {
	text, err := fs.ReadFile(proc, strconv.Itoa(pid)+"/status")
	if err != nil {
		return 0, fmt.Errorf("memory of %d: %w", pid, err)
	}
	for line := range strings.Lines(string(text)) {
		value, ok := strings.CutPrefix(line, key+":")
		if !ok {
			continue
		}
		kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s of %d: %w", key, pid, err)
		}
		return kb << 10, nil
	}
	return 0, fmt.Errorf("%s of %d: %w", key, pid, errNoMemory)
}
