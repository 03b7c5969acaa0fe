package bench

import (
	_ "embed"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:embed sql/yardstick.sql
var yardstickSQL string

// statement is one named statement of sql/yardstick.sql.
type statement struct {
	named      string   // with :name, as pgbench takes it
	positional string   // with $1, as the handlers take it
	params     []string // the names in the order of $1, $2, …
}

// statements is the file by name.
type statements map[string]statement

// variable is ":name" that is not part of a cast. The character before it is kept.
var variable = regexp.MustCompile(`(^|[^:]):([a-z_]+)`)

// parseStatements reads text in which "-- name: x" begins each statement.
func parseStatements(text string) statements {
	all := statements{}
	for _, part := range strings.Split(text, "-- name: ")[1:] {
		name, body, _ := strings.Cut(part, "\n")
		var lines []string
		for line := range strings.Lines(body) {
			if line = strings.TrimRight(line, "\n"); !strings.HasPrefix(line, "--") && line != "" {
				lines = append(lines, line)
			}
		}
		all[strings.TrimSpace(name)] = newStatement(strings.TrimSuffix(strings.Join(lines, "\n"), ";"))
	}
	return all
}

func newStatement(named string) statement {
	s := statement{named: named}
	s.positional = variable.ReplaceAllStringFunc(named, func(m string) string {
		parts := variable.FindStringSubmatch(m)
		i := slices.Index(s.params, parts[2])
		if i < 0 {
			s.params = append(s.params, parts[2])
			i = len(s.params) - 1
		}
		return parts[1] + "$" + strconv.Itoa(i+1)
	})
	return s
}

// rename gives the statement's variables other names, as pairs of old and new, for a script
// that runs it twice.
func (s statement) rename(pairs ...string) statement {
	to := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		to[pairs[i]] = pairs[i+1]
	}
	return newStatement(variable.ReplaceAllStringFunc(s.named, func(m string) string {
		parts := variable.FindStringSubmatch(m)
		if other, ok := to[parts[2]]; ok {
			return parts[1] + ":" + other
		}
		return m
	}))
}
