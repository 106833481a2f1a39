package api

import "time"

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
	register(a, op{method: "POST", path: "/api/archive/search", id: "archive-search", tag: "archive", action: "archive.read", scope: scopeAgency,
		doc: "Search one agency's archive; the search is logged with its purpose before it runs."}, soon[archiveSearchInput, archiveSearchOutput])
	register(a, op{method: "POST", path: "/api/archive/messages/{id}/open", id: "archive-open", tag: "archive", action: "archive.read", scope: scopeAgency,
		doc: "Open an archived message; logged before it is read."}, soon[archiveOpenInput, messageOutput])
}
