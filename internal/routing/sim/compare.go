package sim

import (
	"context"

	"santra/internal/errs"
)

// Compare runs two configurations. For common random numbers both have the same Seed, Days, Day and Traffic; Traffic may differ
// where that is the question.
func Compare(ctx context.Context, base, other Scenario) (Comparison, error) {
	return Comparison{}, errs.New(errs.Unavailable, "not built yet")
}
