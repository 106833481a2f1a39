package media

import (
	"embed"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"santra/internal/errs"
)

//go:embed all:prompts
var builtin embed.FS

// Names of the prompts that every language has, and of the music, which has none.
const (
	Announcement = "announcement"  // that the call is recorded, for how long, and where the description is (M4, M23); at least 4 s
	LanguageMenu = "language-menu" // "press 1 for ..." in the language itself
	Welcome      = "welcome"
	Waiting      = "waiting" // all agents are busy, you keep your place
	Closed       = "closed"
	Busy         = "busy" // the queue is full
	Goodbye      = "goodbye"
	Music        = "music" // on hold and while waiting; Prompt takes it with any language
)

// Names of further prompts that every language has built in. The first four are recording announcements too: at least 4 s.
const (
	AnnouncementListening = "announcement-listening" // as Announcement, and that a supervisor may listen meanwhile
	AnnouncementOutbound  = "announcement-outbound"  // to whom the city calls
	AnnouncementAdded     = "announcement-added"     // to an outsider who joins a call
	CallbackNotice        = "callback-notice"        // to whom the city calls back as promised
	CallbackOffer         = "callback-offer"         // "press 1, and we call you back"
	CallbackConfirm       = "callback-confirm"       // "we call you back no later than"; a time follows (package say)
	CallbackDeclined      = "callback-declined"      // none was arranged, the place in the queue is kept
	Invalid               = "invalid"                // the key means nothing here
	HoldOn                = "hold-on"
	Transfer              = "transfer"    // we are connecting your call
	Unavailable           = "unavailable" // the service can't be reached now
	PositionFirst         = "position-first"
	Position              = "position"      // "in the queue you are number"; a number follows
	PositionMany          = "position-many" // so many that no number is said
	WaitEstimate          = "wait-estimate" // "the estimated waiting time is about"; minutes follow
	WaitLong              = "wait-long"     // over the longest that is said
	Opens                 = "opens"         // "we are open again"; a time follows
)

// Notices lists the recording announcements (M4): each lasts at least MinAnnouncement.
func Notices() []string {
	return []string{Announcement, AnnouncementListening, AnnouncementOutbound, AnnouncementAdded, CallbackNotice}
}

// PromptNames lists the names that a language must have; BuiltIn lists those that it has besides, of which a folder of a
// city's own prompts may lack any: the built-in one is heard then.
func PromptNames() []string {
	return []string{Announcement, LanguageMenu, Welcome, Waiting, Closed, Busy, Goodbye}
}

// Languages lists the languages of the built-in prompts.
func Languages() []string { return []string{"fi", "sv", "en"} }

// Library holds prompts ready to play. It never changes once loaded and may be shared.
type Library struct{ clips map[string]Clip }

// Prompts is the built-in folder: {fi,sv,en}/NAME.wav and music.wav.
func Prompts() fs.FS {
	sub, err := fs.Sub(builtin, "prompts")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return sub
}

// Prompt gives a prompt by language ("fi", "sv", "en") and name; Music by name with any language.
func (l *Library) Prompt(lang, name string) (Clip, bool) {
	if name == Music {
		lang = ""
	}
	c, ok := l.clips[Path(lang, name)]
	return c, ok
}

// Path is where a prompt stands in a folder: "fi/welcome.wav"; of what has no language "music.wav".
func Path(lang, name string) string {
	if lang == "" {
		return name + ".wav"
	}
	return lang + "/" + name + ".wav"
}

// NewLibrary loads the prompts, those of override (nil: none) in place of the built-in ones of the same path. WAV files of
// A-law, µ-law or 16-bit PCM, mono or stereo, at 8, 16 or 48 kHz are converted; errs.Invalid names another file and why.
// An announcement shorter than MinAnnouncement or an empty prompt is refused too.
func NewLibrary(override fs.FS) (*Library, error) {
	l := &Library{clips: make(map[string]Clip)}
	for _, folder := range []fs.FS{Prompts(), override} {
		if folder == nil {
			continue
		}
		if err := l.load(folder); err != nil {
			return nil, err
		}
	}
	return l, l.complete()
}

// With gives a library in which clips, by their Path, are in place of those of the same path; errs.Invalid as NewLibrary.
func (l *Library) With(clips map[string]Clip) (*Library, error) {
	more := &Library{clips: maps.Clone(l.clips)}
	maps.Copy(more.clips, clips)
	return more, more.complete()
}

// MinAnnouncement is the least length of an announcement: one that is shorter can't say what it must.
const MinAnnouncement = 4 * time.Second

func (l *Library) load(folder fs.FS) error {
	return fs.WalkDir(folder, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".wav") {
			return err
		}
		clip, err := loadClip(folder, path)
		if err != nil {
			return errs.At(errs.Invalid, "prompts/"+path, "%w", err)
		}
		l.clips[path] = clip
		return nil
	})
}

func loadClip(folder fs.FS, path string) (Clip, error) {
	file, err := folder.Open(path)
	if err != nil {
		return Clip{}, err
	}
	defer file.Close()
	wav, err := ReadWAV(file)
	if err != nil {
		return Clip{}, err
	}
	clip, err := wav.Clip()
	if err == nil && clip.Len() == 0 {
		err = errs.New(errs.Invalid, "the file holds no sound")
	}
	return clip, err
}

// complete checks that every language has every prompt, and announcements their length.
func (l *Library) complete() error {
	if _, ok := l.Prompt("", Music); !ok {
		return errs.At(errs.Invalid, "prompts/"+Path("", Music), "the file is missing")
	}
	for _, lang := range Languages() {
		for _, name := range append(PromptNames(), BuiltIn(lang)...) {
			if err := l.check(lang, name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *Library) check(lang, name string) error {
	field := "prompts/" + Path(lang, name)
	clip, ok := l.Prompt(lang, name)
	if !ok {
		return errs.At(errs.Invalid, field, "the file is missing")
	}
	if slices.Contains(Notices(), name) && clip.Duration() < MinAnnouncement {
		return errs.At(errs.Invalid, field, "lasts %v, an announcement lasts at least %v", clip.Duration(), MinAnnouncement)
	}
	return nil
}
