package audit

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// SafeCell makes a value text for every spreadsheet: one that begins like a formula gets
// an apostrophe before it.
func SafeCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(s)[0]) {
		return "'" + s
	}
	return s
}

// ChangesText prints changes in one line, "name: a → b; price: 1 → 2".
func ChangesText(changes []Change) string {
	parts := make([]string, 0, len(changes))
	for _, c := range changes {
		parts = append(parts, c.Field+": "+ValueText(c.Before)+" → "+ValueText(c.After))
	}
	return strings.Join(parts, "; ")
}

// ValueText prints a value of a change or a detail; "" for none.
func ValueText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		raw, err := json.Marshal(v)
		if err != nil {
			return "?"
		}
		return string(raw)
	}
}

// WriteCSV writes the entries that f asks for, newest first, for programs and spreadsheets:
// codes as they are stored, times of Shanghai, every cell safe to open.
func (l *Log) WriteCSV(ctx context.Context, w io.Writer, f Filter) error {
	out := csv.NewWriter(w)
	head := []string{"seq", "at", "actor", "actor_name", "actor_role", "action", "object", "changes", "detail", "client_ip", "agent", "request_id", "prev_hash", "hash"}
	if err := out.Write(head); err != nil {
		return err
	}
	err := l.Each(ctx, f, func(r Row) error {
		cells := []string{
			strconv.FormatInt(r.Seq, 10), r.At.In(shanghai()).Format(time.RFC3339Nano), r.Actor, r.ActorName, r.ActorRole, r.Action, r.Object,
			ChangesText(r.Changes), ValueText(r.Detail), r.ClientIP, r.Agent, r.RequestID, hex.EncodeToString(r.PrevHash), hex.EncodeToString(r.Hash),
		}
		for i := range cells {
			cells[i] = SafeCell(cells[i])
		}
		return out.Write(cells)
	})
	if err != nil {
		return fmt.Errorf("export audit log: %w", err)
	}
	out.Flush()
	return out.Error()
}

// line is a row as JSON.
type line struct {
	Seq       int64          `json:"seq"`
	At        time.Time      `json:"at"`
	Actor     string         `json:"actor"`
	ActorName string         `json:"actor_name"`
	ActorRole string         `json:"actor_role"`
	Action    string         `json:"action"`
	Object    string         `json:"object"`
	Changes   []Change       `json:"changes"`
	Detail    map[string]any `json:"detail"`
	ClientIP  string         `json:"client_ip"`
	Agent     string         `json:"agent"`
	RequestID string         `json:"request_id"`
	PrevHash  string         `json:"prev_hash"`
	Hash      string         `json:"hash"`
}

// WriteJSONL writes the entries that f asks for, newest first, one JSON object a line.
func (l *Log) WriteJSONL(ctx context.Context, w io.Writer, f Filter) error {
	buffered := bufio.NewWriter(w)
	out := json.NewEncoder(buffered)
	out.SetEscapeHTML(false)
	err := l.Each(ctx, f, func(r Row) error {
		return out.Encode(line{
			Seq: r.Seq, At: r.At.In(shanghai()), Actor: r.Actor, ActorName: r.ActorName, ActorRole: r.ActorRole, Action: r.Action, Object: r.Object,
			Changes: r.Changes, Detail: r.Detail, ClientIP: r.ClientIP, Agent: r.Agent, RequestID: r.RequestID,
			PrevHash: hex.EncodeToString(r.PrevHash), Hash: hex.EncodeToString(r.Hash),
		})
	})
	if err != nil {
		return fmt.Errorf("export audit log: %w", err)
	}
	return buffered.Flush()
}
