// Package prompts keeps the sound of the city's own: prompts that people hand in as WAV files or have spoken by a command, each a
// version with who and when. One version of a name is heard in place of the built-in prompt; which, is a change that is logged.
//
// It owns versions and their rules. What makes sound fit for the telephone is protocol/media/studio's. It must not know calls or people.
package prompts

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"santra/internal/agency"
	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/protocol/media"
	"santra/internal/protocol/media/studio"
)

// The actions of this room in the audit log. The object is the prompt: "fi/welcome".
const (
	Added   = "prompt.added"
	Removed = "prompt.removed"
	Heard   = "prompt.heard"   // from now on this version is played
	Unheard = "prompt.unheard" // from now on the built-in one is, or none
)

// Limits.
const (
	MaxNames = 500                // different prompts, languages counted each
	MaxKept  = 30                 // versions of one prompt; remove old ones before more are added
	MaxList  = MaxNames * MaxKept // versions in all
	MaxText  = 1000               // characters to speak
	maxSlug  = 40                 // of a name
	nameSet  = "abcdefghijklmnopqrstuvwxyz0123456789-"
)

// Sources of a version.
const (
	Uploaded = "upload"
	Spoken   = "speech"
)

// Version is one recording of a prompt. It never changes.
type Version struct {
	ID     string
	Lang   agency.Lang
	Name   string // slug
	At     time.Time
	By     string // person id
	Source string // Uploaded or Spoken
	Text   string // what it says; of an upload what its sender wrote, or ""
	Length time.Duration
	Hash   string // of the narrow sound: media.Clip.Version
	Heard  bool   // is played in place of the built-in one
}

// object names the prompt in the log.
func (v Version) object() string { return string(v.Lang) + "/" + v.Name }

// Sound is the sound of a version.
type Sound struct {
	Narrow []byte // A-law, 8 kHz
	Wide   []byte // linear PCM, 16 bits little endian, studio.WideRate; empty where there is none
}

// Store keeps versions.
type Store interface {
	// DoPrompts runs one change with its audit entry in one transaction; f may run several times.
	DoPrompts(ctx context.Context, e audit.Entry, f func(Tx) error) error
	// Prompts gives versions by language and name, newest first, at most limit.
	Prompts(ctx context.Context, limit int) ([]Version, error)
	// Prompt gives one version with its sound; errs.NotFound without it.
	Prompt(ctx context.Context, id string) (Version, Sound, error)
	// HeardPrompts gives those that are heard (ID, Lang, Name, Text and Hash), at most limit.
	HeardPrompts(ctx context.Context, limit int) ([]Version, error)
}

// Tx is what a change may do.
type Tx interface {
	// Add stores a version.
	Add(ctx context.Context, v Version, s Sound) error
	// Count tells how many versions of a prompt are kept, and how many different prompts.
	Count(ctx context.Context, lang agency.Lang, name string) (versions, names int, err error)
	// Remove removes a version that is not heard; errs.NotFound without one.
	Remove(ctx context.Context, id string) error
	// Hear makes a version the one that is heard.
	Hear(ctx context.Context, v Version) error
	// Unhear makes none of a prompt heard; errs.NotFound where none is.
	Unhear(ctx context.Context, lang agency.Lang, name string) error
}

// Config sets up a Service.
type Config struct {
	Store  Store
	Speech Command             // speaks texts; none: Speak is refused
	City   func() *agency.City // whose flows name prompts; nil for none
}

// Service is the city's own prompts. Its methods may be called at once.
type Service struct {
	cfg  Config
	work chan struct{} // one conversion at a time: they take memory
}

// New makes the service.
func New(cfg Config) *Service { return &Service{cfg: cfg, work: make(chan struct{}, 1)} }

// Speaks tells whether a speech command is configured.
func (s *Service) Speaks() bool { return len(s.cfg.Speech) > 0 }

// List gives all versions by language and name, newest first.
func (s *Service) List(ctx context.Context) ([]Version, error) {
	return s.cfg.Store.Prompts(ctx, MaxList)
}

