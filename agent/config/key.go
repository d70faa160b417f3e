package config

import "time"

// key is one thing that can be configured.
type key struct {
	name  string            // in a file; "mdns.interface" is the key interface of the object mdns
	flag  string            // on the command line; empty: files only
	value string            // what stands for a value in help texts; empty: the default value
	help  string            // what it means, for help texts and the manual
	field func(*Config) any // *string, *int, *bool, *time.Duration, *[]string or *map[string]string

	negated bool // the flag means the opposite of the key

	secret   bool   // text: not for every eye, see Secrets
	env      string // text: the environment variable that is looked at when nothing else gives the secret
	secretOf string // text: the path of a file with the value of the secret key of this name
}

// find returns the key called name, which exists.
func find(name string) key {
	for _, k := range keys {
		if k.name == name {
			return k
		}
	}
	panic("config: no key " + name)
}

// kind is the type of a key's values.
type kind uint8

const (
	kindText kind = iota + 1
	kindNumber
	kindBool
	kindDuration
	kindList
	kindTags
)

// kind returns the type of the values of k.
func (k key) kind() kind {
	switch k.field(new(Config)).(type) {
	case *string:
		return kindText
	case *int:
		return kindNumber
	case *bool:
		return kindBool
	case *time.Duration:
		return kindDuration
	case *[]string:
		return kindList
	case *map[string]string:
		return kindTags
	}
	panic("config: key " + k.name + " has a field of an unknown type")
}
