// Package reactor reads many UDP sockets in few goroutines, outside the Go runtime's poller. It owns a socket's descriptor and its
// end, and the loop that tells who has something to read. It must not know what a packet holds, nor what an address means.
package reactor

import (
	"encoding/binary"
	"log/slog"
	"sync"

	"golang.org/x/sys/unix"

	"santra/internal/run"
)

// Reactor waits for many sockets in one goroutine and serves each that has something, one after the other. Beside a
// goroutine for each socket this saves the way through the runtime's poller and scheduler that a packet would go. It runs
// while it has sockets to watch.
type Reactor struct {
	log *slog.Logger

	mu      sync.Mutex
	wg      sync.WaitGroup
	running bool
	epoll   int
	wake    int // an event descriptor
	served  map[int32]*watch
}

// New makes one that has nothing to watch yet.
func New(log *slog.Logger) *Reactor { return &Reactor{log: log} }

// Wait returns when the goroutine has ended, which it does after the last socket.
func (r *Reactor) Wait() { r.wg.Wait() }

// watch is a socket with what to do when it has something.
type watch struct {
	socket *Socket
	serve  func()
}

// readyAtOnce is the most sockets that one call tells of.
const readyAtOnce = 64

// Add watches a socket until it is closed. Each new packet is an edge: serve reads all there is.
func (r *Reactor) Add(s *Socket, serve func()) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.running {
		if err := r.start(); err != nil {
			return err
		}
	}
	s.atEnd = func() { r.remove(s) }
	r.served[int32(s.FD)] = &watch{s, serve}
	if err := r.control(s.FD, unix.EPOLLIN|unix.EPOLLET); err != nil {
		delete(r.served, int32(s.FD))
		return err
	}
	return nil
}

func (r *Reactor) control(fd int, events uint32) error {
	return unix.EpollCtl(r.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)})
}

// Again has a socket served anew, after those that wait now, if it still has something. A failure is that of a reactor that has ended.
func (r *Reactor) Again(s *Socket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.served[int32(s.FD)] != nil {
		_ = unix.EpollCtl(r.epoll, unix.EPOLL_CTL_MOD, s.FD, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: int32(s.FD)})
	}
}

func (r *Reactor) start() (err error) {
	if r.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	if r.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err == nil {
		err = r.control(r.wake, unix.EPOLLIN)
	}
	if err != nil {
		unix.Close(r.epoll)
		return err
	}
	r.running, r.served = true, make(map[int32]*watch)
	epoll := r.epoll
	run.Go(&r.wg, r.log, "rtp reactor", func() { r.loop(epoll) })
	return nil
}

func (r *Reactor) loop(epoll int) {
	events := make([]unix.EpollEvent, readyAtOnce)
	for {
		n, err := unix.EpollWait(epoll, events, -1)
		if err != nil && err != unix.EINTR {
			r.log.Error("rtp: waiting for packets failed", "error", err)
			return
		}
		for _, e := range events[:max(n, 0)] {
			if e.Fd == int32(r.wake) {
				if r.over() {
					return
				}
				continue
			}
			r.serve(e.Fd)
		}
	}
}

func (r *Reactor) serve(fd int32) {
	r.mu.Lock()
	w := r.served[fd]
	r.mu.Unlock()
	if w == nil || !w.socket.Acquire() {
		return
	}
	defer w.socket.Release()
	defer run.Recover(r.log, "rtp leg")
	w.serve()
}

// remove forgets a socket, before its descriptor is closed.
func (r *Reactor) remove(s *Socket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.served, int32(s.FD))
	if len(r.served) == 0 && r.running {
		_, _ = unix.Write(r.wake, binary.NativeEndian.AppendUint64(nil, 1))
	}
}

// over ends the reactor if it has nothing to watch.
func (r *Reactor) over() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	var count [8]byte
	_, _ = unix.Read(r.wake, count[:])
	if len(r.served) > 0 {
		return false
	}
	unix.Close(r.epoll)
	unix.Close(r.wake)
	r.running = false
	return true
}
