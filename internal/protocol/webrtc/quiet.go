package webrtc

import "github.com/pion/logging"

// quiet keeps pion from logging: its lines hold addresses of people, and every failure comes back as an error or a state.
type quiet struct{}

// NewLogger implements logging.LoggerFactory.
func (quiet) NewLogger(string) logging.LeveledLogger {
	return &logging.DefaultLeveledLogger{}
}
