package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// FileBytesMax is how large a configuration or keyring file may be: far more than any sensible one, so that a mistaken
// path does not fill the memory.
const FileBytesMax = 8 << 20

// Load merges what the files and directories at paths say, in their order, and then flags, onto Default. Of a directory, the
// files whose names end in ".json" are read in the byte order of their names; its sub-directories are not. What cannot
// be read or decoded is all in the error, one part per file, which it names.
func Load(paths []string, flags Layer) (Config, error) {
	var layers []Layer
	var errs []error
	for _, path := range paths {
		files, err := filesOf(path)
		errs = append(errs, err)
		for _, file := range files {
			l, err := readConfig(file)
			layers, errs = append(layers, l), append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return Config{}, err
	}
	c := Default().Merge(append(layers, flags)...)
	c.SwitchedOff = switchedOff(layers, flags)
	return c, nil
}

// filesOf returns path, or the configuration files in the directory path, in their order.
func filesOf(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	var files []string
	for _, e := range entries {
		if file := filepath.Join(path, e.Name()); strings.HasSuffix(file, ".json") && !isDir(file) {
			files = append(files, file)
		}
	}
	return files, nil
}

// isDir follows symbolic links; what cannot be examined is left to the attempt to read it.
func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func readConfig(path string) (Layer, error) {
	content, err := readFile(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	l, err := decode(content)
	if err != nil {
		//lint:ignore ST1005 scripts match on this text
		return nil, fmt.Errorf("Error decoding '%s': %w", path, err)
	}
	return l, nil
}

// unreadable words the failure to read path, always as a failure to open it.
func unreadable(path string, err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) && pathErr.Op == "stat" {
		err = &fs.PathError{Op: "open", Path: path, Err: pathErr.Err}
	}
	//lint:ignore ST1005 scripts match on this text
	return fmt.Errorf("Error reading '%s': %w", path, err)
}

// readFile reads a file of at most FileBytesMax bytes.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, FileBytesMax+1))
	if err == nil && len(content) > FileBytesMax {
		err = fmt.Errorf("%s has more than %d bytes", path, FileBytesMax)
	}
	return content, err
}
