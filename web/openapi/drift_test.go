package openapi_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"galleria/web/miniapi"
	"galleria/web/openapi"
)

func TestCommittedContractIsThatOfTheCode(t *testing.T) {
	t.Parallel()
	want, err := miniapi.Spec()
	if err != nil {
		t.Fatal(err)
	}
	again, err := miniapi.Spec()
	if err != nil || !bytes.Equal(want, again) {
		t.Fatalf("two renderings differ (%v)", err)
	}
	if !bytes.Equal(want, openapi.Document()) {
		t.Error("web/openapi/openapi.json is not what the code says: run make generate")
	}
}

func TestContractIsValidOpenAPI31(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(openapi.Document())
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("version %s, want 3.1", doc.OpenAPI)
	}
}

// The table that clients are told to look codes up in has every code that an answer can have.
func TestEveryCodeOfAnAnswerIsInTheTable(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(openapi.Document())
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile("`([A-Z_]+)`")
	named := 0
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			for status, response := range op.Responses.Map() {
				if status < "400" {
					continue
				}
				for _, found := range code.FindAllStringSubmatch(*response.Value.Description, -1) {
					if named++; !strings.Contains(doc.Info.Description, "| "+status+" | `"+found[1]+"` |") {
						t.Errorf("%s %s answers %s %s, which the table does not have", method, path, status, found[1])
					}
				}
			}
		}
	}
	if named < 500 {
		t.Errorf("only %d codes were found", named)
	}
}
