package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net/netip"
	"strings"
	"time"

	"santra/internal/agency"
	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/pii"
	"santra/internal/protocol/mail"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/recorder"
	"santra/internal/remote"
	"santra/internal/routing"
	"santra/internal/run"
	"santra/internal/token"
)

// How long a canary may take.
const (
	canaryRun     = 35 * time.Second // all of it
	canaryWrite   = 10 * time.Second // the mail; the calls have the rest
	canaryBreak   = 1500 * time.Millisecond
	canaryTalk    = 2500 * time.Millisecond
	canaryEnd     = 5 * time.Second
	canaryLook    = 100 * time.Millisecond
	canaryKept    = time.Minute // a result serves the witnesses of one attestation
	canaryDigits  = 9           // random digits of a made-up number
	canaryPrefix  = "+35899"    // no operator's
	canaryPurpose = "attestation"
)

// canary is one run of made-up customers against the running system: a call that hangs up in the announcement, a call that
// an agent answers and that is recorded, and a mail, all at an agency that is lent for the purpose and that ends with its keys.
type canary struct {
	c       *contactCentre
	loan    agency.Loan
	numbers []string // of the callers; nobody's
	at      time.Time

	mailRead  bool           // the mail that was acknowledged was read back from the archive
	read      int64          // bytes of our disk that were looked through for a number
	recording []recorder.Row // what the recorder has of both calls
	traces    map[string]int // where the numbers stand on our disk
	audio     []string       // files of ours that begin like audio
	evidence  recorder.Evidence

	mailProblem error // what kept the mail from being checked
	problem     error // what kept the calls from being checked
}

// runCanary runs one. Its errors are in mailProblem and problem: a witness reports what could not be checked.
func runCanary(ctx context.Context, c *contactCentre) *canary {
	ctx, cancel := context.WithTimeout(ctx, canaryRun)
	defer cancel()
	k := &canary{c: c, at: time.Now(), loan: newLoan(c.server.Mail.Hostname), numbers: []string{canaryNumber(), canaryNumber()}}
	giveBack := c.book.Lend(k.loan)
	defer giveBack()
	defer k.end()
	k.mailProblem = k.write(ctx)
	if k.problem = k.call(ctx); k.problem == nil {
		k.problem = k.look(ctx)
	}
	return k
}

func newLoan(hostname string) agency.Loan {
	name := "attest-" + id.New()[:10]
	title := agency.Text{agency.English: "attestation"}
	return agency.Loan{
		Agency: agency.Agency{ID: name, Name: title, FragmentDigits: agency.DefaultFragmentDigits, Address: name + "@" + hostname},
		Queue: agency.Queue{
			ID: name, Agency: name, Name: title, Number: canaryNumber(), Mailbox: name + "@" + hostname, Skills: []string{name},
			Languages: []agency.Lang{agency.Finnish}, NoAnswer: agency.DefaultNoAnswer, Record: true,
		},
		Seat: agency.Seat{Code: "Z" + strings.ToUpper(name[7:11]), SIPUser: name, SIPPassword: id.New()},
	}
}

func canaryNumber() string {
	n, err := rand.Int(rand.Reader, new(big.Int).Exp(big.NewInt(10), big.NewInt(canaryDigits), nil))
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return fmt.Sprintf("%s%0*d", canaryPrefix, canaryDigits, n)
}

// write delivers a mail over our own SMTP listener (M12).
func (k *canary) write(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, canaryWrite)
	defer cancel()
	raw := fmt.Appendf(nil, "From: canary@%[1]s\r\nTo: %[2]s\r\nSubject: %[3]s\r\nMessage-ID: <%[3]s@%[1]s>\r\n\r\nNobody wrote this.\r\n",
		k.c.server.Mail.Hostname, k.loan.Queue.Mailbox, id.New())
	client, err := mail.NewClient(mail.ClientConfig{Addr: k.c.server.Mail.SMTP, Security: mail.Plain})
	if err != nil {
		return err
	}
	if err := client.Submit(ctx, "canary@"+k.c.server.Mail.Hostname, []string{k.loan.Queue.Mailbox}, raw); err != nil {
		return errs.New(errs.Unavailable, "the canary's mail was not taken: %w", err)
	}
	sum := sha256.Sum256(raw)
	stored, err := k.c.mail.Archive().FindSHA256(ctx, hex.EncodeToString(sum[:]))
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	k.mailRead = err == nil && bytes.Equal(stored.Raw, raw)
	return nil
}

