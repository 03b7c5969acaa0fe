package openapi_test

import (
	"bytes"
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
