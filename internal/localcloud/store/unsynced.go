package store

import "github.com/cockroachdb/pebble/vfs"

// unsynced is the file system without fsync: a write is done when the operating system has it.
type unsynced struct{ vfs.FS }

func (fs unsynced) Create(name string) (vfs.File, error) {
	return unsyncedFile(fs.FS.Create(name))
}

func (fs unsynced) ReuseForWrite(oldName, newName string) (vfs.File, error) {
	return unsyncedFile(fs.FS.ReuseForWrite(oldName, newName))
}

func (fs unsynced) OpenDir(name string) (vfs.File, error) {
	return unsyncedFile(fs.FS.OpenDir(name))
}

func (fs unsynced) OpenReadWrite(name string, options ...vfs.OpenOption) (vfs.File, error) {
	return unsyncedFile(fs.FS.OpenReadWrite(name, options...))
}

type fileWithoutSync struct{ vfs.File }

func unsyncedFile(file vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return fileWithoutSync{file}, nil
}

func (fileWithoutSync) Sync() error                { return nil }
func (fileWithoutSync) SyncData() error            { return nil }
func (fileWithoutSync) SyncTo(int64) (bool, error) { return false, nil }
