package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"santra/internal/agency"
	"santra/internal/app/simulate"
)

// Planner answers planners' questions about the running city: what web/api gets for POST /api/simulations.
type Planner = simulate.Planner

// Simulate answers the question of santra simulate about the city of a configuration, and about another one where against is not "".
// The part "server" of the files is not looked at.
func Simulate(ctx context.Context, config, against string, o simulate.Options) error {
	city, err := readCity(config)
	if err != nil {
		return err
	}
	o.City = city
	if against != "" {
		if o.Against, err = readCity(against); err != nil {
			return err
		}
		o.Other = filepath.Base(against)
	}
	return simulate.Run(ctx, o)
}

// readCity reads the part "city" of a configuration. What telephony can't carry out yet may be simulated.
func readCity(path string) (*agency.City, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	var c Config
	if err := decode(path, text, &c); err != nil {
		return nil, err
	}
	if err := c.City.Validate(); err != nil {
		return nil, pointed(path, text, err)
	}
	return new(c.City.WithDefaults()), nil
}
