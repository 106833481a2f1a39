package sim

import "time"

// tuesday is the day of the example.
var tuesday = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