// Upload keeps a WAV file (see studio.Prepare for what is read and done) as a new version of a prompt, in the name of by. text is
// what it says, for readers; it may be "". The version is not heard yet: listen (Play), then Hear. errs.Invalid and errs.TooLarge say
// what is wrong with name, text or file.
func (s *Service) Upload(ctx context.Context, by string, lang agency.Lang, name, text string, wav []byte) (Version, studio.Report, error) {
	v, err := newVersion(by, lang, name, text, Uploaded)
	if err != nil {
		return Version{}, studio.Report{}, err
	}
	return s.keep(ctx, v, wav)
}

// Speak is Upload of what the configured command makes of a text; errs.Unavailable where none is configured or it fails.
func (s *Service) Speak(ctx context.Context, by string, lang agency.Lang, name, text string) (Version, studio.Report, error) {
	v, err := newVersion(by, lang, name, text, Spoken)
	if err == nil && v.Text == "" {
		err = errs.At(errs.Invalid, "text", "is missing: say what is to be spoken")
	}
	if err != nil {
		return Version{}, studio.Report{}, err
	}
	wav, err := s.cfg.Speech.Speak(ctx, lang, v.Text)
	if err != nil {
		return Version{}, studio.Report{}, err
	}
	return s.keep(ctx, v, wav)
}

// newVersion checks what is known before there is a sound.
func newVersion(by string, lang agency.Lang, name, text, source string) (Version, error) {
	text = strings.TrimSpace(text)
	switch {
	case by == "" || len(by) > audit.MaxName:
		return Version{}, errs.At(errs.Invalid, "by", "nobody hands it in")
	case !slices.Contains(agency.Langs(), lang):
		return Version{}, errs.At(errs.Invalid, "lang", "must be fi, sv or en")
	case name == "" || len(name) > maxSlug || name[0] == '-' || strings.Trim(name, nameSet) != "":
		return Version{}, errs.At(errs.Invalid, "name", "must be 1–%d of a–z, 0–9 and -", maxSlug)
	case utf8.RuneCountInString(text) > MaxText:
		return Version{}, errs.At(errs.TooLarge, "text", "is over %d characters", MaxText)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return Version{}, errs.At(errs.Invalid, "text", "must be one line")
	}
	return Version{ID: id.New(), Lang: lang, Name: name, By: by, Source: source, Text: text}, nil
}

// keep converts and stores.
func (s *Service) keep(ctx context.Context, v Version, wav []byte) (Version, studio.Report, error) {
	sound, err := s.prepare(ctx, v, wav)
	if err != nil {
		return Version{}, studio.Report{}, err
	}
	v.At, v.Length, v.Hash = time.Now().UTC().Truncate(time.Microsecond), sound.Length(), sound.Narrow.Version()
	e := v.entry(Added, v.By)
	e.Detail["source"], e.Detail["length"] = v.Source, v.Length.String()
	err = s.cfg.Store.DoPrompts(ctx, e, func(tx Tx) error {
		versions, names, err := tx.Count(ctx, v.Lang, v.Name)
		switch {
		case err != nil:
			return err
		case versions >= MaxKept:
			return errs.At(errs.TooLarge, "name", "there are %d versions of %s: remove old ones first", versions, v.object())
		case versions == 0 && names >= MaxNames:
			return errs.At(errs.TooLarge, "name", "there are %d prompts: remove some first", names)
		}
		return tx.Add(ctx, v, Sound{Narrow: sound.Narrow.ALaw(), Wide: wide(sound)})
	})
	return v, sound.Report, err
}

// entry is the log's, without the text: that may be long.
func (v Version) entry(action, by string) audit.Entry {
	return audit.Entry{Action: action, Actor: by, Object: v.object(), Success: true, Detail: map[string]string{"version": v.ID, "hash": v.Hash}}
}

// prepare converts, one file at a time.
func (s *Service) prepare(ctx context.Context, v Version, wav []byte) (studio.Sound, error) {
	select {
	case s.work <- struct{}{}:
		defer func() { <-s.work }()
	case <-ctx.Done():
		return studio.Sound{}, ctx.Err()
	}
	sound, err := studio.Prepare(wav)
	if err != nil {
		return studio.Sound{}, err
	}
	if IsNotice(v.Name) && sound.Length() < media.MinAnnouncement {
		return studio.Sound{}, errs.At(errs.Invalid, "file", "lasts %v: a recording announcement lasts at least %v", sound.Length(), media.MinAnnouncement)
	}
	return sound, nil
}

