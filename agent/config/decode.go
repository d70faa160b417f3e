package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// decode turns the content of a configuration file into a Layer. Only the first JSON value counts; null says nothing. The
// errors are those of the reference agent, all problems in one: the path of the field in quotes is what people search for.
func decode(content []byte) (Layer, error) {
	var value any
	if err := json.NewDecoder(bytes.NewReader(content)).Decode(&value); err != nil {
		return nil, hinted(err, place(content, err))
	}
	d := decoder{layer: make(Layer)}
	switch value := value.(type) {
	case nil:
	case map[string]any:
		d.object("", value)
	default:
		return nil, fmt.Errorf(`'' expected a map or struct, got "%s"`, shape(value))
	}
	return d.layer, hinted(d.err(), d.hints...)
}

// decoder gathers the values of one file, and what is wrong with them.
type decoder struct {
	layer     Layer
	problems  []string // each names its field; the first problemsMax
	more      int      // problems beyond those
	durations []error  // said only when there are no problems, without the name of the field
	hints     []string // what may have been meant; the first hintsMax
}

// Nobody reads more of what is wrong with one file, which a file of another kind is full of.
const (
	problemsMax = 50
	hintsMax    = 10
)

// err words what is wrong, sorted by field.
func (d *decoder) err() error {
	if len(d.problems) == 0 {
		return errors.Join(d.durations...)
	}
	slices.Sort(d.problems)
	if d.more > 0 {
		d.problems = append(d.problems, fmt.Sprintf("and %d more", d.more))
	}
	return fmt.Errorf("decoding failed due to the following error(s):\n\n%s", strings.Join(d.problems, "\n"))
}

func (d *decoder) problem(format string, args ...any) {
	if len(d.problems) == problemsMax {
		d.more++
		return
	}
	d.problems = append(d.problems, fmt.Sprintf(format, args...))
}

// object takes the keys that begin with prefix out of members. Key names match in any case, exact ones first; what is then left over
// is unknown.
func (d *decoder) object(prefix string, members map[string]any) {
	left := maps.Clone(members)
	for _, k := range keys {
		name, ok := strings.CutPrefix(k.name, prefix)
		if !ok || strings.Contains(name, ".") {
			continue
		}
		if v, ok := take(left, name); ok && v != nil {
			d.value(k, v)
		}
	}
	if prefix == "" {
		d.mdns(left)
	}
	if len(left) == 0 {
		return
	}
	owner := strings.TrimSuffix(prefix, ".")
	if owner == "" {
		owner = "agent.Config"
	}
	unknown := slices.Sorted(maps.Keys(left))
	d.problem("'%s' has invalid keys: %s", owner, strings.Join(unknown, ", "))
	for _, name := range unknown[:min(len(unknown), hintsMax)] {
		if k := meant(prefix + name); k != "" {
			d.hints = append(d.hints, fmt.Sprintf("'%s' is no key; did you mean '%s'?", prefix+name, k))
		}
	}
}

// mdns takes the one nested object out of members.
func (d *decoder) mdns(members map[string]any) {
	v, ok := take(members, "mdns")
	if !ok || v == nil {
		return
	}
	if object, ok := v.(map[string]any); ok {
		d.object("mdns.", object)
		return
	}
	d.problem(`'mdns' expected a map or struct, got "%s"`, shape(v))
}

// take removes the member called name, in any case, and returns its value; of several the first in the order of bytes.
func take(members map[string]any, name string) (any, bool) {
	if v, ok := members[name]; ok {
		delete(members, name)
		return v, true
	}
	first, found := "", false
	for n := range members {
		if strings.EqualFold(n, name) && (!found || n < first) {
			first, found = n, true
		}
	}
	v := members[first]
	if found {
		delete(members, first)
	}
	return v, found
}

// value stores one value of k, or says why it cannot.
func (d *decoder) value(k key, v any) {
	switch k.kind() {
	case kindText:
		keep[string](d, k, "string", v)
	case kindBool:
		keep[bool](d, k, "bool", v)
	case kindNumber:
		d.number(k, v)
	case kindDuration:
		d.duration(k, v)
	case kindList:
		d.list(k, v)
	case kindTags:
		d.tags(k, v)
	}
}

// keep stores v if it has the type T, which JSON calls want.
func keep[T any](d *decoder, k key, want string, v any) {
	if typed, ok := v.(T); ok {
		d.layer[k.name] = typed
		return
	}
	d.mismatch(k.name, want, v)
}

func (d *decoder) mismatch(path, want string, v any) {
	d.problem("'%s' expected type '%s', got unconvertible type '%T'", path, want, v)
}

// number stores a number without its fraction, as the reference agent does.
func (d *decoder) number(k key, v any) {
	f, ok := v.(float64)
	switch {
	case !ok:
		d.mismatch(k.name, "int", v)
	case math.Abs(f) > math.MaxInt32:
		d.problem("'%s' is out of range: %v", k.name, f)
	default:
		d.layer[k.name] = int(f)
	}
}

func (d *decoder) duration(k key, v any) {
	text, ok := v.(string)
	if !ok {
		d.mismatch(k.name, "string", v)
		return
	}
	if text == "" {
		return
	}
	value, err := time.ParseDuration(text)
	if err != nil {
		d.durations = append(d.durations, err)
		d.hints = append(d.hints, fmt.Sprintf("'%s' wants a duration like 500ms, 30s or 1h30m", k.name))
		return
	}
	d.layer[k.name] = value
}

func (d *decoder) list(k key, v any) {
	entries, ok := v.([]any)
	if !ok {
		d.problem("'%s' source data must be an array or slice, got %s", k.name, shape(v))
		return
	}
	texts := make([]string, 0, len(entries))
	for i, e := range entries {
		text, ok := e.(string)
		if !ok && e != nil {
			d.mismatch(fmt.Sprintf("%s[%d]", k.name, i), "string", e)
		}
		texts = append(texts, text)
	}
	d.layer[k.name] = texts
}

func (d *decoder) tags(k key, v any) {
	entries, ok := v.(map[string]any)
	if !ok {
		d.mismatch(k.name, "map[string]string", v)
		return
	}
	tags := make(map[string]string, len(entries))
	for name, e := range entries {
		text, ok := e.(string)
		if !ok && e != nil {
			d.mismatch(fmt.Sprintf("%s[%s]", k.name, name), "string", e)
		}
		tags[name] = text
	}
	d.layer[k.name] = tags
}

// shape names the kind of a JSON value.
func shape(v any) string {
	switch v.(type) {
	case []any:
		return "slice"
	case map[string]any:
		return "map"
	}
	return fmt.Sprintf("%T", v)
}
