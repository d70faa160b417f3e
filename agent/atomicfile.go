package agent

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// replaceFile makes content the content of a file that only its owner may read, in such a way that after a crash it has
// either its old content or all of the new: a sibling is written, flushed to the disk and renamed over it. Where there may
// be no sibling, or the file cannot be replaced because it is a mount of its own, it is overwritten instead.
func replaceFile(path string, content []byte) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	sibling := path + ".tmp"
	err := os.Remove(sibling) // left behind by a crash
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		err = writeSynced(sibling, os.O_EXCL, content)
	}
	if err == nil {
		err = os.Rename(sibling, path)
	}
	switch {
	case err == nil:
		return syncDir(filepath.Dir(path))
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS), errors.Is(err, syscall.EBUSY):
		_ = os.Remove(sibling)
		return writeSynced(path, os.O_TRUNC, content)
	}
	_ = os.Remove(sibling)
	return err
}

// writeSynced writes a file and waits until the disk has it.
func writeSynced(path string, flag int, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|flag, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

// syncDir makes what was renamed in a directory last.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
