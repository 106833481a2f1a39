package audit

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"santra/internal/errs"
)

// Checkpoint is the head of the tree as C2SP tlog-checkpoint writes it: origin, size and root, signed as a C2SP signed note,
// so that outside witnesses can cosign it.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
}

const (
	checkpointLines = 3
	maxCheckpoint   = 64 << 10 // bytes of an exported checkpoint that we read
)

func (c Checkpoint) text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]))
}

// ParseCheckpoint reads the text of a checkpoint (the note without its signatures); lines after the third are extensions
// and left alone (C2SP tlog-checkpoint).
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.SplitN(text, "\n", checkpointLines+1)
	if len(lines) <= checkpointLines || lines[0] == "" {
		return Checkpoint{}, errs.New(errs.Invalid, "audit: a checkpoint has an origin, a size and a root, each on its line")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return Checkpoint{}, errs.New(errs.Invalid, "audit: the checkpoint's size is no decimal number")
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return Checkpoint{}, errs.New(errs.Invalid, "audit: the checkpoint's root is no base64 of %d bytes", tlog.HashSize)
	}
	return Checkpoint{lines[0], size, tlog.Hash(root)}, nil
}

func (l *Log) sign(c Checkpoint) (string, error) {
	signed, err := note.Sign(&note.Note{Text: c.text()}, l.signer)
	if err != nil {
		return "", fmt.Errorf("audit: %w", err)
	}
	return string(signed), nil
}

// Open checks the signature of a checkpoint of this log and reads it; "" is the empty tree.
func (l *Log) Open(signed string) (Checkpoint, error) {
	if signed == "" {
		return Checkpoint{Origin: l.cfg.Origin}, nil
	}
	n, err := note.Open([]byte(signed), note.VerifierList(l.verifier))
	if err != nil {
		return Checkpoint{}, errs.New(errs.Invalid, "audit: the checkpoint is not signed by this log's key: %w", err)
	}
	c, err := ParseCheckpoint(n.Text)
	if err == nil && c.Origin != l.cfg.Origin {
		err = errs.New(errs.Invalid, "audit: the checkpoint is of another log")
	}
	return c, err
}

// Key is the log's public key in the form that note.NewVerifier reads: what an outside witness is given.
func (l *Log) Key() string { return l.public }

// signerOf makes the signer and its public key from a seed of 32 bytes.
func signerOf(origin string, seed []byte) (note.Signer, string, error) {
	if len(seed) != ed25519.SeedSize {
		return nil, "", errs.New(errs.Invalid, "audit: the signing key is no seed of %d bytes", ed25519.SeedSize)
	}
	public, err := note.NewEd25519VerifierKey(origin, ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey))
	if err != nil {
		return nil, "", fmt.Errorf("audit: %w", err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		return nil, "", errs.New(errs.Invalid, "audit: origin %q: %w", origin, err)
	}
	// The private form of package note: PRIVATE+KEY+name+hash+base64(algorithm 1, seed).
	private := fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", origin, verifier.KeyHash(), base64.StdEncoding.EncodeToString(append([]byte{1}, seed...)))
	signer, err := note.NewSigner(private)
	if err != nil {
		return nil, "", errs.New(errs.Invalid, "audit: origin %q: %w", origin, err)
	}
	return signer, public, nil
}

// continued gives the newest checkpoint of the database after checking that the stored tree still is the one that was
// signed, and the one that was exported.
func (l *Log) continued(ctx context.Context) (Checkpoint, error) {
	out, err := l.exported() // first: another integrator commits before it exports
	if err != nil {
		return Checkpoint{}, err
	}
	signed, err := l.cfg.Store.Checkpoint(ctx)
	if err != nil {
		return Checkpoint{}, err
	}
	last, err := l.Open(signed)
	if err != nil {
		return Checkpoint{}, err
	}
	for _, c := range []Checkpoint{last, out} {
		if err := l.holds(ctx, c, last.Size); err != nil {
			return Checkpoint{}, err
		}
	}
	return last, nil
}

// holds checks that the stored tree of size leaves begins with the tree of c.
func (l *Log) holds(ctx context.Context, c Checkpoint, size int64) error {
	if c.Size == 0 {
		return nil
	}
	if c.Size > size {
		return errs.New(errs.Conflict, "audit: a checkpoint of %d entries was exported, the database has %d", c.Size, size)
	}
	root, err := tlog.TreeHash(c.Size, l.reader(ctx))
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	if root != c.Root {
		return errs.New(errs.Conflict, "audit: the tree of the first %d entries is not the one that was signed", c.Size)
	}
	return nil
}

// exported reads the checkpoint outside the database; the empty tree where there is none.
func (l *Log) exported() (Checkpoint, error) {
	if l.cfg.Export == "" {
		return l.Open("")
	}
	text, err := os.ReadFile(l.cfg.Export)
	if errors.Is(err, fs.ErrNotExist) {
		return l.Open("")
	}
	if err != nil {
		return Checkpoint{}, fmt.Errorf("audit: %w", err)
	}
	if len(text) > maxCheckpoint {
		return Checkpoint{}, errs.New(errs.TooLarge, "audit: the exported checkpoint is over %d bytes", maxCheckpoint)
	}
	return l.Open(string(text))
}

// export writes a checkpoint to its file, whole and durable or not at all.
func (l *Log) export(signed string) error {
	if l.cfg.Export == "" {
		return nil
	}
	dir := filepath.Dir(l.cfg.Export)
	tmp, err := os.CreateTemp(dir, ".checkpoint-*")
	if err != nil {
		return errs.New(errs.Unavailable, "audit: export: %w", err)
	}
	defer os.Remove(tmp.Name())
	_, werr := tmp.WriteString(signed)
	if err := errors.Join(werr, tmp.Sync(), tmp.Close(), os.Rename(tmp.Name(), l.cfg.Export)); err != nil {
		return errs.New(errs.Unavailable, "audit: export: %w", err)
	}
	return nil
}
