package bench_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"galleria/cmd/internal/bench"
)

// A neighbour that is more than twice as slow misses its bar, and a crowd that was not served
// exactly what there was breaks the run.
func TestNeighbourOfACrowd(t *testing.T) {
	t.Parallel()
	good := bench.Neighbour{Lane: "another", People: 1000, Units: 100, Sold: 600, Taken: 600, Refused: 5400, Before99: 10, During99: 20}
	slow := good
	slow.Lane, slow.During99 = "the same", 21
	for name, change := range map[string]func(n *bench.Neighbour){
		"one too many":        func(n *bench.Neighbour) { n.Sold, n.Refused = 601, 5399 },
		"one without a piece": func(n *bench.Neighbour) { n.Taken = 599 },
		"a failure":           func(n *bench.Neighbour) { n.Failed, n.Refused = 1, 5399 },
		"a wrong answer":      func(n *bench.Neighbour) { n.Wrong = 1 },
	} {
		n := good
		change(&n)
		if report := bench.WithNeighbours(sample(), n); n.Exact() || len(report.Broken) != 1 {
			t.Errorf("%s: exact is %t, broken %q", name, n.Exact(), report.Broken)
		}
	}
	report := bench.WithNeighbours(sample(), good, slow)
	var verdicts []bench.Verdict
	for _, b := range report.Bars {
		if b.Name == "neighbour" {
			verdicts = append(verdicts, b.Verdict)
		}
	}
	if len(report.Broken) != 0 || len(verdicts) != 2 || verdicts[0] != bench.Pass || verdicts[1] != bench.Miss {
		t.Errorf("broken %q, verdicts %q", report.Broken, verdicts)
	}
	var md strings.Builder
	report.Markdown(&md)
	if !strings.Contains(md.String(), "| the same | 0.0 s | 0.00 / 10.00 ms | 0.00 / 21.00 ms | 2.10 x | yes |") {
		t.Error("the report does not tell of the neighbour")
	}
}

// A crowd comes once for each line, everybody once, and counts what it is told.
func TestCrowdCountsWhatItIsTold(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); !bytes.Contains(body, []byte(`"sku_id":7`)) {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		switch n := asked.Add(1); {
		case n <= 3:
			w.WriteHeader(http.StatusCreated)
			_, _ = w.Write([]byte(`{"order_no":"1"}`))
		case n <= 5:
			w.WriteHeader(http.StatusConflict)
			_, _ = w.Write([]byte(`{"code":"FLASH_SOLD_OUT"}`))
		case n <= 9:
			w.WriteHeader(http.StatusConflict)
			_, _ = w.Write([]byte(`{"code":"PRICE_CHANGED"}`))
		default:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	order := bench.CrowdOrder{Addr: strings.TrimPrefix(server.URL, "http://"), App: "wx01", SKUs: []int64{7, 8}, People: make([]bench.Person, 10)}
	var in, out bytes.Buffer
	if err := json.NewEncoder(&in).Encode(order); err != nil {
		t.Fatal(err)
	}
	in.WriteString("now\nnow\n")
	if err := bench.RunCrowd(&in, &out); err != nil {
		t.Fatal(err)
	}
	told := json.NewDecoder(&out)
	for i, want := range []bench.CrowdTold{{Sold: 3, Refused: 6, Failed: 1}, {Failed: 10}} {
		var got bench.CrowdTold
		if err := told.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if first := got.First; first == "" {
			t.Errorf("%d: nothing is said of the failure", i)
		}
		got.First = ""
		if got != want {
			t.Errorf("%d: %+v, want %+v", i, got, want)
		}
	}
}
