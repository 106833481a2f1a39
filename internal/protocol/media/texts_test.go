package media

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// TestEveryTextHasItsSound, and every sound its text: the list and the folder are the same.
func TestEveryTextHasItsSound(t *testing.T) {
	l, err := NewLibrary(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range Languages() {
		names := BuiltIn(lang)
		for i, name := range names {
			clip, ok := l.Prompt(lang, name)
			if !ok || clip.Len() == 0 {
				t.Errorf("%s has no %s", lang, name)
			}
			if slices.Contains(names[:i], name) {
				t.Errorf("%s has %s twice", lang, name)
			}
			if text, ok := Text(lang, name); !ok || float64(len(text)) > 25*clip.Duration().Seconds()+20 {
				t.Errorf("%s %s: %q is too long for %v", lang, name, text, clip.Duration())
			}
		}
		files, err := fs.Glob(Prompts(), lang+"/*.wav")
		if err != nil || len(files) != len(names) {
			t.Errorf("%s: %d files, %d texts, %v", lang, len(files), len(names), err)
		}
		for _, name := range append(PromptNames(), Notices()...) {
			if !slices.Contains(names, name) {
				t.Errorf("%s has no text of %s", lang, name)
			}
		}
	}
}

func TestTextsOfNoLanguage(t *testing.T) {
	if names := BuiltIn("de"); names != nil {
		t.Error(names)
	}
	if text, ok := Text("fi", "no-such"); ok {
		t.Error(text)
	}
	for range Texts("fi") {
		break // a reader may stop
	}
}

// TestNoticesAreLong: no recording announcement can be replaced by one that is too short to say what it must (M4).
func TestNoticesAreLong(t *testing.T) {
	short := wavFile(t, pcm(8000, 1, 300, 3*second))
	for _, name := range Notices() {
		_, err := NewLibrary(fstest.MapFS{"sv/" + name + ".wav": short})
		if err == nil || !strings.Contains(err.Error(), "prompts/sv/"+name+".wav") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewLibrary(fstest.MapFS{"sv/invalid.wav": short}); err != nil {
		t.Error(err)
	}
}

func TestRingback(t *testing.T) {
	c := Ringback()
	on, off := c.ALaw()[:SampleRate], c.ALaw()[SampleRate:]
	if c.Duration() != 5*second || ToneLevel(on, PCMA, 425) < 7000 || Level(off, PCMA) > 10 {
		t.Error(c.Duration(), ToneLevel(on, PCMA, 425), Level(off, PCMA))
	}
}
