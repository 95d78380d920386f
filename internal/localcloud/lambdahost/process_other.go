//go:build !linux

package lambdahost

import "syscall"

// ownGroup puts a process into a group of its own, which is killed as a whole. When the host dies without a word, the
// process ends by itself as soon as it asks for work.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
