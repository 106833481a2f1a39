package recorder

import "time"

// State tells how whole a recording is.
type State string

// The states of a recording.
const (
	Recording State = "recording" // it grows
	Complete  State = "complete"  // ended as it should
	Recovered State = "recovered" // its process died: at most the last second is missing
	Broken    State = "broken"    // ended by a fault (disk full, ...): what was written is there
)

// Row is all that the catalogue holds of a recording: the identification (date, seat code, part of the number; M7) and
// technical facts. It has no number, name, address, call id or text.
type Row struct {
	Key          string        `json:"key"`          // opaque, random: the primary id
	ID           string        `json:"id"`           // "2026-11-23-A12-4567"; not unique
	Date         string        `json:"date"`         // yyyy-mm-dd, Europe/Helsinki
	Seat         string        `json:"seat"`         // seat code
	Fragment     string        `json:"fragment"`     // 0–4 last digits
	Agency       string        `json:"agency"`       //
	Queue        string        `json:"queue"`        //
	Session      string        `json:"session"`      // opaque, shared by the parts of one call
	Part         int           `json:"part"`         // from 1
	Announcement string        `json:"announcement"` // version that was heard (M4)
	Language     string        `json:"language"`     // it was heard in
	Codec        string        `json:"codec"`        // "PCMA": two channels, 8000 Hz, customer left, agent right
	Started      time.Time     `json:"started"`
	Length       time.Duration `json:"length"` // nanoseconds in JSON
	Gaps         int           `json:"gaps"`   // places where a channel's packets were missing
	Pauses       int           `json:"pauses"` // times that recording was paused: gaps that were meant, see Index
	State        State         `json:"state"`
	Hold         bool          `json:"hold"`
	Destroy      string        `json:"destroy"` // yyyy-mm-dd: the day of destruction
	KeyRef       string        `json:"key_ref"` // name of the key of agency and day
	Gate         string        `json:"gate"`    // SHA-256 of the gate token's id, hex; of each with commas between where outsiders were added
	Hash         string        `json:"hash"`    // SHA-256 of the finished object, hex; "" until then
}

// Filter is a search of one agency's recordings (M11: by date, time, seat, queue, fragment, length, completeness only).
// Empty fields do not narrow.
type Filter struct {
	Agency    string        `json:"agency"` // must be set
	From      time.Time     `json:"from,omitzero"`
	To        time.Time     `json:"to,omitzero"` // exclusive
	Seat      string        `json:"seat,omitempty"`
	Queue     string        `json:"queue,omitempty"`
	Fragment  string        `json:"fragment,omitempty"`
	MinLength time.Duration `json:"min_length,omitempty"`
	MaxLength time.Duration `json:"max_length,omitempty"`
	State     State         `json:"state,omitempty"`
	Limit     int           `json:"limit,omitempty"` // default DefaultSearchLimit, at most MaxRows
}

// Evidence is what the recorder states of itself, signed by its own key (M25).
type Evidence struct {
	Ask           string         `json:"ask"` // id of the question that it answers
	At            time.Time      `json:"at"`
	Expires       time.Time      `json:"exp"`
	Country       string         `json:"country"` // M18
	Counts        map[State]int  `json:"counts"`
	OldestDestroy string         `json:"oldest_destroy"` // yyyy-mm-dd, "" without recordings
	Late          int            `json:"late"`           // still there after their destruction date (M6)
	Destroyed     int            `json:"destroyed"`      // destruction records
	Held          int            `json:"held"`           //
	Months        int            `json:"months"`         // retention that is enforced
	MaxFragment   int            `json:"max_fragment"`   // longest fragment in the catalogue (M7)
	WithoutGate   int            `json:"without_gate"`   // recordings without a gate or announcement (M4)
	RowFields     []string       `json:"row_fields"`     // columns of the catalogue, as the database tells
	ClockSigned   time.Time      `json:"clock_signed"`   // last signed checkpoint of the clock
	ClockHalted   bool           `json:"clock_halted"`   // destruction halted for a clock jump
	LogSize       int64          `json:"log_size"`       // entries of the recorder's own Merkle log
	LogVerified   bool           `json:"log_verified"`   //
	Networks      []string       `json:"networks"`       // from where recordings may be heard (M9)
	Encrypted     bool           `json:"encrypted"`      // every object on disk starts as a sealed one
	Canaries      map[string]int `json:"canaries"`       // traces found on disk, by the canary's position ("0", "1", ...)
	Scanned       int64          `json:"scanned"`        // bytes looked through for each canary, at most pii.MaxScan
	Refused       int64          `json:"refused"`        // plays refused since start
	FreeBytes     int64          `json:"free_bytes"`     //
	Problems      []string       `json:"problems"`       // in English, without personal data
}
