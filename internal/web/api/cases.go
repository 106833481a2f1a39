package api

import (
	"context"
	"mime"
	"time"

	"santra/internal/email"
	"santra/internal/identity"
	"santra/internal/pii"
	"santra/internal/protocol/mail"
	"santra/internal/web/api/frame"
)

// Case is one conversation with one customer.
type Case struct {
	ID       string        `json:"id"`
	Agency   string        `json:"agency"`
	Queue    string        `json:"queue"`
	State    string        `json:"state" enum:"new,offered,open,waiting,closed" doc:"waiting: answered; the customer's next mail opens it again."`
	Subject  string        `json:"subject" doc:"Empty where the reader may not see the content."`
	Customer string        `json:"customer" doc:"Address; empty where the reader may not see the content."`
	Name     string        `json:"name" doc:"As the customer wrote it beside the address."`
	Agent    string        `json:"agent" doc:"Person who is offered or has it; empty while it is new."`
	Arrived  time.Time     `json:"arrived"`
	Changed  time.Time     `json:"changed"`
	Expires  *time.Time    `json:"expires,omitempty" doc:"When the offer ends."`
	Failed   bool          `json:"failed" doc:"A reply did not reach the customer."`
	Why      string        `json:"why" doc:"Why the case was offered to this agent."`
	Version  uint64        `json:"version"`
	Messages []MessageHead `json:"messages" doc:"Oldest first; empty in lists."`
	Draft    *Draft        `json:"draft,omitempty" doc:"The kept draft; absent in lists."`
}

// Party is an address with the name that was written beside it.
type Party struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// MessageHead is a message without its content.
type MessageHead struct {
	ID          string     `json:"id"`
	Case        string     `json:"case"`
	Agency      string     `json:"agency"`
	Queue       string     `json:"queue"`
	Direction   string     `json:"direction" enum:"in,out"`
	From        Party      `json:"from"`
	To          []Party    `json:"to"`
	Subject     string     `json:"subject"`
	Snippet     string     `json:"snippet" doc:"The first words."`
	At          time.Time  `json:"at"`
	Size        int64      `json:"size"`
	SHA256      string     `json:"sha256" doc:"Of the bytes as received or sent, in hexadecimal (M14)."`
	Attachments int        `json:"attachments"`
	Auto        bool       `json:"auto" doc:"Written by a machine (out of office)."`
	Bounce      bool       `json:"bounce"`
	Raw         bool       `json:"raw" doc:"Not understood: show the raw form."`
	Delivery    string     `json:"delivery" enum:"received,queued,sent,unsure,failed,bounced"`
	Reply       string     `json:"reply" doc:"The relay's last refusal: code and class."`
	Attempts    int        `json:"attempts"`
	NextTry     *time.Time `json:"next_try,omitempty"`
}

// Message is a message as it may be shown: HTML sanitised, remote images taken out. The bytes as sent are at …/raw (M14).
type Message struct {
	MessageHead
	CC            []Party      `json:"cc"`
	ReplyTo       []Party      `json:"reply_to"`
	Text          string       `json:"text"`
	HTML          string       `json:"html" doc:"For a sandboxed frame only; empty when there is none."`
	BlockedImages int          `json:"blocked_images"`
	Files         []Attachment `json:"files"`
	Auth          []AuthResult `json:"auth" doc:"What our own relay said of the sender (RFC 8601)."`
	Problems      []string     `json:"problems" doc:"What was wrong with its form, in English."`
}

// Attachment is one attached file; its bytes are at …/files/{index}.
type Attachment struct {
	Index  int    `json:"index"`
	Name   string `json:"name"`
	Type   string `json:"type" doc:"As declared; never to be trusted."`
	Inline bool   `json:"inline"`
	Size   int64  `json:"size"`
}

// AuthResult is one method's result.
type AuthResult struct {
	Method string `json:"method"`
	Value  string `json:"value"`
	Domain string `json:"domain"`
}

// Draft is a reply in the making; the server keeps it.
type Draft struct {
	To      []string   `json:"to,omitempty" maxItems:"50" doc:"Empty: the customer."`
	CC      []string   `json:"cc,omitempty" maxItems:"50"`
	Subject string     `json:"subject" maxLength:"998"`
	Text    string     `json:"text" maxLength:"500000"`
	HTML    string     `json:"html,omitempty" maxLength:"1000000"`
	Version uint64     `json:"version" doc:"The version that was read; 409 when somebody saved since. 0 for the first."`
	SavedAt *time.Time `json:"saved_at,omitempty" readOnly:"true"`
}

