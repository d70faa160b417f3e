package config

import (
	"maps"
	"reflect"
	"time"
)

// Layer is what one file or one command line says: values by the name of their key, each a string, int, bool,
// time.Duration, []string or map[string]string. Names and types are those of the table of keys.
type Layer map[string]any

// Merge returns c with the layers laid onto it, in order. Neither c nor a layer is changed.
func (c Config) Merge(layers ...Layer) Config {
	c.Tags = maps.Clone(c.Tags)
	for _, l := range layers {
		for _, k := range keys {
			if v, ok := l[k.name]; ok {
				k.merge(k.field(&c), v)
			}
		}
	}
	return c
}

// merge lays the value v of a layer onto the field.
func (k key) merge(field, v any) {
	switch field := field.(type) {
	case *string:
		if v := v.(string); v != "" {
			*field = v
		}
	case *int:
		if v := v.(int); v > 0 || v < 0 && k.name != "protocol" {
			*field = v
		}
	case *bool:
		*field = v.(bool)
	case *time.Duration:
		if v := v.(time.Duration); v != 0 {
			*field = v
		}
	case *[]string:
		// A full slice expression: the layers of one Config must not write into the array of another.
		*field = append((*field)[:len(*field):len(*field)], v.([]string)...)
	case *map[string]string:
		if *field == nil {
			*field = make(map[string]string)
		}
		maps.Copy(*field, v.(map[string]string))
	}
}

// switchedOff returns the names of the booleans that one of the files sets, the last one that has them takes back, and flags say
// nothing about.
func switchedOff(files []Layer, flags Layer) []string {
	var names []string
	for _, k := range keys {
		var on, off bool
		for _, l := range files {
			v, ok := l[k.name].(bool)
			on, off = on || v, ok && !v || !ok && off
		}
		if _, flag := flags[k.name]; on && off && !flag {
			names = append(names, k.name)
		}
	}
	return names
}

// changed returns the names of the keys whose values differ between a and b, in the order of the table.
func changed(a, b Config) []string {
	var names []string
	for _, k := range keys {
		if !equal(k.field(&a), k.field(&b)) {
			names = append(names, k.name)
		}
	}
	return names
}

// equal compares two fields; an empty list or map equals none.
func equal(a, b any) bool {
	x, y := reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem()
	if kind := x.Kind(); (kind == reflect.Slice || kind == reflect.Map) && x.Len() == 0 && y.Len() == 0 {
		return true
	}
	return reflect.DeepEqual(x.Interface(), y.Interface())
}
