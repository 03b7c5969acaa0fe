package statechart_test

import (
	"slices"
	"testing"

	"galleria/tenant/statechart"
)

// TestTable asks a small table everything that tables are asked.
func TestTable(t *testing.T) {
	t.Parallel()
	life := statechart.Table[string, string]{{"", "sow", "seed"}, {"seed", "rain", "plant"}, {"plant", "rain", "plant"}, {"seed", "rot", "gone"}, {"plant", "rot", "gone"}}
	for _, c := range []struct {
		from, event, to string
		ok              bool
	}{{"", "sow", "seed", true}, {"seed", "rain", "plant", true}, {"plant", "sow", "plant", false}, {"gone", "rain", "gone", false}} {
		if to, ok := life.Next(c.from, c.event); to != c.to || ok != c.ok {
			t.Errorf("%s at %q leads to %q, %v; want %q, %v", c.event, c.from, to, ok, c.to, c.ok)
		}
	}
	if from, to := life.Sources("rot"); !slices.Equal(from, []string{"seed", "plant"}) || to != "gone" {
		t.Errorf("rot: from %v to %q", from, to)
	}
	if got := life.States(); !slices.Equal(got, []string{"seed", "plant", "gone"}) {
		t.Errorf("states: %v", got)
	}
	if life.Ends("seed") || !life.Ends("gone") {
		t.Error("a seed ends, or what is gone does not")
	}
	const want = "stateDiagram-v2\n    [*] --> seed: sow\n    seed --> plant: rain\n    plant --> plant: rain\n    seed --> gone: rot\n    plant --> gone: rot\n" +
		"    plant --> [*]\n    gone --> [*]\n"
	if got := statechart.Draw(life.Arrows(), "plant"); got != want {
		t.Errorf("drawn:\n%s\nwant:\n%s", got, want)
	}
}