// DraftSaved tells the version to send with next.
type DraftSaved struct {
	Version uint64    `json:"version"`
	SavedAt time.Time `json:"saved_at"`
}

// SendRequest names the version of the draft that is to go out.
type SendRequest struct {
	Version uint64 `json:"version"`
}

type (
	casesInput struct {
		Queue string `query:"queue" maxLength:"64"`
		State string `query:"state" enum:"new,offered,open,waiting,closed"`
		Mine  bool   `query:"mine"`
	}
	casesOutput struct {
		Body struct {
			Cases []Case `json:"cases"`
		}
	}
	caseInput struct {
		ID string `path:"id" maxLength:"64"`
	}
	caseOutput   struct{ Body Case }
	messageInput struct {
		ID      string `path:"id" maxLength:"64"`
		Message string `path:"mid" maxLength:"64"`
	}
	fileInput struct {
		ID      string `path:"id" maxLength:"64"`
		Message string `path:"mid" maxLength:"64"`
		Index   int    `path:"index" minimum:"0" maximum:"10000"`
	}
	messageOutput struct{ Body Message }
	rawOutput     struct {
		ContentType        string `header:"Content-Type"`
		ContentDisposition string `header:"Content-Disposition"`
		Body               []byte
	}
	draftInput struct {
		ID   string `path:"id" maxLength:"64"`
		Body Draft
	}
	draftOutput struct{ Body DraftSaved }
	sentOutput  struct{ Body MessageHead }
	sendInput   struct {
		ID   string `path:"id" maxLength:"64"`
		Body SendRequest
	}
)

func (a *API) caseRoutes() {
	route := func(method, path, id, doc string) frame.Op {
		return frame.Op{Method: method, Path: "/api/cases" + path, ID: id, Tag: "cases", Action: identity.CaseWork, Scope: frame.ScopeRoom, Doc: doc}
	}
	frame.Register(a.frame, route("GET", "", "cases", "Cases that the person works on or oversees, longest waiting first."), a.getCases)
	frame.Register(a.frame, route("GET", "/{id}", "case", "One case that the person works on; a closed one is in the archive only (M13)."), a.getCase)
	frame.Register(a.frame, route("POST", "/{id}/accept", "case-accept", "Take the offered case."), func(ctx context.Context, c *frame.Caller, in *caseInput) (*caseOutput, error) {
		k, err := a.deps.Cases.Accept(ctx, c.Principal, in.ID)
		return &caseOutput{caseOf(k)}, err
	})
	frame.Register(a.frame, route("POST", "/{id}/decline", "case-decline", "Push the offer away; the case keeps its place."), func(ctx context.Context, c *frame.Caller, in *caseInput) (*frame.None, error) {
		return nil, a.deps.Cases.Decline(ctx, c.Principal, in.ID)
	})
	frame.Register(a.frame, route("POST", "/{id}/release", "case-release", "Give the case back to its queue."), func(ctx context.Context, c *frame.Caller, in *caseInput) (*frame.None, error) {
		return nil, a.deps.Cases.Release(ctx, c.Principal, in.ID)
	})
	frame.Register(a.frame, route("POST", "/{id}/close", "case-close", "Close it; afterwards only the archive shows it (M13)."), func(ctx context.Context, c *frame.Caller, in *caseInput) (*frame.None, error) {
		return nil, a.deps.Cases.Close(ctx, c.Principal, in.ID)
	})
	frame.Register(a.frame, route("GET", "/{id}/messages/{mid}", "case-message", "A message, safe to show."), a.getMessage)
	frame.Register(a.frame, route("GET", "/{id}/messages/{mid}/raw", "case-message-raw", "The bytes as the customer sent them, as text/plain (M14)."), a.getRaw)
	frame.Register(a.frame, route("GET", "/{id}/messages/{mid}/files/{index}", "case-message-file", "An attached file, as a download of type application/octet-stream."), a.getFile)
	draft := route("PUT", "/{id}/draft", "save-draft", "Keep the draft; 409 when another version was saved since.")
	draft.MaxBody = MaxDraftBody
	frame.Register(a.frame, draft, a.saveDraft)
	frame.Register(a.frame, route("POST", "/{id}/send", "case-send", "Archive the draft's bytes and then submit them (M12)."), a.sendDraft)
}

func (a *API) getCases(ctx context.Context, c *frame.Caller, in *casesInput) (*casesOutput, error) {
	all, err := a.deps.Cases.Cases(ctx, c.Principal, email.Filter{Queue: in.Queue, State: email.State(in.State), Mine: in.Mine})
	var out casesOutput
	out.Body.Cases = frame.List(all, caseOf)
	return &out, err
}

