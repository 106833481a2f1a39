package webrtc

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/pion/interceptor"
	pion "github.com/pion/webrtc/v4"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/webrtc/track"
	"santra/internal/run"
)

// Peer is one browser. It is an rtp.Transport of whole RTP packets.
type Peer struct {
	server *Server
	conn   *pion.PeerConnection
	wish   wish
	voice  *track.Voice // what the browser hears
	ssrc   uint32

	reports chan said
	mu      sync.Mutex
	pipes   map[uint32]*pipe // by source

	arrived   chan struct{} // closed with track and pipe set: the browser's first packet has come
	track     *pion.TrackRemote
	pipe      *pipe // nil: the track has to be read
	onTrack   sync.Once
	connected chan struct{}
	onConnect sync.Once
	closed    chan struct{}
	onClose   sync.Once
	deadline  *time.Timer
	wg        sync.WaitGroup

	renewing sync.Mutex // one Restart at a time
}

func newPeer(s *Server, w wish) (*Peer, error) {
	p := &Peer{
		server: s, wish: w, voice: &track.Voice{Payload: w.payload}, reports: make(chan said, reportsKept), pipes: make(map[uint32]*pipe),
		arrived: make(chan struct{}), connected: make(chan struct{}), closed: make(chan struct{}),
	}
	api, err := s.newAPI(p.buffer)
	if err != nil {
		return nil, err
	}
	if p.conn, err = api.NewPeerConnection(pion.Configuration{Certificates: s.certs}); err != nil {
		return nil, err
	}
	p.deadline = time.AfterFunc(time.Hour, p.expire)
	p.deadline.Reset(s.cfg.Connect) // which may be so short that expire runs before the line above has ended
	p.conn.OnConnectionStateChange(p.changed)
	p.conn.OnTrack(p.hear)
	return p, nil
}

// expire closes a peer that has not connected in time.
func (p *Peer) expire() {
	select {
	case <-p.connected:
	default:
		p.Close()
	}
}

func (p *Peer) changed(state pion.PeerConnectionState) {
	switch state {
	case pion.PeerConnectionStateConnected:
		p.onConnect.Do(func() { close(p.connected) })
	case pion.PeerConnectionStateFailed, pion.PeerConnectionStateClosed:
		p.Close()
	}
}

func (p *Peer) hear(track *pion.TrackRemote, receiver *pion.RTPReceiver) {
	p.onTrack.Do(func() {
		p.mu.Lock()
		p.track, p.pipe = track, p.pipes[uint32(track.SSRC())]
		p.mu.Unlock()
		close(p.arrived)
		p.drain(receiver.Read)
	})
}

// negotiate makes the answer (RFC 8829 5.3), with our candidates in it.
func (p *Peer) negotiate(ctx context.Context, offer string) (string, error) {
	if err := p.conn.SetRemoteDescription(pion.SessionDescription{Type: pion.SDPTypeOffer, SDP: offer}); err != nil {
		return "", errs.At(errs.Invalid, "sdp", "the offer is refused: %w", err)
	}
	sender, err := p.conn.AddTrack(p.voice)
	if err != nil {
		return "", errs.At(errs.Invalid, "sdp", "the offer takes no sound: %w", err)
	}
	if err := p.prefer(); err != nil {
		return "", errs.At(errs.Invalid, "sdp", "the offer has no codec of ours: %w", err)
	}
	p.ssrc = uint32(sender.GetParameters().Encodings[0].SSRC)
	p.listen(sender.Read)
	return p.settle(ctx)
}

// settle makes the answer and waits for our candidates.
func (p *Peer) settle(ctx context.Context) (string, error) {
	answer, err := p.conn.CreateAnswer(nil)
	if err != nil {
		return "", errs.At(errs.Invalid, "sdp", "the offer can't be answered: %w", err)
	}
	gathered := pion.GatheringCompletePromise(p.conn)
	if err := p.conn.SetLocalDescription(answer); err != nil {
		return "", errs.At(errs.Invalid, "sdp", "the offer can't be answered: %w", err)
	}
	select {
	case <-gathered:
		return p.conn.LocalDescription().SDP, nil
	case <-ctx.Done():
		return "", ctx.Err()
	case <-p.closed:
		return "", errs.New(errs.Gone, "the peer is closed")
	}
}

