package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// secretBytesMax bounds a file that holds one secret.
const secretBytesMax = 4096

// Secrets finds the values of keys that should not stand on a command line: in a file of their own, or in the environment.
// The zero value is ready for use; a reload uses that of the start, because a pipe gives its content only once.
type Secrets struct {
	// Env returns the value of an environment variable, "" when there is none. nil: there is no environment.
	Env func(name string) string

	pipes map[string]string // what was read from paths that are no regular files
}

// EnvNames returns the names of the variables that Fill looks at. They are not for the programs that an agent starts.
func EnvNames() []string {
	var names []string
	for _, k := range keys {
		if k.env != "" {
			names = append(names, k.env)
		}
	}
	return names
}

// Fill sets each secret of c whose value stands elsewhere: in the file that c names for it or else, when c does not have the
// secret, in the environment. It returns what the operator should know about secrets that others can see. On an error,
// which names the key, c is as it was.
func (s *Secrets) Fill(c *Config) (warnings []string, err error) {
	filled := *c
	var errs []error
	for _, k := range keys {
		if k.secretOf == "" {
			continue
		}
		path, target := *k.field(&filled).(*string), find(k.secretOf)
		value, w, err := s.find(k, target, path, *target.field(&filled).(*string))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		warnings = append(warnings, w...)
		if value != "" {
			*target.field(&filled).(*string) = value
			filled.EncryptKeySeeds = filled.EncryptKeySeeds || target.name == "encrypt_key"
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	*c = filled
	return warnings, nil
}

// find returns the value for target that stands in the file at path, which is that of file, or in the environment; "" when
// neither is to be used.
func (s *Secrets) find(file, target key, path, configured string) (value string, warnings []string, err error) {
	env := ""
	if s.Env != nil && target.env != "" {
		env = s.Env(target.env)
	}
	if env != "" && (configured != "" || path != "") {
		warnings = append(warnings, fmt.Sprintf("%s in the environment is ignored: the configuration has %s", target.env,
			map[bool]string{true: file.shown(), false: target.shown()}[path != ""]))
		env = ""
	}
	switch {
	case path != "" && configured != "":
		return "", nil, fmt.Errorf("%s and %s are both given: keep one", target.shown(), file.shown())
	case path == "":
		return env, warnings, nil
	}
	value, err = s.read(path)
	if err != nil {
		return "", nil, fmt.Errorf("cannot read %s: %w", file.shown(), err)
	}
	return value, append(warnings, exposed(path)...), nil
}

// read returns the content of a file without white space around it.
func (s *Secrets) read(path string) (string, error) {
	if value, known := s.pipes[path]; known {
		return value, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, secretBytesMax+1))
	value := strings.TrimSpace(string(content))
	switch {
	case err != nil:
		return "", err
	case len(content) > secretBytesMax:
		return "", fmt.Errorf("%s has more than %d bytes: is it the right file?", path, secretBytesMax)
	case value == "":
		return "", fmt.Errorf("%s is empty", path)
	}
	if info, err := f.Stat(); err == nil && !info.Mode().IsRegular() {
		if s.pipes == nil {
			s.pipes = make(map[string]string)
		}
		s.pipes[path] = value
	}
	return value, nil
}

// exposed warns of a file with a secret that every user of the machine can read.
func exposed(path string) []string {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o004 == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s holds a secret and can be read by every user (mode %#o); remedy: chmod o-rwx", path, info.Mode().Perm())}
}

// Exposed warns of secrets that others can see: on the command line, which flags is, in one of the configuration files at
// paths, or in the keyring file. It is for a Config that was loaded from the same.
func (c Config) Exposed(paths []string, flags Layer) []string {
	var warnings []string
	for _, k := range keys {
		if _, given := flags[k.name]; given && k.secret {
			warnings = append(warnings, fmt.Sprintf("every user can see the value of -%s in the list of processes; use %s instead",
				k.flag, k.elsewhere()))
		}
	}
	for _, path := range paths {
		files, _ := filesOf(path) // Load has complained
		for _, file := range files {
			w := exposed(file)
			if len(w) == 0 {
				continue // perhaps a pipe, which cannot be read twice
			}
			if l, err := readConfig(file); err == nil && l.hasSecret() {
				warnings = append(warnings, w...)
			}
		}
	}
	if c.KeyringFile != "" {
		warnings = append(warnings, exposed(c.KeyringFile)...)
	}
	return unique(warnings)
}

// unique returns texts without those that were there before.
func unique(texts []string) []string {
	var out []string
	for _, text := range texts {
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// elsewhere names the better places for the value of k.
func (k key) elsewhere() string {
	var places []string
	for _, f := range keys {
		if f.secretOf == k.name {
			places = append(places, "-"+f.flag)
		}
	}
	if k.env != "" {
		places = append(places, k.env+" in the environment")
	}
	return strings.Join(append(places, "a configuration file"), ", ")
}

// hasSecret says whether a layer says something that is not for everybody.
func (l Layer) hasSecret() bool {
	for _, k := range keys {
		if v, ok := l[k.name].(string); ok && k.secret && v != "" {
			return true
		}
	}
	return false
}
