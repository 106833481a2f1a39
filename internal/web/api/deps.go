package api

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"santra/internal/agency"
	"santra/internal/agency/prompts"
	"santra/internal/audit"
	"santra/internal/dispatch"
	"santra/internal/email"
	"santra/internal/identity"
	"santra/internal/pii"
	"santra/internal/protocol/mail"
	"santra/internal/protocol/media/studio"
	"santra/internal/protocol/webrtc"
	"santra/internal/registry"
	"santra/internal/routing"
	"santra/internal/voice"
	"santra/internal/voice/callback"
	"santra/internal/voice/company"
	"santra/internal/voice/consult"
	"santra/internal/voice/flow/rehearse"
	"santra/internal/voice/leg"
	"santra/internal/voice/lines"
	"santra/internal/voice/state"
	"santra/internal/web/api/figures"
	"santra/internal/web/api/telephone"
	"santra/internal/web/live"
)

// Deps is what the API calls. A nil service answers 503; the zero Deps describes the API without any server.
type Deps struct {
	People   People
	City     Book
	Dispatch Dispatch
	Closings Closings // nil: no emergency closing can be made
	Calls    Calls
	Cases    Cases
	Registry *registry.Service
	Audit    Audit
	Live     *live.Hub
	Measures figures.Measures
	Planner  figures.Planner
	// What people manage of the telephone.
	Outcomes  figures.Outcomes
	Tallies   figures.Tallies
	Callbacks Callbacks
	Prompts   Prompts
	Flows     Flows
	Versions  Versions
	Trunks    Trunks
	// ICE gives the TURN servers that a browser may use now, with credentials; nil: none is needed.
	ICE func() []webrtc.ICEServer
	// Staff lists who takes work, for what queues lack; nil: not known.
	Staff func(context.Context) ([]agency.Staff, error)
	// Health is asked by /healthz; nil is healthy.
	Health func(context.Context) error
	// Secure says that browsers come by HTTPS: the cookie is then never sent otherwise.
	Secure bool
	// Proxies are the reverse proxies whose X-Forwarded-For is believed.
	Proxies []netip.Prefix
	Log     *slog.Logger
}

// People is identity.Service.
type People interface {
	Login(ctx context.Context, name, password, remote string) (string, identity.Principal, error)
	Authenticate(ctx context.Context, token string) (identity.Principal, error)
	Logout(ctx context.Context, token string) error
	Lookup(ctx context.Context, id string) (identity.Person, error)
	People(ctx context.Context, by identity.Principal) ([]identity.Person, error)
	Person(ctx context.Context, by identity.Principal, id string) (identity.Person, error)
	CreatePerson(ctx context.Context, by identity.Principal, n identity.NewPerson) (identity.Person, error)
	SetPassword(ctx context.Context, by identity.Principal, person, old, password string) error
	SetRoles(ctx context.Context, by identity.Principal, person string, roles []identity.RoleGrant) error
	RecordTraining(ctx context.Context, by identity.Principal, person string, t identity.Training) error
	ChangeProfile(ctx context.Context, by identity.Principal, person string, f func(*identity.Profile)) (identity.Person, error)
}

// Book is agency.Book.
type Book interface {
	Current() *agency.City
	Agency(id string) (agency.Agency, bool)
	Queue(id string) (agency.Queue, bool)
	Seat(code string) (agency.Seat, bool)
	Open(queue string, t time.Time) (open bool, until time.Time)
}

// Closings is agency.Closings.
type Closings interface {
	Close(ctx context.Context, c agency.Closing) (agency.Closing, error)
	Reopen(ctx context.Context, by, agencyID, queue string) error
	InForce(ctx context.Context, now time.Time) ([]agency.Closing, error)
}

// Dispatch is dispatch.Dispatcher.
type Dispatch interface {
	SignIn(a routing.Agent)
	SignOut(agent string)
	SetState(agent string, s routing.State, reason string) error
	Force(agent string, s routing.State, reason string) error
	Close(queue, reason string, until time.Time) error
	Reopen(queue string) error
	Explain(workID string) (routing.Explanation, bool)
	Explanations(queue string, limit int) []routing.Explanation
	Offer(workID string) (dispatch.Offer, bool)
	WrapUpDone(agent string) error
	ExtendWrapUp(agent string, by time.Duration) error
	Agent(id string) (dispatch.AgentView, bool)
	Agents() []dispatch.AgentView
	Queues() map[string]dispatch.QueueView
}

