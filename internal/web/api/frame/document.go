package frame

import (
	"bytes"
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

const schemaPrefix = "#/components/schemas/"

// description is Huma's with everything off that loads from elsewhere or adds links to answers.
func description(version string, name func(reflect.Type, string) string) huma.Config {
	schemas := huma.NewMapRegistry(schemaPrefix, name)
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Santra", Version: version,
				Description: "The contact centre of a city. Errors are RFC 9457 problems. Each operation names in x-action what the caller's roles " +
					"must allow, and in x-scope how far: any (in one agency at least), agency or room (in the agency of the thing asked for). " +
					"A command may carry an Idempotency-Key: a repetition within ten minutes does nothing and answers 204 with Idempotency-Replayed.",
			},
			Components: &huma.Components{
				Schemas: schemas,
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"session": {Type: "apiKey", In: "cookie", Name: SessionCookie},
					"bearer":  {Type: "http", Scheme: "bearer"},
				},
			},
		},
		OpenAPIPath:   "/api/openapi",
		SchemasPath:   "/api/schemas",
		Formats:       map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat: "application/json",
		Transformers:  []huma.Transformer{localise},
	}
}

// tidySchemas says that no list is ever null and drops Huma's own error types, which are never sent.
func tidySchemas(doc *huma.OpenAPI) {
	all := doc.Components.Schemas.Map()
	delete(all, "ErrorModel")
	delete(all, "ErrorDetail")
	for _, s := range all {
		neverNull(s)
	}
}

func neverNull(s *huma.Schema) {
	if s == nil {
		return
	}
	if s.Type == huma.TypeArray {
		s.Nullable = false
	}
	neverNull(s.Items)
	for _, p := range s.Properties {
		neverNull(p)
	}
}

func describe(doc *huma.OpenAPI) ([]byte, error) {
	raw, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}
