package bench

import (
	"context"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// How waiting callers are measured.
const (
	waitingCalls = 200
	untilMusic   = 2 * time.Second // the announcement is over
)

// WaitArgs say how many callers wait, and whether they speak meanwhile, as a telephone does, or send nothing.
type WaitArgs struct {
	CallsArgs
	Mute bool
}

// Wait sets calls up for which there is no agent, and returns once all are answered.
func (l *Load) Wait(args WaitArgs, _ *Nothing) error {
	l.mute.Store(args.Mute)
	defer l.mute.Store(false)
	ctx, cancel := context.WithTimeout(context.Background(), callWithin)
	defer cancel()
	return l.place(ctx, args.CallsArgs)
}

// place sets calls up that stay until HangUp, and returns once all are answered.
func (l *Load) place(ctx context.Context, args CallsArgs) error {
	group, ctx := errgroup.WithContext(ctx)
	start := time.Now()
	for i := range args.N {
		group.Go(func() error {
			time.Sleep(time.Until(start.Add(time.Duration(float64(i) / args.PerSecond * float64(time.Second)))))
			d, s, err := l.call(ctx, args.Number, true)
			if err == nil {
				l.held(d, s)
			}
			return err
		})
	}
	return group.Wait()
}

// Play is the role of the reference: to each party a goroutine writes a packet of silence every 20 ms, by a ticker, and
// another one reads what the party says.
type Play struct{ sockets []*net.UDPConn }

// Open plays to the parties and gives where each is to send.
func (p *Play) Open(parties []string, at *[]string) error {
	for _, party := range parties {
		to, err := netip.ParseAddrPort(party)
		if err != nil {
			return err
		}
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			return err
		}
		p.sockets = append(p.sockets, c)
		*at = append(*at, c.LocalAddr().String())
		go drain(c)
		go play(c, to)
	}
	return nil
}

func drain(c *net.UDPConn) {
	buf := make([]byte, maxPacket)
	for {
		if _, _, err := c.ReadFromUDPAddrPort(buf); err != nil {
			return
		}
	}
}

func play(c *net.UDPConn, to netip.AddrPort) {
	next := time.NewTicker(frameTime)
	defer next.Stop()
	packet := make([]byte, headBytes+frameSamples)
	for range next.C {
		if _, err := c.WriteToUDPAddrPort(packet, to); err != nil {
			return
		}
	}
}

// sendGrid is how often the bare sender wakes, for its share of the parties.
const sendGrid = 5 * time.Millisecond

// Send is Open with one thread that does nothing but the system call for each packet, a quarter of the parties every 5 ms: what
// no player can do without that sends packets one by one, each from a socket of its own. Nobody is read.
func (p *Play) Send(parties []string, at *[]string) error {
	to := make([]unix.SockaddrInet4, len(parties))
	fds := make([]int, len(parties))
	for i, party := range parties {
		addr, err := netip.ParseAddrPort(party)
		if err != nil {
			return err
		}
		to[i] = unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}
		if fds[i], err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0); err != nil {
			return err
		}
		if err := unix.Bind(fds[i], &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
			return err
		}
	}
	go sendAll(fds, to)
	return nil
}

func sendAll(fds []int, to []unix.SockaddrInet4) {
	next := time.NewTicker(sendGrid)
	defer next.Stop()
	packet := make([]byte, headBytes+frameSamples)
	const turns = int(frameTime / sendGrid)
	for turn := 0; ; turn++ {
		<-next.C
		for i := turn % turns; i < len(fds); i += turns {
			_ = unix.Sendto(fds[i], packet, unix.MSG_DONTWAIT, &to[i])
		}
	}
}

// waits measures callers who hear music, before any agent has logged in.
func (b *bench) waits(ctx context.Context) error {
	for _, mute := range []bool{true, false} {
		var ours, bare, least []float64
		note := ""
		for i := range rounds {
			b.say("music: %d callers wait, round %d of %d", waitingCalls, i+1, rounds)
			o, heard, err := b.music(ctx, mute)
			if err != nil {
				return err
			}
			r, err := b.barePlay(ctx, "Play.Open", mute)
			if err != nil {
				return err
			}
			s, err := b.bareSend(ctx, mute)
			if err != nil {
				return err
			}
			ours, bare, least = append(ours, o), append(bare, r), append(least, s...)
			note = heard
		}
		name := "music to a caller who speaks"
		if mute {
			name = "music to a caller who sends nothing"
		}
		b.add(row{name, "CPU ms for a second of it", ours, "bare player", bare, note})
		if mute {
			b.add(row{name, "same", ours, "system calls alone", least, ""})
		}
	}
	return nil
}

// music measures the contact centre while callers wait; the recorder has no part in it.
func (b *bench) music(ctx context.Context, mute bool) (cost float64, note string, err error) {
	args := WaitArgs{CallsArgs{Number: b.city.number(plainQueue), N: waitingCalls, PerSecond: callsASecond}, mute}
	if err := b.load.call(ctx, "Load.Wait", args, &Nothing{}); err != nil {
		return 0, "", err
	}
	pause(ctx, untilMusic)
	var w window
	var heard Window
	err = b.city.profiled(func() (err error) {
		w, heard, err = b.listen(ctx, b.city.servers()...)
		return err
	})
	if err != nil {
		return 0, "", err
	}
	return playedCost(w), playedShare(heard), b.load.call(ctx, "Load.HangUp", Nothing{}, &Nothing{})
}

// bareSend is the least that it can take, where nobody speaks.
func (b *bench) bareSend(ctx context.Context, mute bool) ([]float64, error) {
	if !mute {
		return nil, nil
	}
	cost, err := b.barePlay(ctx, "Play.Send", true)
	return []float64{cost}, err
}

func (b *bench) barePlay(ctx context.Context, method string, mute bool) (float64, error) {
	p, err := spawn("play")
	if err != nil {
		return 0, err
	}
	defer p.stop()
	var parties, at []string
	if err := b.load.call(ctx, "Load.Streams", StreamsArgs{N: waitingCalls, Customers: true}, &parties); err != nil {
		return 0, err
	}
	if err := p.call(ctx, method, parties, &at); err != nil {
		return 0, err
	}
	if !mute {
		if err := b.load.call(ctx, "Load.Aim", at, &Nothing{}); err != nil {
			return 0, err
		}
	}
	pause(ctx, settle)
	w, _, err := b.listen(ctx, p.pid)
	if err != nil {
		return 0, err
	}
	return playedCost(w), b.load.call(ctx, "Load.Drop", Nothing{}, &Nothing{})
}

// playedCost is in ms for a second of one caller.
func playedCost(w window) float64 {
	return float64(w.cpu) / float64(time.Millisecond) / w.elapsed.Seconds() / waitingCalls
}

// playedShare says how many of the packets due came.
func playedShare(heard Window) string {
	due := heard.For.Seconds() * waitingCalls / frameTime.Seconds()
	return short(100*float64(heard.Played)/due) + " % of the packets due"
}
