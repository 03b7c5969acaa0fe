package main

import (
	"errors"
	"flag"
	"fmt"
	"strings"

	"galleria/tenant/fault"
)

// explain turns a refusal into words for the terminal, with the fields it names.
func explain(err error) error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Kind() == fault.Internal {
		return err
	}
	parts := []string{f.Text("en")}
	for _, field := range f.Fields() {
		parts = append(parts, field.Path+": "+field.Message)
	}
	return fmt.Errorf("%s (%s)", strings.Join(parts, "; "), f.Code())
}

// parseError makes a wrong flag exit with 2, and -h with 0.
func parseError(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	return usageError{err.Error()}
}
