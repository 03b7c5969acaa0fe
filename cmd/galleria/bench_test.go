package main

import "testing"

func TestBenchRefusesWhatCannotBeMeasured(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"-rounds", "0"}, {"-seconds", "0"}, {"-conns", "0"}, {"-conns", "257"}, {"-rounds", "many"}, {"-no-such-flag"},
	} {
		if code, out, _ := callRun(t, nil, append([]string{"bench"}, args...)...); code != 2 || out != "" {
			t.Errorf("bench %v: exit %d with %q on stdout, want 2 and nothing", args, code, out)
		}
	}
}