// IsNotice tells whether a prompt is a recording announcement (M4), a built-in one or the city's own for a flow.
func IsNotice(name string) bool {
	return slices.Contains(media.Notices(), name) || strings.HasPrefix(name, agency.AnnouncementPrompt+"-")
}

// wide gives the wide copy as bytes.
func wide(s studio.Sound) []byte {
	if len(s.Wide) == 0 {
		return []byte{}
	}
	return s.WAV().Data
}

// Play gives a version as a WAV file to listen to.
func (s *Service) Play(ctx context.Context, version string) ([]byte, error) {
	_, sound, err := s.cfg.Store.Prompt(ctx, version)
	if err != nil {
		return nil, err
	}
	f := media.WAV{WAVSpec: media.WAVSpec{Format: media.ALawWAV, Rate: media.SampleRate, Channels: 1}, Data: sound.Narrow}
	if len(sound.Wide) > 0 {
		f = media.WAV{WAVSpec: media.WAVSpec{Format: media.PCM16, Rate: studio.WideRate, Channels: 1}, Data: sound.Wide}
	}
	var out bytes.Buffer
	err = media.WriteWAV(&out, f)
	return out.Bytes(), err
}

// Hear makes a version the one that is played, in the name of by; errs.NotFound without it. Running calls hear the one that they began.
func (s *Service) Hear(ctx context.Context, by, version string) error {
	v, _, err := s.cfg.Store.Prompt(ctx, version)
	if err != nil {
		return err
	}
	return s.cfg.Store.DoPrompts(ctx, v.entry(Heard, by), func(tx Tx) error { return tx.Hear(ctx, v) })
}

// Unhear makes the built-in prompt heard again, in the name of by; errs.NotFound where no version was heard, errs.Conflict where
// there is no built-in one and a flow names it.
func (s *Service) Unhear(ctx context.Context, by string, lang agency.Lang, name string) error {
	v, err := newVersion(by, lang, name, "", "")
	if err != nil {
		return err
	}
	if field := s.named(lang, name); field != "" {
		return errs.At(errs.Conflict, field, "plays %s, which has no built-in sound: hear another version, or change the flow first", v.object())
	}
	e := audit.Entry{Action: Unheard, Actor: by, Object: v.object(), Success: true}
	return s.cfg.Store.DoPrompts(ctx, e, func(tx Tx) error { return tx.Unhear(ctx, lang, name) })
}

// named is the field of a flow that plays a prompt which is not built in; "" for none.
func (s *Service) named(lang agency.Lang, name string) string {
	if _, built := media.Text(string(lang), name); built || s.cfg.City == nil {
		return ""
	}
	for _, p := range s.cfg.City().FlowPrompts() {
		if p.Name == name && slices.Contains(p.Languages, lang) {
			return p.Field
		}
	}
	return ""
}

// Remove removes a version that is not heard, in the name of by; errs.NotFound without it, errs.Conflict where it is heard.
func (s *Service) Remove(ctx context.Context, by, version string) error {
	v, _, err := s.cfg.Store.Prompt(ctx, version)
	if err != nil {
		return err
	}
	if v.Heard {
		return errs.New(errs.Conflict, "the version is heard: hear another first")
	}
	return s.cfg.Store.DoPrompts(ctx, v.entry(Removed, by), func(tx Tx) error { return tx.Remove(ctx, version) })
}

// Clips gives the sound of what is heard, by media.Path, for media.Library.With.
func (s *Service) Clips(ctx context.Context) (map[string]media.Clip, error) {
	return Clips(ctx, s.cfg.Store)
}

// Clips is Service.Clips of a store.
func Clips(ctx context.Context, store Store) (map[string]media.Clip, error) {
	heard, err := store.HeardPrompts(ctx, MaxNames)
	if err != nil {
		return nil, err
	}
	all := make(map[string]media.Clip, len(heard))
	for _, v := range heard {
		_, sound, err := store.Prompt(ctx, v.ID)
		if err != nil {
			return nil, err
		}
		all[media.Path(string(v.Lang), v.Name)] = media.NewClip(sound.Narrow)
	}
	return all, nil
}
