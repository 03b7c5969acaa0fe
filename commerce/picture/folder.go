package picture

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"galleria/tenant/fault"
)

var errNotFound = fault.ErrNotFound

// Folder is a Store in a directory of this machine.
type Folder struct{ path string }

// NewFolder returns a store in a directory, which is made when the first file comes. An
// empty path is a store that keeps nothing.
func NewFolder(path string) *Folder { return &Folder{path: path} }

var errNoFolder = errors.New("no folder is configured")

const (
	folderMode = 0o750
	fileMode   = 0o640
)

// Put implements Store.
func (f *Folder) Put(_ context.Context, key string, body []byte) (err error) {
	if f.path == "" {
		return errNoFolder
	}
	if err := os.MkdirAll(f.path, folderMode); err != nil {
		return err
	}
	root, err := os.OpenRoot(f.path) // nothing leads out of it
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	if _, err := root.Stat(key); err == nil {
		return nil // a key names its content
	}
	if err := root.Mkdir(path.Dir(key), folderMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	// Under another name until it is whole and on the disk.
	draft := key + ".new"
	if err := write(root, draft, body); err != nil {
		return errors.Join(err, root.Remove(draft))
	}
	return root.Rename(draft, key)
}

func write(root *os.Root, name string, body []byte) error {
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fileMode)
	if err != nil {
		return err
	}
	_, err = file.Write(body)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// Get implements Store.
func (f *Folder) Get(_ context.Context, key string) (body []byte, err error) {
	if f.path == "" {
		return nil, errNotFound
	}
	root, err := os.OpenRoot(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", f.path, err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	body, err = root.ReadFile(key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNotFound
	}
	return body, err
}

// Delete implements Store.
func (f *Folder) Delete(_ context.Context, key string) (err error) {
	root, err := os.OpenRoot(f.path)
	if f.path == "" || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open %s: %w", f.path, err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	if err := root.Remove(key); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// List implements Store. What is still being written is not in it.
func (f *Folder) List(_ context.Context, folder string) (out []File, err error) {
	root, err := os.OpenRoot(f.path)
	if f.path == "" || errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", f.path, err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	entries, err := fs.ReadDir(root.FS(), folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() || strings.HasSuffix(entry.Name(), ".new") {
			continue // gone meanwhile, or none of ours
		}
		out = append(out, File{Key: folder + "/" + entry.Name(), At: info.ModTime()})
	}
	return out, nil
}
