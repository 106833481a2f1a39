package media

import (
	"embed"
	"io/fs"
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
	Goodbye      = "goodbye"
	Music        = "music" // on hold and while waiting; Prompt takes it with any language
)

// PromptNames lists the names that a language must have.
func PromptNames() []string {
	return []string{Announcement, LanguageMenu, Welcome, Waiting, Closed, Goodbye}
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
	c, ok := l.clips[promptPath(lang, name)]
	return c, ok
}

func promptPath(lang, name string) string {
	if lang == "" {
		return name + ".wav"
	}
	return lang + "/" + name + ".wav"
}
