package config

import (
	"encoding/json"
	"strings"
	"time"
)

// Print returns c as a configuration file, which Load reads as c again, but for the secrets in it: the names of those that are
// set are left out, and returned in hidden.
func (c Config) Print() (content []byte, hidden []string) {
	file, inner := make(map[string]any), make(map[string]any)
	for _, k := range keys {
		value := k.printed(&c)
		if k.secret {
			if value != "" && !c.inFile(k) {
				hidden = append(hidden, k.name)
			}
			continue
		}
		if name, ok := strings.CutPrefix(k.name, "mdns."); ok {
			inner[name] = value
		} else {
			file[k.name] = value
		}
	}
	file["mdns"] = inner
	content, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		panic(err) // texts, numbers and the like can be encoded
	}
	return append(content, '\n'), hidden
}

// inFile says whether the secret of k stands in a file that c names.
func (c Config) inFile(k key) bool {
	for _, f := range keys {
		if f.secretOf == k.name && *f.field(&c).(*string) != "" {
			return true
		}
	}
	return false
}

// printed returns the value of k in c as JSON has it.
func (k key) printed(c *Config) any {
	switch v := k.field(c).(type) {
	case *time.Duration:
		return shortDuration(*v)
	case *[]string:
		return append([]string{}, *v...)
	case *map[string]string:
		if *v == nil {
			return map[string]string{}
		}
		return *v
	case *string:
		return *v
	case *int:
		return *v
	case *bool:
		return *v
	}
	panic("config: key " + k.name + " has a field of an unknown type")
}
