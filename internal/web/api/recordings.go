package api

import (
	"context"
	"time"

	"santra/internal/identity"
	"santra/internal/registry"
	"santra/internal/web/api/frame"
)

// RecordingQuery is all that recordings can be searched by (M11): no number, no text, no person.
type RecordingQuery struct {
	Agency     string     `json:"agency" minLength:"1" maxLength:"64"`
	Purpose    string     `json:"purpose" minLength:"1" maxLength:"64"`
	Reason     string     `json:"reason,omitempty" maxLength:"2000" doc:"Goes into the log; it finds nothing."`
	From       *time.Time `json:"from,omitempty" doc:"Not before."`
	To         *time.Time `json:"to,omitempty" doc:"Before."`
	Queue      string     `json:"queue,omitempty" maxLength:"64"`
	Seat       string     `json:"seat,omitempty" maxLength:"16"`
	Fragment   string     `json:"fragment,omitempty" maxLength:"4" pattern:"^[0-9]*$" patternDescription:"last digits"`
	MinSeconds int        `json:"min_seconds,omitempty" minimum:"0"`
	MaxSeconds int        `json:"max_seconds,omitempty" minimum:"0"`
	State      string     `json:"state,omitempty" enum:"recording,complete,recovered,broken"`
}

// Recording is a row of the recorder's catalogue.
type Recording struct {
	ID           string    `json:"id" doc:"Opaque key."`
	Name         string    `json:"name" doc:"Identification: date, seat code, last digits (M7)."`
	Agency       string    `json:"agency"`
	Queue        string    `json:"queue"`
	Seat         string    `json:"seat"`
	Fragment     string    `json:"fragment"`
	Started      time.Time `json:"started"`
	Seconds      float64   `json:"seconds"`
	Language     string    `json:"language"`
	Announcement string    `json:"announcement" doc:"Version of the announcement that was heard (M4)."`
	State        string    `json:"state" enum:"recording,complete,recovered,broken" doc:"recovered: its process died, at most the last second is missing; broken: ended by a fault."`
	Part         int       `json:"part" doc:"Of the call's recordings, from 1."`
	Session      string    `json:"session" doc:"Opaque, shared by the parts of one call."`
	Gaps         int       `json:"gaps" doc:"Places where packets were missing."`
	Hold         bool      `json:"hold" doc:"Kept by a decision beyond its day."`
	Destroys     string    `json:"destroys" format:"date" doc:"Day of its destruction (M6)."`
}

// ListenRequest states what a recording is heard for (M8).
type ListenRequest struct {
	Agency  string `json:"agency" minLength:"1" maxLength:"64" doc:"Agency of the recording; the recorder refuses another's."`
	Purpose string `json:"purpose" minLength:"1" maxLength:"64"`
	Reason  string `json:"reason,omitempty" maxLength:"2000"`
}

// Listening is a grant to hear one recording now: POST it to url within its life, then stream (M9).
type Listening struct {
	Grant   string    `json:"grant"`
	URL     string    `json:"url" doc:"Where the grant is posted."`
	Origin  string    `json:"origin"`
	Expires time.Time `json:"expires" doc:"Renew before: every 30 s."`
}

// Renewal prolongs a grant.
type Renewal struct {
	Grant string `json:"grant" minLength:"1" maxLength:"4096"`
}

type (
	recordingSearchInput  struct{ Body RecordingQuery }
	recordingSearchOutput struct {
		Body struct {
			Rows []Recording `json:"rows"`
		}
	}
	listenInput struct {
		ID   string `path:"id" maxLength:"64"`
		Body ListenRequest
	}
	listenOutput struct{ Body Listening }
	renewInput   struct {
		ID   string `path:"id" maxLength:"64"`
		Body Renewal
	}
)

func (a *API) recordingRoutes() {
	frame.RegisterFor(a.frame, frame.Op{
		Method: "POST", Path: "/api/recordings/search", ID: "recording-search", Tag: "recordings", Action: identity.RecordingSearch,
		Doc: "Search one agency's recordings; logged with its purpose. A manager needs a grant to listen.",
	},
		func(_ context.Context, _ *frame.Caller, in *recordingSearchInput) (string, error) {
			return in.Body.Agency, nil
		}, a.searchRecordings)
	frame.Register(a.frame, frame.Op{
		Method: "POST", Path: "/api/recordings/{id}/listen", ID: "recording-listen", Tag: "recordings", Action: identity.RecordingListen, Scope: frame.ScopeRoom,
		Doc: "Get a grant of 60 s for one recording; logged before it is given, refusals too; from allowed networks only (M9).",
	}, a.listen)
	frame.Register(a.frame, frame.Op{
		Method: "POST", Path: "/api/recordings/{id}/renew", ID: "recording-renew", Tag: "recordings", Action: identity.RecordingListen, Scope: frame.ScopeRoom,
		Doc: "Prolong a grant before it expires; refused once the right is withdrawn.",
	}, a.renew)
}

func (a *API) searchRecordings(ctx context.Context, c *frame.Caller, in *recordingSearchInput) (*recordingSearchOutput, error) {
	q := in.Body
	rows, err := a.deps.Registry.Search(ctx, c.Principal, q.Purpose, q.Reason, registry.Filter{
		Agency: q.Agency, From: moment(q.From), To: moment(q.To), Seat: q.Seat, Queue: q.Queue, Fragment: q.Fragment,
		MinLength: time.Duration(q.MinSeconds) * time.Second, MaxLength: time.Duration(q.MaxSeconds) * time.Second, State: q.State,
	})
	var out recordingSearchOutput
	out.Body.Rows = frame.List(rows, recordingOf)
	return &out, err
}

func recordingOf(r registry.Recording) Recording {
	return Recording{
		ID: r.Key, Name: r.Name, Agency: r.Agency, Queue: r.Queue, Seat: r.Seat, Fragment: r.Fragment, Started: r.Started,
		Seconds: r.Length.Seconds(), Language: r.Language, Announcement: r.Announcement, State: r.State, Part: r.Part, Session: r.Session,
		Gaps: r.Gaps, Hold: r.Hold, Destroys: r.Destroys,
	}
}

func (a *API) listen(ctx context.Context, c *frame.Caller, in *listenInput) (*listenOutput, error) {
	l, err := a.deps.Registry.Listen(ctx, c.Principal, registry.Request{
		Recording: in.ID, Agency: in.Body.Agency, Purpose: in.Body.Purpose, Reason: in.Body.Reason, From: c.Remote,
	})
	return a.listening(l), err
}

func (a *API) renew(ctx context.Context, c *frame.Caller, in *renewInput) (*listenOutput, error) {
	l, err := a.deps.Registry.Renew(ctx, c.Principal, in.ID, in.Body.Grant, c.Remote)
	return a.listening(l), err
}

func (a *API) listening(l registry.Listening) *listenOutput {
	origin := a.deps.Registry.Origin()
	return &listenOutput{Listening{Grant: l.Grant, URL: origin + "/play", Origin: origin, Expires: l.Expires}}
}