func (a *API) getCase(ctx context.Context, c *frame.Caller, in *caseInput) (*caseOutput, error) {
	k, err := a.deps.Cases.Case(ctx, c.Principal, in.ID)
	return &caseOutput{caseOf(k)}, err
}

func (a *API) getMessage(ctx context.Context, c *frame.Caller, in *messageInput) (*messageOutput, error) {
	m, err := a.deps.Cases.Message(ctx, c.Principal, in.ID, in.Message)
	return &messageOutput{messageOf(m)}, err
}

func (a *API) getRaw(ctx context.Context, c *frame.Caller, in *messageInput) (*rawOutput, error) {
	raw, err := a.deps.Cases.Raw(ctx, c.Principal, in.ID, in.Message)
	return &rawOutput{"text/plain", "inline", raw}, err
}

func (a *API) getFile(ctx context.Context, c *frame.Caller, in *fileInput) (*rawOutput, error) {
	f, content, err := a.deps.Cases.Attachment(ctx, c.Principal, in.ID, in.Message, in.Index)
	how := mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}) // RFC 6266, RFC 2231; "" where it can't be
	if how == "" {
		how = "attachment"
	}
	return &rawOutput{"application/octet-stream", how, content}, err
}

func (a *API) saveDraft(ctx context.Context, c *frame.Caller, in *draftInput) (*draftOutput, error) {
	b := in.Body
	d, err := a.deps.Cases.SaveDraft(ctx, c.Principal, in.ID, email.Draft{
		Version: b.Version, To: frame.List(b.To, pii.NewAddress), Cc: frame.List(b.CC, pii.NewAddress), Subject: b.Subject, Text: b.Text, HTML: b.HTML,
	})
	return &draftOutput{DraftSaved{Version: d.Version, SavedAt: d.Saved}}, err
}

func (a *API) sendDraft(ctx context.Context, c *frame.Caller, in *sendInput) (*sentOutput, error) {
	m, err := a.deps.Cases.Send(ctx, c.Principal, in.ID, in.Body.Version)
	return &sentOutput{headOf(m)}, err
}

func caseOf(k email.Case) Case {
	out := Case{
		ID: k.ID, Agency: k.Agency, Queue: k.Queue, State: string(k.State), Subject: k.Subject, Customer: k.Customer.Address.Reveal(),
		Name: k.Customer.Name.Reveal(), Agent: k.Agent, Arrived: k.Arrived, Changed: k.Changed, Expires: stamp(k.Expires), Failed: k.Failed,
		Why: k.Why, Version: k.Version, Messages: frame.List(k.Messages, headOf),
	}
	if d := k.Draft; d != nil {
		out.Draft = &Draft{
			To: frame.List(d.To, pii.Address.Reveal), CC: frame.List(d.Cc, pii.Address.Reveal), Subject: d.Subject, Text: d.Text, HTML: d.HTML,
			Version: d.Version, SavedAt: stamp(d.Saved),
		}
	}
	return out
}

func partyOf(p email.Party) Party { return Party{p.Name.Reveal(), p.Address.Reveal()} }

func headOf(m email.Summary) MessageHead {
	return MessageHead{
		ID: m.ID, Case: m.CaseID, Agency: m.Agency, Queue: m.Queue, Direction: string(m.Direction), From: partyOf(m.From), To: frame.List(m.To, partyOf),
		Subject: m.Subject, Snippet: m.Snippet, At: m.At, Size: m.Size, SHA256: m.SHA256, Attachments: m.Attachments, Auto: m.Auto,
		Bounce: m.Bounce, Raw: m.Raw, Delivery: string(m.Delivery), Reply: m.Reply, Attempts: m.Attempts, NextTry: stamp(m.Next),
	}
}

func messageOf(m email.Message) Message {
	return Message{
		MessageHead: headOf(m.Summary), CC: frame.List(m.Cc, partyOf), ReplyTo: frame.List(m.ReplyTo, partyOf), Text: m.Text, HTML: m.HTML, BlockedImages: m.Blocked,
		Files: frame.List(m.Files, func(f mail.Attachment) Attachment {
			return Attachment{Index: f.Index, Name: f.Name, Type: f.Type, Inline: f.Inline, Size: f.Size}
		}),
		Auth:     frame.List(m.Auth, func(r mail.AuthResult) AuthResult { return AuthResult{r.Method, r.Value, r.Domain} }),
		Problems: texts(m.Problems),
	}
}
