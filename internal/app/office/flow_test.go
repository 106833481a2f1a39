package office

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"santra/internal/app/config"
	"santra/internal/app/config/configtest"
	"santra/internal/errs"
)

func TestTheExamplesFlowIsGood(t *testing.T) {
	var out bytes.Buffer
	if err := CheckFlows(configtest.Centre(t), &out); err != nil || !strings.Contains(out.String(), "flow terveys of hyvinvointi, number +358912340100\n") ||
		!strings.HasSuffix(out.String(), ": 1 flows, good\n") {
		t.Errorf("%s %v", out.String(), err)
	}
}

// TestFlowMistakesAreShown: with the line in the file and a caret.
func TestFlowMistakesAreShown(t *testing.T) {
	for name, c := range map[string]struct{ old, now, at, want string }{
		"a dead end":        {"next: tallenne", "next: talenne", "talenne", "city.flows[0].steps[2].next: is no step of this flow; did you mean tallenne?"},
		"no announcement":   {"next: tallenne", "next: jono", "neuvonta\n            position", "city.flows[0].steps[4].queue.queue: records its calls, and tervetuloa → kieli → auki → jono has no"},
		"not reached":       {"otherwise: hyvasti}", "otherwise: suljettu}", "id: hyvasti", "city.flows[0].steps[9]: is reached by no call"},
		"no prompt":         {"prompt: welcome", "prompt: welcom", "welcom}", "city.flows[0].steps[0].say.prompt: is a prompt that there is not in fi: upload it, or put fi/welcom.wav"},
		"an unknown word":   {"otherwise: tarjous", "othrwise: tarjous", "othrwise", `unknown word "othrwise": did you mean "otherwise"?`},
		"a number twice":    {`number: "+358912340100"`, `number: "+358912340002"`, `"+358912340002", flow`, "city.numbers[0].number: is already that of city.queues[1].number"},
		"a key not a key":   {`keys: {"1": soitto}`, `keys: {"x": soitto}`, "keys", `city.flows[0].steps[5].menu.keys: has "x"`},
		"a time for nobody": {"timeout: 5s", "timeout: 5m", "5m\n            tries", "city.flows[0].steps[5].menu.timeout: must be between 1s and 30s"},
	} {
		t.Run(name, func(t *testing.T) {
			path := configtest.Altered(t, c.old, c.now)
			for _, check := range []func() error{func() error { return CheckFlows(path, new(bytes.Buffer)) }, func() error { return config.Check(path) }} {
				err := check()
				if !errs.Is(err, errs.Invalid) {
					t.Fatal(err)
				}
				first, _, _ := strings.Cut(err.Error(), "\n")
				if name == "not reached" || name == "no announcement" || name == "a number twice" || name == "a key not a key" {
					if !strings.HasPrefix(first, path+":") || !strings.Contains(first, c.want) {
						t.Errorf("got  %s\nwant %s", first, c.want)
					}
					continue
				}
				if want := path + configtest.Placed(t, path, c.at); !strings.HasPrefix(first, want) || !strings.Contains(first, c.want) {
					t.Errorf("got  %s\nwant %s %s", first, want, c.want)
				}
			}
		})
	}
}

func runFlow(t *testing.T, o FlowOptions) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := RunFlow(configtest.Centre(t), o, &out)
	return out.String(), err
}

func TestFlowRun(t *testing.T) {
	out, err := runFlow(t, FlowOptions{Number: "+358912340100", At: "2026-10-05T10:00", Lang: "sv", Keys: "1", Wait: 5 * time.Minute, Position: 4, Estimate: 8 * time.Minute})
	for _, want := range []string{
		"+358912340100, Mon 2026-10-05 10:00\n", "Samtalet spelas in", "queue neuvonta", "recorded, for agents who speak sv", "Ni är i kön nummer fyra",
		"ungefär tio minuter.", "tryck ett.", "Vi ringer upp er senast i dag klockan tjugo två", "hung-up",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s%v", want, out, err)
		}
	}
	if out, err := runFlow(t, FlowOptions{Number: "0912340001", At: "2026-12-24T10:00"}); err != nil || !strings.Contains(out, "diverted closed") {
		t.Error(out, err) // a queue's own number, on the eve
	}
	if out, err := runFlow(t, FlowOptions{Number: "0912340100", At: "2026-10-05T10:00", Lang: "fi", Keys: "12"}); err != nil || !strings.Contains(out, "2 of the keys were asked for by nothing") {
		t.Error(out, err)
	}
}