// prefer answers with the one codec chosen, so that the browser can't send another.
func (p *Peer) prefer() error {
	for _, t := range p.conn.GetTransceivers() {
		if err := t.SetCodecPreferences(p.wish.agreed()); err != nil {
			return err
		}
	}
	return nil
}

// Restart answers a further offer of the same browser whose network has changed (an ICE restart, RFC 8445 2.4 and 9): new
// addresses are tried while keys, streams and everything agreed on stay; until one is found, some 100 ms, sound is lost. The
// offer must come from whom the first came: the same certificate, the codec in use; else errs.Invalid, and the peer goes on as
// it is. errs.Gone after the end: a browser has about 15 s from the last packet.
func (p *Peer) Restart(ctx context.Context, offer string) (answer string, err error) {
	w, err := readOffer(offer, []media.Codec{p.wish.codec})
	if err != nil {
		return "", err
	}
	if w != p.wish {
		return "", errs.At(errs.Invalid, "sdp", "must have the certificate, the codec and the payload types of the first offer")
	}
	p.renewing.Lock()
	defer p.renewing.Unlock()
	select {
	case <-p.closed:
		return "", errs.New(errs.Gone, "the peer is closed")
	default:
	}
	if err := p.conn.SetRemoteDescription(pion.SessionDescription{Type: pion.SDPTypeOffer, SDP: offer}); err != nil {
		return "", errs.At(errs.Invalid, "sdp", "the offer is refused: %w", err)
	}
	return p.settle(ctx)
}

// drain reads and drops the RTCP of a stream, which would otherwise pile up in memory.
func (p *Peer) drain(read func([]byte) (int, interceptor.Attributes, error)) {
	run.Go(&p.wg, p.server.cfg.Log, "webrtc rtcp", func() {
		buf := make([]byte, rtp.MaxPacket)
		for {
			if _, _, err := read(buf); err != nil {
				return
			}
		}
	})
}

// Codec is what was agreed on.
func (p *Peer) Codec() media.Codec { return p.wish.codec }

// DTMFPayloadType is the payload type of telephone events, 0 without them.
func (p *Peer) DTMFPayloadType() uint8 { return p.wish.events }

// Terms are what was agreed on, for rtp.Leg.Agree.
func (p *Peer) Terms() rtp.Terms { return p.wish.terms() }

// Connected is closed once packets can pass.
func (p *Peer) Connected() <-chan struct{} { return p.connected }

// Closed is closed when the peer has gone: hung up, ICE failed, never connected, or Close.
func (p *Peer) Closed() <-chan struct{} { return p.closed }

// ReadPacket implements rtp.Transport.
func (p *Peer) ReadPacket(buf []byte) (int, error) {
	select {
	case <-p.arrived:
	case <-p.closed:
		return 0, net.ErrClosed
	}
	n, _, err := p.track.Read(buf)
	if err != nil {
		return 0, net.ErrClosed // a track ends with its connection
	}
	return n, nil
}

// Push implements rtp.Pusher: packets are handled by the goroutine that decrypts them.
func (p *Peer) Push(handle func(packet []byte)) error {
	buf := make([]byte, rtp.MaxPacket)
	n, err := p.ReadPacket(buf) // the first, at which pion has looked already
	if err != nil {
		return err
	}
	handle(buf[:n])
	if p.pipe != nil {
		p.pipe.push(handle, p.closed)
		return net.ErrClosed
	}
	for {
		if n, err = p.ReadPacket(buf); err != nil {
			return err
		}
		handle(buf[:n])
	}
}

// WritePacket implements rtp.Transport. Before Connected packets are dropped without an error.
func (p *Peer) WritePacket(b []byte) error {
	select {
	case <-p.closed:
		return net.ErrClosed
	default:
	}
	select {
	case <-p.connected:
		return p.voice.Write(b)
	default:
		return nil
	}
}

// Close implements rtp.Transport.
func (p *Peer) Close() error {
	var err error
	p.onClose.Do(func() {
		close(p.closed)
		p.deadline.Stop()
		p.server.forget(p)
		err = p.conn.Close()
	})
	return err
}
