// Package strict reads what presses a provider's controls. Names count to the letter, as they do
// in the calls of a Mini Program: `PaySign` is not `paySign`, although encoding/json takes it.
package strict

import (
	"bytes"
	"io"

	"github.com/go-json-experiment/json"
)

// Decode reads one JSON value into out and refuses unknown and repeated names, names in other
// letters, broken UTF-8 and data after the value. No body, or an empty one, leaves out as it is.
func Decode(body io.Reader, out any) error {
	text, err := io.ReadAll(body)
	if err != nil || len(bytes.TrimSpace(text)) == 0 {
		return err
	}
	return json.Unmarshal(text, out, json.RejectUnknownMembers(true))
}
