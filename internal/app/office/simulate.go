package office

import (
	"context"
	"path/filepath"

	"santra/internal/app/config"
	"santra/internal/app/simulate"
)

// Simulate answers the question of santra simulate about the city of a configuration, and about another one where against is not "".
// The part "server" of the files is not looked at.
func Simulate(ctx context.Context, path, against string, o simulate.Options) error {
	city, err := config.ReadCity(path)
	if err != nil {
		return err
	}
	o.City = city
	if against != "" {
		if o.Against, err = config.ReadCity(against); err != nil {
			return err
		}
		o.Other = filepath.Base(against)
	}
	return simulate.Run(ctx, o)
}