// call places both calls at once: one hangs up in the announcement (M4), one is answered, recorded and ended (M3, M7).
func (k *canary) call(ctx context.Context) error {
	desk, err := k.sitDown(ctx)
	if err != nil {
		return err
	}
	defer desk.Close()
	defer k.c.dispatch.SignOut(k.loan.Agency.ID)
	breaks := make(chan error, 1)
	go func() { breaks <- k.hangUpEarly(ctx) }()
	return errors.Join(k.talk(ctx, desk), <-breaks)
}

// sitDown registers a phone at the lent seat and makes the lent agent ready.
func (k *canary) sitDown(ctx context.Context) (*siptest.Phone, error) {
	phones, err := netip.ParseAddrPort(k.c.server.SIP.Phones)
	if err != nil {
		return nil, err
	}
	desk, err := siptest.NewPhone(siptest.Config{Server: phones, User: k.loan.Seat.SIPUser, Password: k.loan.Seat.SIPPassword, Tone: 1000, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	if err := desk.Register(ctx); err != nil {
		return nil, errors.Join(errs.New(errs.Unavailable, "the canary's phone could not register: %w", err), desk.Close())
	}
	name := k.loan.Agency.ID
	k.c.dispatch.SignIn(routing.Agent{ID: name, Seat: k.loan.Seat.Code, Skills: map[string]int{name: 1}, Languages: []string{"fi"}, Agencies: []string{name}})
	return desk, k.c.dispatch.SetState(name, routing.Ready, "")
}

func (k *canary) caller() (*siptest.Phone, error) {
	trunk, err := netip.ParseAddrPort(k.c.server.SIP.Trunk)
	if err != nil {
		return nil, err
	}
	return siptest.NewPhone(siptest.Config{Server: trunk, Tone: 440, Log: slog.New(slog.DiscardHandler)})
}

func (k *canary) hangUpEarly(ctx context.Context) error {
	phone, err := k.caller()
	if err != nil {
		return err
	}
	defer phone.Close()
	call, err := phone.Call(ctx, k.loan.Queue.Number, pii.NewNumber(k.numbers[0]))
	if err != nil {
		return errs.New(errs.Unavailable, "the canary's first call was not answered: %w", err)
	}
	run.Pause(ctx, canaryBreak)
	return call.HangUp(ctx)
}

func (k *canary) talk(ctx context.Context, desk *siptest.Phone) error {
	phone, err := k.caller()
	if err != nil {
		return err
	}
	defer phone.Close()
	call, err := phone.Call(ctx, k.loan.Queue.Number, pii.NewNumber(k.numbers[1]))
	if err != nil {
		return errs.New(errs.Unavailable, "the canary's second call was not answered: %w", err)
	}
	select {
	case <-desk.Calls():
	case <-call.Ended():
		return errs.New(errs.Unavailable, "the canary's second call ended before its agent answered")
	case <-ctx.Done():
		return errs.New(errs.Unavailable, "no agent's phone rang for the canary: %w", ctx.Err())
	}
	run.Pause(ctx, canaryTalk)
	return call.HangUp(ctx)
}

// look collects what the calls left: the recorder's row and evidence, and traces of the numbers on our own disk.
func (k *canary) look(ctx context.Context) error {
	who := remote.Who{Person: "attestation", Purpose: canaryPurpose}
	for {
		rows, err := k.c.recorder.Search(ctx, who, recorder.Filter{Agency: k.loan.Agency.ID})
		if err != nil {
			return err
		}
		if len(rows) > 0 && rows[0].State != recorder.Recording {
			k.recording = rows
			break
		}
		if ctx.Err() != nil {
			return errs.New(errs.Unavailable, "the canary's recording did not reach the catalogue: %w", ctx.Err())
		}
		run.Pause(ctx, canaryLook)
	}
	var err error
	if k.evidence, err = k.c.recorder.Evidence(ctx, who, k.numbers...); err != nil {
		return err
	}
	k.traces = map[string]int{}
	for _, n := range k.numbers {
		found, err := lookFor(ctx, []string{k.c.server.Data}, n)
		if err != nil {
			return err
		}
		k.audio, k.read = found.Audio, max(k.read, found.Read)
		for path, times := range found.Found {
			k.traces[path] += times
		}
	}
	return nil
}

// end ends the lent agency by destroying its keys, on both servers: what the canary left is unreadable from here on (M20).
func (k *canary) end() {
	ctx, cancel := context.WithTimeout(context.Background(), canaryEnd)
	defer cancel()
	name := k.loan.Agency.ID
	err := k.c.mail.EndAgency(ctx, name)
	_, atRecorder := k.c.recorder.EndAgency(ctx, token.End{Agency: name, Person: audit.System, Audit: canaryPurpose})
	if err := errors.Join(err, atRecorder); err != nil {
		k.c.log.Error("the canary's agency could not be ended", "error", err)
	}
}