// Calls is voice.Service.
type Calls interface {
	Calls(agent string) []state.View
	Call(id string) (state.View, error)
	Caller(id, agent string) (pii.Number, error)
	AnswerBrowser(ctx context.Context, id, agent, offerSDP string) (string, error)
	Decline(id, agent string) error
	Hold(id, agent string) error
	Resume(id, agent string) error
	Mute(id, agent string, on bool) error
	HangUp(id, agent string) error
	SendDTMF(id, agent, digits string) error
	CallOut(ctx context.Context, agent string, o voice.Outgoing) (state.View, error)
	Consult(id, agent string, to consult.Whom) error
	Transfer(id, agent string, to consult.Whom) error
	Complete(id, agent string) error
	Swap(id, agent string) error
	Join(id, agent string) error
	CancelConsult(id, agent string) error
	PauseRecording(id, agent string) error
	ResumeRecording(id, agent string) error
	Notes(id, agent string) (string, error)
	SetNotes(id, agent, text string) error
	SetOutcome(id, agent, code string) error
	Running(agencyID string) []state.View
	Supervise(ctx context.Context, id, person string, m company.Mode, offerSDP string) (watch, answer string, err error)
	SetMode(id, watch, person string, m company.Mode) error
	Quality(id, person string, supervisor bool) ([]leg.Quality, error)
	Restart(ctx context.Context, id, agent, offerSDP string) (string, error)
	RestartWatch(ctx context.Context, id, watch, person, offerSDP string) (string, error)
}

// Cases is email.Service. It decides by the principal what of which agency may be seen.
type Cases interface {
	Cases(ctx context.Context, p identity.Principal, f email.Filter) ([]email.Case, error)
	Case(ctx context.Context, p identity.Principal, id string) (email.Case, error)
	Message(ctx context.Context, p identity.Principal, caseID, messageID string) (email.Message, error)
	Attachment(ctx context.Context, p identity.Principal, caseID, messageID string, index int) (mail.Attachment, []byte, error)
	Raw(ctx context.Context, p identity.Principal, caseID, messageID string) ([]byte, error)
	Accept(ctx context.Context, p identity.Principal, caseID string) (email.Case, error)
	Decline(ctx context.Context, p identity.Principal, caseID string) error
	Release(ctx context.Context, p identity.Principal, caseID string) error
	Close(ctx context.Context, p identity.Principal, caseID string) error
	SaveDraft(ctx context.Context, p identity.Principal, caseID string, d email.Draft) (email.Draft, error)
	Send(ctx context.Context, p identity.Principal, caseID string, version uint64) (email.Summary, error)
	SearchArchive(ctx context.Context, p identity.Principal, purpose, reason string, f email.ArchiveFilter) ([]email.Summary, error)
	OpenArchived(ctx context.Context, p identity.Principal, purpose, reason, messageID string) (email.Message, error)
}

// Trunks is lines.Lines: how the ways to the telephone network stand.
type Trunks interface{ States() []lines.State }

// Audit is audit.Log.
type Audit interface {
	Search(ctx context.Context, f audit.Filter) ([]audit.Row, error)
}

// Callbacks are those that are owed; app puts it together of callback.Service and voice.Service.
type Callbacks interface {
	List(ctx context.Context) ([]callback.View, error)
	Get(ctx context.Context, id string) (callback.View, error)
	// CancelCallback erases the number and takes the callback from its queue.
	CancelCallback(ctx context.Context, id, by string) error
}

// Prompts is prompts.Service.
type Prompts interface {
	List(ctx context.Context) ([]prompts.Version, error)
	Upload(ctx context.Context, by string, lang agency.Lang, name, text string, wav []byte) (prompts.Version, studio.Report, error)
	Speak(ctx context.Context, by string, lang agency.Lang, name, text string) (prompts.Version, studio.Report, error)
	Play(ctx context.Context, version string) ([]byte, error)
	Hear(ctx context.Context, by, version string) error
	Unhear(ctx context.Context, by string, lang agency.Lang, name string) error
	Remove(ctx context.Context, by, version string) error
	Speaks() bool
}

// Flows is app.Rehearser: what the flows of the running city sound like.
type Flows interface {
	// Rehearse goes through what a caller of a number meets; errs.NotFound where it is nobody's.
	Rehearse(number string, c rehearse.Call) (rehearse.Course, error)
	// Sounds tells what is heard of each prompt at present.
	Sounds() (func(lang, name string) telephone.Sound, error)
}

// Versions is agency.Book, as to the past.
type Versions interface {
	History(ctx context.Context) ([]agency.Version, error)
	At(ctx context.Context, number int) (*agency.City, agency.Version, error)
}
