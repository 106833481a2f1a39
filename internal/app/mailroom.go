package app

import (
	"context"
	"path/filepath"

	"santra/internal/email"
	"santra/internal/protocol/mail"
	"santra/internal/registry"
	"santra/internal/routing"
	"santra/internal/run"
)

func (c *contactCentre) openMail(ctx context.Context) error {
	m := c.server.Mail
	security := mail.StartTLS
	if m.Relay.TLS == "none" {
		security = mail.Plain
	}
	relay, err := mail.NewClient(mail.ClientConfig{Addr: m.Relay.Address, Security: security, Hello: m.Hostname})
	if err != nil {
		return err
	}
	c.mail, err = email.New(ctx, email.Config{
		Store: c.store.Email(), Dir: filepath.Join(c.server.Data, archiveDir), Keys: c.ring, Mailboxes: email.FromBook(c.book),
		Router: c.dispatch, Events: c.events, Relay: relay, Log: c.log,
		Purpose: func(purpose string) error { return registry.CheckPurpose(registry.Mail, purpose, "-") },
	})
	if err == nil {
		c.dispatch.Handle(routing.Mail, c.mail)
	}
	return err
}

// smtp is a listener for mail in; a service that does nothing where no address is configured.
func (c *contactCentre) smtp(addr string, lmtp bool) run.Service {
	if addr == "" {
		return nothing{}
	}
	tls, err := c.server.Mail.Certificate()
	if err != nil {
		return failing{err}
	}
	server, err := mail.NewServer(mail.ServerConfig{
		Addr: addr, LMTP: lmtp, Hostname: c.server.Mail.Hostname, TLS: tls, MaxMessage: c.server.Mail.MaxSize, Backend: c.mail, Log: c.log,
	})
	if err != nil {
		return failing{err}
	}
	return server
}

// nothing is a service without a life.
type nothing struct{}

func (nothing) Start(context.Context) error { return nil }
func (nothing) Stop(context.Context) error  { return nil }

// failing is a service that could not be made; its Start says why.
type failing struct{ error }

func (f failing) Start(context.Context) error { return f.error }
func (failing) Stop(context.Context) error    { return nil }
