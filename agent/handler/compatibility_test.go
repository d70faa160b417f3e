//go:build unix

package handler

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"serf/eventbus"
)

func TestCompatibilityDocumentListsEveryVariableAndNoOther(t *testing.T) {
	text, err := os.ReadFile("../../docs/compatibility.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Variables of event handlers\n")
	section, _, _ = strings.Cut(section, "\n## ")
	listed := make(map[string]bool)
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)`").FindAllStringSubmatch(section, -1) {
		listed[m[1]] = true
	}
	given := make(map[string]bool)
	member := &eventbus.Member{Name: "n1", Tags: map[string]string{"role": "web"}}
	for _, kind := range []eventbus.EventType{eventbus.User, eventbus.Query} {
		env, _ := Environ(member, eventbus.Event{Type: kind}, true)
		for _, variable := range env {
			name, _, _ := strings.Cut(variable, "=")
			given[strings.Replace(name, "SERF_TAG_ROLE", "SERF_TAG_<name>", 1)] = true
		}
	}
	for name := range given {
		if !listed[name] {
			t.Errorf("no row for %s", name)
		}
		delete(listed, name)
	}
	if len(listed) > 0 {
		t.Errorf("rows for variables that there are not: %v", listed)
	}
}
