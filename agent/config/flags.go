package config

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// FlagType says how a flag is written on the command line.
type FlagType uint8

const (
	FlagText FlagType = iota + 1 // also durations, whose errors are worded here
	FlagNumber
	FlagBool
	FlagList // may be repeated; the tag flag is one of these
)

// Flag is a flag of the command line.
type Flag struct {
	Name  string
	Type  FlagType
	Value string // what stands for its value in a help text
	Help  string
}

// Flags returns the flags of all keys that have one.
func Flags() []Flag {
	var flags []Flag
	for _, k := range keys {
		if k.flag != "" {
			flags = append(flags, Flag{k.flag, k.flagType(), k.value, k.help})
		}
	}
	return flags
}

func (k key) flagType() FlagType {
	switch k.kind() {
	case kindNumber:
		return FlagNumber
	case kindBool:
		return FlagBool
	case kindList, kindTags:
		return FlagList
	}
	return FlagText
}

// FromFlags makes a Layer of the command line. lookup returns the value of a flag, a string, int, bool or []string
// according to its FlagType, and whether the flag was given at all. All bad values are in the error, one line each.
func FromFlags(lookup func(name string) (any, bool)) (Layer, error) {
	l := make(Layer)
	var errs []error
	for _, k := range keys {
		if k.flag == "" {
			continue
		}
		v, given := lookup(k.flag)
		if !given {
			continue
		}
		v, err := k.fromFlag(v)
		if err != nil {
			//lint:ignore ST1005 scripts match on this text
			errs = append(errs, fmt.Errorf("Error: %w", err))
			continue
		}
		l[k.name] = v
	}
	return l, errors.Join(errs...)
}

// fromFlag turns the value of a flag into that of its key.
func (k key) fromFlag(v any) (any, error) {
	switch k.kind() {
	case kindBool:
		return v.(bool) != k.negated, nil
	case kindDuration:
		if v == "" {
			return time.Duration(0), nil
		}
		return time.ParseDuration(v.(string))
	case kindTags:
		return ParseTags(v.([]string))
	}
	return v, nil
}

// ParseTags takes texts of the form "key=value" apart. The key must not be empty; the value may hold further equals signs. Of
// equal keys the last one counts.
func ParseTags(texts []string) (map[string]string, error) {
	tags := make(map[string]string, len(texts))
	for _, text := range texts {
		name, value, found := strings.Cut(text, "=")
		if !found || name == "" {
			//lint:ignore ST1005 scripts match on this text
			return nil, fmt.Errorf("Invalid tag: '%s'", text)
		}
		tags[name] = value
	}
	return tags, nil
}
