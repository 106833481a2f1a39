// Command openapigen prints the API's OpenAPI 3.1 document; it needs no server: go run ./internal/web/api/openapigen > web/openapi.json
package main

import (
	"fmt"
	"os"

	"santra/internal/web/api"
)

func main() {
	doc, err := api.New(api.Deps{}).OpenAPI()
	if err == nil {
		_, err = os.Stdout.Write(doc)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
