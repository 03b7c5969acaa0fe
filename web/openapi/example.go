package openapi

import (
	"bytes"
	"encoding/json"
	"strings"
)

// exampleText is an example value of a schema as indented JSON, members in the order in
// which the page lists them.
func (s *spec) exampleText(x *schema) string {
	var b bytes.Buffer
	s.writeExample(&b, x, 0)
	return b.String()
}

func (s *spec) writeExample(b *bytes.Buffer, x *schema, depth int) {
	r := s.resolve(x)
	indent := strings.Repeat("  ", depth)
	switch {
	case x != nil && len(x.Examples) > 0:
		writeValue(b, x.Examples[0])
	case len(r.Properties) > 0:
		b.WriteString("{\n")
		for i, name := range propertyOrder(r) {
			if i > 0 {
				b.WriteString(",\n")
			}
			b.WriteString(indent + "  ")
			writeValue(b, name)
			b.WriteString(": ")
			s.writeExample(b, r.Properties[name], depth+1)
		}
		b.WriteString("\n" + indent + "}")
	case r.Items != nil:
		b.WriteString("[")
		s.writeExample(b, r.Items, depth)
		b.WriteString("]")
	default:
		writeValue(b, plainExample(r))
	}
}

func plainExample(r *schema) any {
	if len(r.Enum) > 0 {
		return r.Enum[0]
	}
	if r.Format == "date-time" {
		return "2026-11-21T11:42:05Z"
	}
	name, _ := r.Type.(string)
	if list, ok := r.Type.([]any); ok && len(list) > 0 {
		name, _ = list[0].(string)
	}
	switch name {
	case "integer":
		return 1
	case "boolean":
		return true
	case "object":
		return map[string]any{}
	}
	return ""
}

func writeValue(b *bytes.Buffer, v any) {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		b.WriteString("null")
		return
	}
	b.Truncate(b.Len() - 1) // the encoder's newline
}
