package siptest

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/memnet"
	"santra/internal/pii"
	"santra/internal/protocol/sip"
)

// desk makes phones 1, 2, 3... on a network in virtual time; each sends its own tone of 400, 500, 600... Hz.
func desk(t *testing.T, n *memnet.Network, cfgs ...Config) []*Phone {
	t.Helper()
	var all []*Phone
	for i, c := range cfgs {
		ip := "192.0.2." + strconv.Itoa(i+1)
		c.Addr, c.Network = ip+":5060", n.Host(ip)
		if c.Tone == 0 {
			c.Tone = 400 + 100*float64(i)
		}
		all = append(all, open(t, c))
	}
	return all
}

func hear(t *testing.T, a, b *Call) {
	t.Helper()
	must(t, a.WaitHears(within(t, 10*time.Second), b.p.cfg.Tone))
	must(t, b.WaitHears(within(t, 10*time.Second), a.p.cfg.Tone))
}

// left checks that nothing of the calls remains.
func left(t *testing.T, all []*Phone) {
	t.Helper()
	time.Sleep(2 * time.Minute)
	for i, p := range all {
		if s := p.Endpoint().Stats(); s.Calls != 0 || s.Transactions != 0 {
			t.Errorf("phone %d is left with %+v", i+1, s)
		}
	}
}

// Phone 2 sends its caller, phone 1, to phone 3: they talk, and phone 2 is out.
func TestBlindTransfer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := desk(t, memnet.New(memnet.Faults{Delay: 10 * time.Millisecond}), Config{Transport: "udp"}, Config{}, Config{Answer: time.Second})
		p[0].cfg.Server = p[1].Addr()
		near, err := p[0].Call(t.Context(), "200", pii.NewNumber("+358401234567"))
		must(t, err)
		far := <-p[1].Calls()
		p[0].cfg.Server = p[2].Addr() // its switch, for what it dials now
		must(t, far.Hold(t.Context()))
		must(t, far.Transfer(t.Context(), "300"))
		<-near.Ended()
		hear(t, <-p[0].Calls(), <-p[2].Calls())
		(<-p[2].Rings()).Called() // it rang there first
		for _, c := range p {
			must(t, c.Close())
		}
		left(t, p)
	})
}

// A transfer to a number that is busy fails, and the call goes on.
func TestTransferToABusyNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := desk(t, memnet.New(memnet.Faults{}), Config{}, Config{}, Config{Reject: 486})
		p[0].cfg.Server = p[1].Addr()
		near, err := p[0].Call(t.Context(), "200", pii.NewNumber("+358401234567"))
		must(t, err)
		far := <-p[1].Calls()
		p[0].cfg.Server = p[2].Addr()
		if err := far.Transfer(t.Context(), "300"); err == nil || err.Error() != "sip: refused with 486" {
			t.Error(err)
		}
		hear(t, near, far)
		must(t, near.HangUp(t.Context()))
		left(t, p)
	})
}

// Phone 1 talks to phone 2, is called by phone 3 on a second line, and connects the two (RFC 3891).
func TestAttendedTransfer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := desk(t, memnet.New(memnet.Faults{Delay: 10 * time.Millisecond}), Config{}, Config{}, Config{})
		p[0].cfg.Server, p[2].cfg.Server = p[1].Addr(), p[0].Addr()
		one, err := p[0].Call(t.Context(), "200", pii.NewNumber("+358401234567"))
		must(t, err)
		two := <-p[1].Calls()
		must(t, one.Hold(t.Context()))
		three, err := p[2].Call(t.Context(), "100", pii.NewNumber("+358409999999"))
		must(t, err)
		second := <-p[0].Calls()
		hear(t, second, three)
		must(t, one.TransferTo(t.Context(), second))
		<-two.Ended()
		<-second.Ended()
		<-three.Ended()
		hear(t, <-p[1].Calls(), <-p[2].Calls())
		for _, c := range p {
			must(t, c.Close())
		}
		left(t, p)
	})
}

// An outside party that plays something before it answers is heard, with and without reliable responses, and the call goes on as
// the same one.
func TestEarlyMedia(t *testing.T) {
	for _, reliable := range []sip.Reliable{sip.ReliableOff, sip.ReliableSupported, sip.ReliableRequired} {
		synctest.Test(t, func(t *testing.T) {
			p := desk(t, memnet.New(memnet.Faults{Delay: 10 * time.Millisecond}), Config{Reliable: reliable}, Config{Reliable: reliable, EarlyMedia: true, Answer: 5 * time.Second})
			p[0].cfg.Server = p[1].Addr()
			r, err := p[0].Dial(t.Context(), "200", pii.NewNumber("+358401234567"))
			must(t, err)
			early, err := r.Early(t.Context())
			must(t, err)
			must(t, early.WaitHears(within(t, 3*time.Second), 500))
			if len(p[1].Calls()) != 0 {
				t.Error("it was answered before")
			}
			c, err := r.Wait(t.Context())
			must(t, err)
			if c != early {
				t.Error("another call")
			}
			hear(t, c, <-p[1].Calls())
			must(t, c.HangUp(t.Context()))
			left(t, p)
		})
	}
}

// Early media of a call that is not answered: nothing is left of it.
func TestEarlyMediaWithoutAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := desk(t, memnet.New(memnet.Faults{}), Config{}, Config{EarlyMedia: true, Answer: -1})
		p[0].cfg.Server = p[1].Addr()
		for _, why := range [][]sip.Reason{nil, {sip.AnsweredElsewhere()}} {
			r, err := p[0].Dial(t.Context(), "200", pii.NewNumber("+358401234567"))
			must(t, err)
			_, err = r.Early(t.Context())
			must(t, err)
			r.Cancel(why...)
			if _, err := r.Wait(t.Context()); err == nil {
				t.Error("it was answered")
			}
		}
		left(t, p)
		if p[1].Missed() != 1 { // the second was answered elsewhere
			t.Error(p[1].Missed(), "missed calls")
		}
		r, err := p[0].Dial(t.Context(), "200", pii.NewNumber("+358401234567"))
		must(t, err)
		_, err = r.Early(t.Context())
		must(t, err)
		c, err := p[1].Answer(<-p[1].Rings())
		if err == nil {
			t.Error("answered a call of before", c)
		}
		r.Cancel()
		_, _ = r.Wait(t.Context())
	})
}

// Keys by INFO, a phone that is asked to answer by itself, and a session that is refreshed.
func TestInfoKeysAutoAnswerAndSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := desk(t, memnet.New(memnet.Faults{}), Config{Session: 90 * time.Second}, Config{Answer: -1, Session: 90 * time.Second})
		p[0].cfg.Server = p[1].Addr()
		r, err := p[0].Dial(t.Context(), "200", pii.NewNumber("+358401234567"), sip.Header{Name: "Answer-Mode", Value: "Auto"})
		must(t, err)
		c, err := r.Wait(t.Context())
		must(t, err)
		far := <-p[1].Calls()
		must(t, c.SendInfo(t.Context(), "1#"))
		for _, want := range "1#" {
			if got := <-far.Digits(); got != want {
				t.Errorf("digit %c, want %c", got, want)
			}
		}
		time.Sleep(5 * time.Minute)
		select {
		case <-c.Ended():
			t.Error("the session was not refreshed:", c.Dialog().Reason())
		default:
		}
		must(t, c.HangUp(t.Context()))
		left(t, p)
	})
}
