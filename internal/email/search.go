package email

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/swedish"
	"golang.org/x/text/unicode/norm"

	"santra/internal/audit"
	"santra/internal/email/archive"
	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/protocol/mail"
)

// Limits of search.
const (
	MaxLexemes  = 4000   // of one message
	MaxWord     = 64     // bytes of a word
	MaxWords    = 12     // of one search
	maxHits     = 20_000 // messages looked at for one word
	lexBatch    = 50
	lexRetry    = 5 * time.Second
	lexBusy     = 8                     // mails being acknowledged at once: more, and the search index waits,
	lexPause    = 50 * time.Millisecond // looking again so often,
	lexPatience = 10 * time.Second      // at most so long for each batch
)

// words splits a text as both the index and a search do: NFC, lower case, letters and digits.
func words(text string) []string {
	var out []string
	for w := range strings.FieldsFuncSeq(strings.ToLower(norm.NFC.String(text)), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }) {
		if len(w) <= MaxWord {
			out = append(out, w)
		}
	}
	return out
}

// forms gives a word as it is and its Finnish, Swedish and English stems.
func forms(word string) []string {
	out := []string{word}
	for _, stem := range []func(*snowballstem.Env) bool{finnish.Stem, swedish.Stem, english.Stem} {
		env := snowballstem.NewEnv(word)
		stem(env)
		if s := env.Current(); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// lexeme is what a form is in the index: an HMAC, from which no word can be read.
func (s *Service) lexeme(agency, form string) (int64, error) {
	sum, err := s.index(agency, "lexeme", form)
	if err != nil {
		return 0, err
	}
	return number(sum), nil
}

func (s *Service) addressLexeme(agency, address string) (int64, error) {
	sum, err := s.index(agency, "lexeme-address", strings.ToLower(strings.TrimSpace(address)))
	if err != nil {
		return 0, err
	}
	return number(sum), nil
}

// lexemes gives those of a message: its words and its addresses.
func (s *Service) lexemes(st archive.Stored) ([]int64, error) {
	p := mail.Parse(st.Raw)
	set := map[int64]bool{}
	for _, address := range addressesOf(st, p) {
		n, err := s.addressLexeme(st.Agency, address)
		if err != nil {
			return nil, err
		}
		set[n] = true
	}
	seen := map[string]bool{}
	for _, w := range words(p.Subject + "\n" + p.Text) {
		if len(set) >= MaxLexemes {
			break
		}
		if seen[w] {
			continue
		}
		seen[w] = true
		for _, form := range forms(w) {
			n, err := s.lexeme(st.Agency, form)
			if err != nil {
				return nil, err
			}
			set[n] = true
		}
	}
	return slices.Sorted(maps.Keys(set)), nil
}

func addressesOf(st archive.Stored, p *mail.Parsed) []string {
	out := append([]string{st.Envelope.From.Reveal()}, st.Envelope.To...)
	for _, list := range [][]mail.Mailbox{p.From, p.To, p.Cc, p.ReplyTo} {
		for _, m := range list {
			out = append(out, m.Address.Reveal())
		}
	}
	return slices.DeleteFunc(out, func(a string) bool { return a == "" })
}

// lexLoop fills the search index behind the indexer, so that a case is seen before it can be searched.
func (s *Service) lexLoop() {
	for {
		err := s.lexAll(s.ctx)
		wait := make(<-chan time.Time)
		if err != nil && s.ctx.Err() == nil {
			s.cfg.Log.Error("mail lexemes", "err", err)
			wait = time.After(lexRetry)
		}
		select {
		case <-s.lexes:
		case <-wait:
		case <-s.ctx.Done():
			return
		}
	}
}

func (s *Service) lexAll(ctx context.Context) error {
	s.lexing.Lock()
	defer s.lexing.Unlock()
	for {
		s.giveWay(ctx)
		rows, err := s.cfg.Store.Unlexed(ctx, lexBatch)
		if err != nil || len(rows) == 0 || ctx.Err() != nil {
			return err
		}
		if err := s.lex(ctx, rows); err != nil {
			return err
		}
	}
}

// giveWay lets a burst of mail be acknowledged first: what is searched for later can wait.
func (s *Service) giveWay(ctx context.Context) {
	for end := time.Now().Add(lexPatience); s.arriving.Load() > lexBusy && time.Now().Before(end); {
		select {
		case <-time.After(lexPause):
		case <-ctx.Done():
			return
		}
	}
}

// lex indexes a batch of messages for search; a damaged one has no words.
func (s *Service) lex(ctx context.Context, rows []MessageRow) error {
	lists := make([][]int64, len(rows))
	for i, m := range rows {
		st, err := s.archive.Read(ctx, m.Ref())
		if _, hurt := errors.AsType[*archive.Damage](err); hurt || errs.Is(err, errs.Gone) {
			continue
		}
		if err != nil {
			return err
		}
		if lists[i], err = s.lexemes(st); err != nil {
			return err
		}
	}
	entry := audit.Entry{Action: ActionLexed, Actor: audit.System, Detail: map[string]string{"messages": strconv.Itoa(len(rows))}, Success: true}
	return s.cfg.Store.Do(ctx, []audit.Entry{entry}, func(tx Tx) error {
		for i, m := range rows {
			if err := tx.AddLexemes(ctx, m, lists[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// SearchArchive finds archived messages of one agency, newest first, for its manager or an expert with a purpose. It is
// logged before anything is looked up (M13); the words searched for are not in the log.
func (s *Service) SearchArchive(ctx context.Context, p identity.Principal, purpose, reason string, f ArchiveFilter) ([]Summary, error) {
	entry := audit.Entry{Action: ActionSearched, Actor: p.Person, Agency: f.Agency, Purpose: purpose, Reason: reason}
	if err := s.admit(ctx, p, identity.ArchiveSearch, entry); err != nil {
		return nil, err
	}
	if !slices.Contains(s.cfg.Mailboxes.Agencies(), f.Agency) { // nor is a key made for it
		return nil, errs.At(errs.NotFound, "agency", "there is no such agency")
	}
	if f.Limit <= 0 || f.Limit > MaxFound {
		f.Limit = MaxFound
	}
	if f.To.IsZero() {
		f.To = far()
	}
	rows, err := s.find(ctx, f)
	if err != nil {
		return nil, err
	}
	out := make([]Summary, 0, len(rows))
	for _, m := range rows {
		sum, err := s.summary(m)
		if err != nil {
			return nil, err
		}
		out = append(out, sum)
	}
	return out, nil
}

// admit checks right and purpose and writes the entry; a refusal is written, too.
func (s *Service) admit(ctx context.Context, p identity.Principal, a identity.Action, entry audit.Entry) error {
	err := p.May(a, entry.Agency)
	if err == nil && (entry.Agency == "" || entry.Purpose == "") {
		return errs.At(errs.Invalid, "purpose", "an agency and a purpose are needed")
	}
	if err == nil && s.cfg.Purpose != nil {
		err = s.cfg.Purpose(entry.Purpose)
	}
	if errs.Is(err, errs.Unauthenticated) {
		return err
	}
	entry.Success = err == nil
	if logged := s.cfg.Store.Do(ctx, []audit.Entry{entry}, func(Tx) error { return nil }); err == nil {
		err = logged
	}
	return err
}

// find gives the rows that match, newest first.
func (s *Service) find(ctx context.Context, f ArchiveFilter) ([]MessageRow, error) {
	groups, err := s.wanted(f)
	if err != nil {
		return nil, err
	}
	if len(groups) == 0 {
		rows, err := s.cfg.Store.MessagesBetween(ctx, f.Agency, f.From, f.To, f.Limit)
		return slices.DeleteFunc(rows, func(m MessageRow) bool { return f.Queue != "" && m.Queue != f.Queue }), err
	}
	hits, err := s.intersect(ctx, f, groups)
	if err != nil {
		return nil, err
	}
	var out []MessageRow
	for _, h := range hits {
		m, err := s.cfg.Store.Message(ctx, h.Message)
		if err != nil {
			return nil, err
		}
		if f.Queue == "" || m.Queue == f.Queue {
			out = append(out, m)
		}
		if len(out) == f.Limit {
			break
		}
	}
	return out, nil
}

// wanted gives for each thing asked for the lexemes of which a message must have one.
func (s *Service) wanted(f ArchiveFilter) ([][]int64, error) {
	var groups [][]int64
	for _, w := range words(f.Text) {
		if len(groups) == MaxWords {
			break
		}
		var group []int64
		for _, form := range forms(w) {
			n, err := s.lexeme(f.Agency, form)
			if err != nil {
				return nil, err
			}
			group = append(group, n)
		}
		groups = append(groups, group)
	}
	if !f.Address.IsZero() {
		n, err := s.addressLexeme(f.Agency, f.Address.Reveal())
		if err != nil {
			return nil, err
		}
		groups = append(groups, []int64{n})
	}
	return groups, nil
}

// intersect gives the messages that have a lexeme of every group, newest first.
func (s *Service) intersect(ctx context.Context, f ArchiveFilter, groups [][]int64) ([]Hit, error) {
	var left map[string]Hit
	for _, group := range groups {
		found := map[string]Hit{}
		for _, n := range group {
			hits, err := s.cfg.Store.WithLexeme(ctx, f.Agency, n, f.From, f.To, maxHits)
			if err != nil {
				return nil, err
			}
			for _, h := range hits {
				if _, ok := left[h.Message]; ok || left == nil {
					found[h.Message] = h
				}
			}
		}
		left = found
	}
	return slices.SortedFunc(maps.Values(left), func(a, b Hit) int {
		if c := b.At.Compare(a.At); c != 0 {
			return c
		}
		return strings.Compare(a.Message, b.Message)
	}), nil
}

// OpenArchived reads one archived message for the agency's manager or an expert with a purpose; logged before the bytes
// leave (M13).
func (s *Service) OpenArchived(ctx context.Context, p identity.Principal, purpose, reason, messageID string) (Message, error) {
	m, err := s.admitted(ctx, p, purpose, reason, messageID)
	if err != nil {
		return Message{}, err
	}
	return s.shown(ctx, m)
}

// OpenArchivedRaw is OpenArchived for the bytes as they came.
func (s *Service) OpenArchivedRaw(ctx context.Context, p identity.Principal, purpose, reason, messageID string) ([]byte, error) {
	m, err := s.admitted(ctx, p, purpose, reason, messageID)
	if err != nil {
		return nil, err
	}
	st, err := s.archive.Read(ctx, m.Ref())
	return st.Raw, err
}

func (s *Service) admitted(ctx context.Context, p identity.Principal, purpose, reason, messageID string) (MessageRow, error) {
	m, err := s.cfg.Store.Message(ctx, messageID)
	if err != nil {
		return m, err
	}
	entry := audit.Entry{Action: ActionRead, Actor: p.Person, Agency: m.Agency, Object: m.ID, Purpose: purpose, Reason: reason, Detail: map[string]string{"sha256": m.SHA256}}
	return m, s.admit(ctx, p, identity.ArchiveRead, entry)
}
