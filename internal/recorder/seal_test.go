package recorder

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"santra/internal/errs"
	"santra/internal/protocol/media"
)

// recorded makes a finished object of three pieces, the last one short; it gives what was said.
func recorded(t *testing.T, m *memory, v vault, r Row) []byte {
	t.Helper()
	w, err := beginObject(t.Context(), m, v, r, &scratch{})
	must(t, err)
	var said []byte
	for n, frames := range []int{pieceFrames, pieceFrames, 1234} {
		must(t, w.piece(t.Context(), sound(frames, n)))
		said = append(said, sound(frames, n)...)
	}
	sum, err := w.finish(t.Context(), marks{gaps: 5})
	must(t, err)
	o, err := openObject(t.Context(), m, v, r)
	must(t, err)
	if again, err := o.sum(t.Context()); err != nil || again != sum {
		t.Fatal("the hash is not the object's", err)
	}
	return said
}

func audioOf(t *testing.T, m *memory, v vault, r Row) (*Audio, error) {
	t.Helper()
	o, err := openObject(t.Context(), m, v, r)
	if err != nil {
		return nil, err
	}
	x, err := o.readIndex(t.Context())
	if err != nil {
		return nil, err
	}
	return newAudio(t.Context(), o, x, func() error { return nil }), nil
}

func TestWhatWasSaidIsHeard(t *testing.T) {
	m, v, r := newMemory(), testVault(t), testRow()
	said := recorded(t, m, v, r)
	a, err := audioOf(t, m, v, r)
	must(t, err)
	wav, err := media.ReadWAV(bytes.NewReader(readAll(t, a)))
	must(t, err)
	if !bytes.Equal(wav.Data, said) || wav.Channels != 2 || wav.Rate != Rate || wav.Format != media.ALawWAV {
		t.Fatal("not what was said")
	}
	x := a.Index()
	if x.Frames != 2*pieceFrames+1234 || x.Gaps != 5 || x.Pieces != 3 || len(x.Peaks) != 2*(10+10+2) {
		t.Errorf("%+v", x)
	}
	if bytes.Contains(m.objects[blobKey(r)], said[:64]) {
		t.Error("sound stands in the object as it is")
	}
}