func TestFlowRunMistakes(t *testing.T) {
	for want, o := range map[string]FlowOptions{
		"is the number of no flow": {Number: "+35899"},
		"--lang":                   {Number: "0912340100", Lang: "de"},
		"--at":                     {Number: "0912340100", At: "tomorrow"},
		"keys":                     {Number: "0912340100", Keys: "x"},
	} {
		if _, err := runFlow(t, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestFlowScript(t *testing.T) {
	script := filepath.Join(t.TempDir(), "calls.txt")
	good := "number 0912340100\nat 2026-10-05T10:00\nlang fi\nhears \"Puhelu tallennetaan\"\nqueue neuvonta recorded\nends answered\n"
	for text, want := range map[string]string{
		good:                            "2 scenarios",
		good + "hears music-of-spheres": "music-of-spheres",
		"number 112\nends answered":     "number of no flow",
		"hears nothing":                 "begins with number",
	} {
		if text == good {
			text += good
		}
		if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		err := RunFlowScript(configtest.Centre(t), script, &out)
		told := out.String()
		if err != nil {
			told += err.Error()
		}
		if (err == nil) != (want == "2 scenarios") || !strings.Contains(told, want) {
			t.Errorf("%q: %s %v", text, out.String(), err)
		}
	}
}

// block gives the n-th fenced text of a kind on a page.
func block(t *testing.T, page, kind string, n int) string {
	t.Helper()
	parts := strings.Split(configtest.Read(t, page), "```"+kind+"\n")
	if len(parts) <= n {
		t.Fatalf("%s has no %d. block %q", page, n, kind)
	}
	text, _, _ := strings.Cut(parts[n], "```")
	return text
}

// TestTheFlowsPageIsTrue: its example is a valid flow, its script comes out as it says, its call sounds like that.
func TestTheFlowsPageIsTrue(t *testing.T) {
	flowsPage := configtest.Docs(t, "flows.md")
	centre, err := config.Read(configtest.Centre(t))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "page.yaml")
	if err := os.WriteFile(path, []byte("city:\n"+block(t, flowsPage, "yaml", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	c, _, err := config.ReadUnchecked(path)
	if err != nil {
		t.Fatal(err)
	}
	city := centre.City
	city.Numbers, city.Flows = append(city.Numbers, c.City.Numbers...), append(city.Flows, c.City.Flows...)
	if err := city.Validate(); err != nil {
		t.Error(err)
	}
	script := filepath.Join(t.TempDir(), "calls.txt")
	_, text, _ := strings.Cut(configtest.Read(t, flowsPage), "```\n# Swedish")
	text, _, _ = strings.Cut("# Swedish"+text, "```")
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := RunFlowScript(configtest.Centre(t), script, &out); err != nil {
		t.Errorf("%s\n%v", out.String(), err)
	}
	heard, err := runFlow(t, FlowOptions{Number: "+358912340100", Lang: "en", At: "2026-10-05T10:00", Wait: 90 * time.Second, Position: 4, Estimate: 8 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(configtest.Read(t, flowsPage), "--estimate 8m\n")
	shown, _, _ = strings.Cut(shown, "```")
	for line := range strings.Lines(shown) {
		if strings.TrimSpace(line) != "…" && !strings.Contains(heard, line) {
			t.Errorf("not heard: %s%s", line, heard)
		}
	}
}
