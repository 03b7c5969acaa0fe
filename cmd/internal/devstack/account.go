package devstack

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the operating-system user that runs the servers. The zero value
// is "whoever we are".
type account struct {
	drop     bool
	uid, gid uint32
}

// serverAccount chooses who runs a server whose data lies in dataDir. Only
// root has a choice: it keeps the owner of existing data, so that a directory
// first used by a developer still works for that developer after one sudo.
func serverAccount(dataDir string) (account, error) {
	self := os.Geteuid()
	info, err := os.Stat(dataDir)
	switch {
	case err == nil:
		owner, ok := info.Sys().(*syscall.Stat_t)
		switch {
		case ok && self == 0 && owner.Uid != 0:
			return account{drop: true, uid: owner.Uid, gid: owner.Gid}, nil
		case ok && self != 0 && int(owner.Uid) != self:
			return account{}, fmt.Errorf("%s belongs to user %s: start as that user, or `chown -R` it to yourself, or choose another data directory", dataDir, userName(owner.Uid))
		}
	case !errors.Is(err, fs.ErrNotExist):
		return account{}, explain("look at "+dataDir, dataDir, err)
	}
	if self != 0 {
		return account{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if found, err := user.Lookup(name); err == nil {
			return accountOf(found)
		}
	}
	return account{}, errors.New("the database server refuses to run as root and there is no user postgres or nobody: start as an ordinary user, or set DATABASE_URL")
}

func accountOf(u *user.User) (account, error) {
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("user id of %s: %w", u.Username, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("group id of %s: %w", u.Username, err)
	}
	return account{drop: true, uid: uint32(uid), gid: uint32(gid)}, nil
}

func userName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}

func (a account) name() string {
	if !a.drop {
		return userName(uint32(os.Geteuid()))
	}
	return userName(a.uid)
}

func (a account) credential() *syscall.Credential {
	if !a.drop {
		return nil
	}
	return &syscall.Credential{Uid: a.uid, Gid: a.gid}
}

// own gives path to the account; nothing to do when that is us.
func (a account) own(path string) error {
	if !a.drop {
		return nil
	}
	return os.Chown(path, int(a.uid), int(a.gid))
}

// canReach checks that the account may walk down to dir, which a directory
// inside /root or a fresh temporary directory would forbid.
func (a account) canReach(dir string) error {
	if !a.drop {
		return nil
	}
	for at := dir; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err != nil {
			return explain("look at "+at, at, err)
		}
		if !a.mayEnter(info) {
			return fmt.Errorf("user %s, who has to run the server because root may not, cannot enter %s: `chmod o+x %s`, or choose a data directory elsewhere (--data), or start as an ordinary user", a.name(), at, at)
		}
		if at == filepath.Dir(at) {
			return nil
		}
	}
}

func (a account) mayEnter(info fs.FileInfo) bool {
	mode := info.Mode().Perm()
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case ok && st.Uid == a.uid:
		return mode&0o100 != 0
	case ok && st.Gid == a.gid:
		return mode&0o010 != 0
	default:
		return mode&0o001 != 0
	}
}
