package arch

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pages name tests as proof; a test that is renamed or gone must not leave a claim behind.
func pages() []string {
	return []string{"../../docs/security.md", "../protocol/sip/rfc.md", "../protocol/rtp/rfc.md"}
}

func TestPagesNameTestsThatThereAre(t *testing.T) {
	there := testsOf(t)
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+)\\*?`")
	for _, page := range pages() {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		all := named.FindAllStringSubmatch(string(text), -1)
		if len(all) == 0 {
			t.Errorf("%s names no test", page)
		}
		for _, m := range all {
			if !strings.Contains(m[0], "*") && !there[m[1]] {
				t.Errorf("%s names %s, which is not there", page, m[1])
			}
		}
	}
}

// testsOf gives the names of all test functions below internal.
func testsOf(t *testing.T) map[string]bool {
	t.Helper()
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9_]+)\(`)
	there := map[string]bool{}
	for _, root := range []string{"..", "../../e2e"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range function.FindAllSubmatch(text, -1) {
				there[string(m[1])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return there
}
