package webrtc

import (
	"net"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"

	"santra/internal/protocol/rtp"
	"santra/internal/run"
)

// reportsKept bounds the RTCP packets of a browser that wait for the leg, which reads them every few seconds.
const reportsKept = 8

// said is an RTCP packet of the browser.
type said struct {
	packet  []byte
	arrived time.Time
}

// listen keeps the newest RTCP about what the browser hears, for the leg to read.
func (p *Peer) listen(read func([]byte) (int, interceptor.Attributes, error)) {
	run.Go(&p.wg, p.server.cfg.Log, "webrtc rtcp", func() {
		buf := make([]byte, rtp.MaxPacket)
		for {
			n, _, err := read(buf)
			if err != nil {
				return
			}
			p.keep(said{append([]byte(nil), buf[:n]...), time.Now()})
		}
	})
}

// keep makes room by dropping the oldest: later reports tell more.
func (p *Peer) keep(s said) {
	for {
		select {
		case p.reports <- s:
			return
		default:
		}
		select {
		case <-p.reports:
		default:
		}
	}
}

// ReadControl implements rtp.Controlled: the browser's reports about what it hears, from which the leg knows loss, jitter and
// round trip.
func (p *Peer) ReadControl(buf []byte) (n int, arrived time.Time, err error) {
	select {
	case s := <-p.reports:
		return copy(buf, s.packet), s.arrived, nil
	default:
		return 0, time.Time{}, nil
	}
}

// WriteControl implements rtp.Controlled. Before Connected packets are dropped without an error.
func (p *Peer) WriteControl(b []byte) error {
	select {
	case <-p.closed:
		return net.ErrClosed
	case <-p.connected:
	default:
		return nil
	}
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		return err
	}
	return p.conn.WriteRTCP(packets)
}

// SSRC implements rtp.Sourced: what we send to a browser has the source that its SRTP context was made for.
func (p *Peer) SSRC() uint32 { return p.ssrc }