// TestRanges: any range of the stream is the same bytes as those of the whole.
func TestRanges(t *testing.T) {
	m, v, r := newMemory(), testVault(t), testRow()
	recorded(t, m, v, r)
	a, err := audioOf(t, m, v, r)
	must(t, err)
	whole := readAll(t, a)
	if int64(len(whole)) != a.Size() {
		t.Fatal(len(whole), a.Size())
	}
	rapid.Check(t, func(t *rapid.T) {
		off := rapid.Int64Range(0, a.Size()).Draw(t, "offset")
		n := rapid.IntRange(0, 40000).Draw(t, "length")
		if _, err := a.Seek(off, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(io.LimitReader(a, int64(n)))
		if err != nil || !bytes.Equal(got, whole[off:min(a.Size(), off+int64(n))]) {
			t.Fatal("another range", err)
		}
	})
	if _, err := a.Seek(-1, io.SeekStart); err == nil {
		t.Error("a seek before the beginning")
	}
	if at, err := a.Seek(0, io.SeekEnd); err != nil || at != a.Size() {
		t.Error(at, err)
	}
}

// TestEveryChangeIsFound: whatever byte is altered, wherever the object is cut, whichever pieces are exchanged.
func TestEveryChangeIsFound(t *testing.T) {
	m, v, r := newMemory(), testVault(t), testRow()
	recorded(t, m, v, r)
	key := blobKey(r)
	good := m.objects[key]
	o, err := openObject(t.Context(), m, v, r)
	must(t, err)
	h := int(o.head)
	swapped := slices.Concat(good[:h], good[h+pieceSealed:h+2*pieceSealed], good[h:h+pieceSealed], good[h+2*pieceSealed:])
	dropped := slices.Concat(good[:h+pieceSealed], good[h+2*pieceSealed:])
	repeated := slices.Concat(good[:h+pieceSealed], good[h:h+pieceSealed], good[h+2*pieceSealed:])
	for name, bad := range map[string][]byte{
		"swapped": swapped, "dropped": dropped, "repeated": repeated, "no index": good[:len(good)-8],
		"index only": good[len(good)-8:], "empty": nil, "longer": append(slices.Clone(good), 0),
	} {
		m.objects[key] = bad
		if verifies(t, m, v, r) {
			t.Errorf("%s passes", name)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		bad := slices.Clone(good)
		bad[rapid.IntRange(0, len(bad)-1).Draw(rt, "at")] ^= byte(rapid.IntRange(1, 255).Draw(rt, "by"))
		m.objects[key] = bad
		if verifies(t, m, v, r) {
			rt.Fatal("an altered byte passes")
		}
		m.objects[key] = good[:rapid.IntRange(0, len(good)-1).Draw(rt, "cut")]
		if verifies(t, m, v, r) {
			rt.Fatal("a cut object passes")
		}
	})
	m.objects[key] = good
	if !verifies(t, m, v, r) {
		t.Fatal("the good one does not")
	}
}

func verifies(t *testing.T, m *memory, v vault, r Row) bool {
	o, err := openObject(context.Background(), m, v, r)
	if err != nil {
		return false
	}
	_, err = o.verify(t.Context())
	return err == nil
}

// TestPiecesBelongToTheirRecording: with one key, an object moved to another recording's place does not open.
func TestPiecesBelongToTheirRecording(t *testing.T) {
	m, v, r := newMemory(), testVault(t), testRow()
	recorded(t, m, v, r)
	other := r
	other.Key = testRow().Key
	m.objects[blobKey(other)] = m.objects[blobKey(r)]
	if verifies(t, m, v, other) {
		t.Fatal("another recording's object opens")
	}
}

func TestWrongKeyAndDestroyedKey(t *testing.T) {
	m, v, r := newMemory(), testVault(t), testRow()
	recorded(t, m, v, r)
	other := r
	other.KeyRef = keyRef("parks", r.Destroy)
	_, err := v.wrap("parks", r.Destroy, make([]byte, recordingKeySize))
	must(t, err)
	if _, err := openObject(t.Context(), m, v, other); err == nil {
		t.Error("another agency's key opens it")
	}
	must(t, v.destroy("water", r.Destroy))
	if _, err := openObject(t.Context(), m, v, r); !errs.Is(err, errs.Gone) {
		t.Error("after the key's destruction:", err)
	}
}

// TestIngestingReadsNoSecret: once the day's key exists, wrapping works without the identity.
func TestIngestingReadsNoSecret(t *testing.T) {
	v := testVault(t)
	key := make([]byte, recordingKeySize)
	a, err := v.wrap("water", "2027-05-23", key)
	must(t, err)
	secret, err := v.ring.Get(keyRef("water", "2027-05-23"))
	must(t, err, v.ring.Destroy(keyRef("water", "2027-05-23")))
	b, err := v.wrap("water", "2027-05-23", key)
	must(t, err)
	if bytes.Equal(a, b) {
		t.Error("wrapping is not randomised")
	}
	must(t, v.ring.Put(keyRef("water", "2027-05-23"), secret))
	for _, wrapped := range [][]byte{a, b} {
		if got, err := v.unwrap(keyRef("water", "2027-05-23"), wrapped); err != nil || !bytes.Equal(got, key) {
			t.Error(err)
		}
	}
}

// TestResume: an object cut anywhere while it grew comes back with its whole pieces, and can be closed and heard.
func TestResume(t *testing.T) {
	m, v, r := newMemory(), testVault(t), testRow()
	said := recorded(t, m, v, r)
	good := m.objects[blobKey(r)]
	o, err := openObject(t.Context(), m, v, r)
	must(t, err)
	rapid.Check(t, func(rt *rapid.T) {
		cut := rapid.IntRange(int(o.head), int(o.head)+sealedLen(said)-1).Draw(rt, "cut")
		m.objects[blobKey(r)] = slices.Clone(good[:cut])
		w, err := resumeObject(t.Context(), m, v, r)
		if err != nil {
			rt.Fatal(err)
		}
		whole := (cut - int(o.head)) / pieceSealed
		if w.index.Pieces != whole {
			rt.Fatalf("%d pieces of %d", w.index.Pieces, whole)
		}
		if _, err := w.finish(t.Context(), marks{gaps: 0}); err != nil {
			rt.Fatal(err)
		}
		a, err := audioOf(t, m, v, r)
		if err != nil {
			rt.Fatal(err)
		}
		if got := readAll(t, a)[media.WAVHeaderLen:]; !bytes.Equal(got, said[:whole*piecePlain]) {
			rt.Fatal("not what was said")
		}
	})
}

func sealedLen(said []byte) int { return int(sealedSize(int64(len(said) / frameBytes))) }

// TestFullDisk: what was written stays readable; the piece that did not fit is gone.
func TestFullDisk(t *testing.T) {
	m, v, r := newMemory(), testVault(t), testRow()
	w, err := beginObject(t.Context(), m, v, r, &scratch{})
	must(t, err, w.piece(t.Context(), sound(pieceFrames, 0)))
	m.room = 9000
	if err := w.piece(t.Context(), sound(pieceFrames, 1)); !errs.Is(err, errs.Unavailable) {
		t.Fatal(err)
	}
	again, sum, err := w.salvage(t.Context(), v, r, marks{})
	must(t, err)
	a, err := audioOf(t, m, v, r)
	must(t, err)
	if got := readAll(t, a)[media.WAVHeaderLen:]; !bytes.Equal(got, sound(pieceFrames, 0)) || sum == "" || again.index.Pieces != 1 {
		t.Fatal("not what was said")
	}
}

func TestNothingFollowsAShortPiece(t *testing.T) {
	m, v, r := newMemory(), testVault(t), testRow()
	w, err := beginObject(t.Context(), m, v, r, &scratch{})
	must(t, err, w.piece(t.Context(), sound(10, 0)))
	for _, p := range [][]byte{sound(10, 1), make([]byte, 3), make([]byte, piecePlain+2)} {
		if err := w.piece(t.Context(), p); err == nil {
			t.Error("a piece after the last")
		}
	}
	if _, err := beginObject(t.Context(), m, v, r, &scratch{}); !errs.Is(err, errs.Conflict) {
		t.Error(err)
	}
}

// TestAudioStopsWhenItsPlayEnds: the check is asked before each piece.
func TestAudioStopsWhenItsPlayEnds(t *testing.T) {
	m, v, r := newMemory(), testVault(t), testRow()
	recorded(t, m, v, r)
	a, err := audioOf(t, m, v, r)
	must(t, err)
	ended := errors.New("ended")
	left := 3
	a.check = func() error {
		if left--; left < 0 {
			return ended
		}
		return nil
	}
	if _, err := io.ReadAll(a); !errors.Is(err, ended) {
		t.Fatal(err)
	}
}

func FuzzReadHead(f *testing.F) {
	f.Add([]byte(headMagic + "\x00\x04abcd"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, r := newMemory(), Row{Key: "x", Date: "d"}
		m.objects[blobKey(r)] = b
		o := &object{blobs: m, key: blobKey(r), size: int64(len(b))}
		if wrapped, err := o.readHead(context.Background()); err == nil && len(wrapped) > maxWrapped {
			t.Fatal("too long")
		}
		s, _ := newSealer("x", make([]byte, recordingKeySize))
		o.sealer = s
		if _, err := o.readIndex(context.Background()); err == nil {
			t.Fatal("an index that nobody sealed")
		}
	})
}
