package simulate

import (
	"fmt"
	"io"
	"time"
)

// Progress tells on w what is being done, every second after the first; on a terminal in one line, which it clears at the end.
func Progress(w io.Writer, terminal bool) (tell func(doing string, done, of int), end func()) {
	next, shown := time.Now().Add(time.Second), false
	tell = func(doing string, done, of int) {
		if now := time.Now(); now.Before(next) {
			return
		}
		next = time.Now().Add(time.Second)
		shown = true
		if terminal {
			fmt.Fprintf(w, "\r\x1b[Ksimulating: %s, %d of about %d", doing, done, of)
			return
		}
		fmt.Fprintf(w, "simulating: %s, %d of about %d\n", doing, done, of)
	}
	return tell, func() {
		if shown && terminal {
			fmt.Fprint(w, "\r\x1b[K")
		}
	}
}
