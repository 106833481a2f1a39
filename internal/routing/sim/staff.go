package sim

import (
	"context"

	"santra/internal/errs"
)

// Staff searches the least staffing that reaches the target.
func Staff(ctx context.Context, s Scenario, target Target) (Staffing, error) {
	return Staffing{}, errs.New(errs.Unavailable, "not built yet")
}
