package config

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestCompatibilityDocumentListsEveryKeyAndNoOther(t *testing.T) {
	text, err := os.ReadFile("../../docs/compatibility.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Configuration keys and flags of the agent\n")
	section, _, _ = strings.Cut(section, "\n## ")
	listed := make(map[string]bool)
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z][^`]*)`").FindAllStringSubmatch(section, -1) {
		listed[m[1]] = true
	}
	for _, k := range keys {
		if !listed[k.name] {
			t.Errorf("no row for %s", k.name)
		}
		delete(listed, k.name)
	}
	if len(listed) > 0 {
		t.Errorf("rows for keys that there are not: %v", listed)
	}
}
