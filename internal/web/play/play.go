// Package play is the recorder's own face: grants in, audio ranges out, the catalogue for the centre's signed questions. It
// maps HTTP to package recorder and decides nothing itself but headers.
package play

import (
	"log/slog"
	"net/http"

	"santra/internal/recorder"
)

// Config of the face.
type Config struct {
	CentreOrigin string // the one origin that may call with credentials
	Secure       bool   // the recorder is reached over HTTPS: cookies are marked Secure
	Log          *slog.Logger
}

// New makes the handler.
func New(s *recorder.Service, cfg Config) http.Handler { return http.NotFoundHandler() }
