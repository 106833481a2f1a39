package simulate

import "io"
import "santra/internal/routing/sim"

func (s *study) writePage(w io.Writer, a sim.Answer) error { return nil }
