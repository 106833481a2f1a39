package sim

import (
	"context"

	"santra/internal/errs"
)

// Run simulates the Scenario's day, Days times. Its errors are of kind errs.Invalid and errs.TooLarge, with the field at fault, or
// that of ctx.
func Run(ctx context.Context, s Scenario) (Report, error) {
	return Report{}, errs.New(errs.Unavailable, "not built yet")
}
