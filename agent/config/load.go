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
// files whose names end in ".json" are read in the byte order of their names; its sub-directories are not. The first
// path that cannot be read or decoded ends it; the error names it.
func Load(paths []string, flags Layer) (Config, error) {
	var layers []Layer
	for _, p := range paths {
		read, err := readPath(p)
		if err != nil {
			return Config{}, err
		}
		layers = append(layers, read...)
	}
	return Default().Merge(append(layers, flags)...), nil
}

// readPath reads one file, or the files of one directory.
func readPath(path string) ([]Layer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	if !info.IsDir() {
		l, err := readConfig(path)
		return []Layer{l}, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	var layers []Layer
	for _, e := range entries {
		file := filepath.Join(path, e.Name())
		if !strings.HasSuffix(file, ".json") || isDir(file) {
			continue
		}
		l, err := readConfig(file)
		if err != nil {
			return nil, err
		}
		layers = append(layers, l)
	}
	return layers, nil
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
