package api

import (
	"context"
	"time"

	"santra/internal/email"
	"santra/internal/identity"
	"santra/internal/pii"
	"santra/internal/registry"
	"santra/internal/web/api/frame"
)

// ArchiveQuery looks for archived messages of one agency, for a purpose (M13).
type ArchiveQuery struct {
	Agency  string     `json:"agency" minLength:"1" maxLength:"64"`
	Purpose string     `json:"purpose" minLength:"1" maxLength:"64"`
	Reason  string     `json:"reason,omitempty" maxLength:"2000"`
	Queue   string     `json:"queue,omitempty" maxLength:"64"`
	Text    string     `json:"text,omitempty" maxLength:"500" doc:"All words must occur, in any inflected form."`
	Address string     `json:"address,omitempty" maxLength:"320" doc:"An exact sender or recipient, for inspection and clearing up."`
	From    *time.Time `json:"from,omitempty" doc:"Not before."`
	To      *time.Time `json:"to,omitempty" doc:"Before."`
}

// ArchiveOpen states what a message is opened for.
type ArchiveOpen struct {
	Purpose string `json:"purpose" minLength:"1" maxLength:"64"`
	Reason  string `json:"reason,omitempty" maxLength:"2000"`
}

type (
	archiveSearchInput  struct{ Body ArchiveQuery }
	archiveSearchOutput struct {
		Body struct {
			Rows []MessageHead `json:"rows"`
		}
	}
	archiveOpenInput struct {
		ID   string `path:"id" maxLength:"64"`
		Body ArchiveOpen
	}
)

func (a *API) archiveRoutes() {
	frame.RegisterFor(a.frame, frame.Op{
		Method: "POST", Path: "/api/archive/search", ID: "archive-search", Tag: "archive", Action: identity.ArchiveSearch,
		Doc: "Search one agency's archive; the search is logged with its purpose before it runs.",
	},
		func(_ context.Context, _ *frame.Caller, in *archiveSearchInput) (string, error) {
			return in.Body.Agency, nil
		}, a.searchArchive)
	frame.Register(a.frame, frame.Op{
		Method: "POST", Path: "/api/archive/messages/{id}/open", ID: "archive-open", Tag: "archive", Action: identity.ArchiveRead, Scope: frame.ScopeRoom,
		Doc: "Open an archived message; logged before it is read.",
	}, a.openArchived)
}

func (a *API) searchArchive(ctx context.Context, c *frame.Caller, in *archiveSearchInput) (*archiveSearchOutput, error) {
	q := in.Body
	if err := a.deps.Registry.CheckPurpose(registry.Mail, q.Purpose, q.Reason); err != nil {
		return nil, err
	}
	f := email.ArchiveFilter{Agency: q.Agency, Queue: q.Queue, Text: q.Text, Address: pii.NewAddress(q.Address), From: moment(q.From), To: moment(q.To)}
	rows, err := a.deps.Cases.SearchArchive(ctx, c.Principal, q.Purpose, q.Reason, f)
	var out archiveSearchOutput
	out.Body.Rows = frame.List(rows, headOf)
	return &out, err
}

func (a *API) openArchived(ctx context.Context, c *frame.Caller, in *archiveOpenInput) (*messageOutput, error) {
	if err := a.deps.Registry.CheckPurpose(registry.Mail, in.Body.Purpose, in.Body.Reason); err != nil {
		return nil, err
	}
	m, err := a.deps.Cases.OpenArchived(ctx, c.Principal, in.Body.Purpose, in.Body.Reason, in.ID)
	return &messageOutput{messageOf(m)}, err
}

// moment is the inverse of stamp.
func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
