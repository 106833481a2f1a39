package agency

// Staff is one who takes work, as far as warnings need it.
type Staff struct {
	Skills    map[string]int // skill → level; "language:sv" gives a language a level
	Languages []Lang
	Agencies  []string // whose work they may do; empty for all
}

// Warning is what can be served and is likely not meant.
type Warning struct {
	Field string // as in an error: "city.queues[2].needs[0]"
	Text  string
}

// String is the field and the text.
func (w Warning) String() string { return w.Field + ": " + w.Text }

// Warnings lists what is likely not meant: queues that nobody of the staff can serve, with the skill that is missing, hours
// that are never open. A nil staff is one that is not known: what asks for it is left out.
func (c *City) Warnings(staff []Staff) []Warning { return nil }

// CheckTelephony refuses what routing can do and the telephone not yet: targets that are none of TelephonyTargets.
func (c *City) CheckTelephony() error { return nil }

// TelephonyTargets lists what a Target may be on the telephone.
func TelephonyTargets() []string { return []string{"queue", "announcement"} }
